/* Comfort only: the page is complete without it. Opens what a link leads to, and shows the time under the pointer in a picture. */
(function () {
	"use strict";
	function reveal() {
		var at = document.getElementById(location.hash.slice(1)), up;
		if (!at)
			return;
		for (up = at; up; up = up.parentElement)
			if (up.tagName === "DETAILS")
				up.open = true;
		at.scrollIntoView();
	}
	function add(svg, name, css) {
		var e = document.createElementNS("http://www.w3.org/2000/svg", name);
		e.setAttribute("class", css);
		svg.appendChild(e);
		return e;
	}
	function follow(event) {
		var svg = event.target.closest("svg.tl"), d, box, x, ms, line, text;
		if (!svg)
			return;
		d = svg.dataset;
		box = svg.getBoundingClientRect();
		x = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
		x = Math.min(Math.max(x, +d.left), +d.right);
		ms = +d.from + (x - d.left) / (d.right - d.left) * (d.to - d.from);
		line = svg.querySelector(".cur") || add(svg, "path", "cur");
		text = svg.querySelector(".curt") || add(svg, "text", "curt");
		line.setAttribute("d", "M" + x + " 18V" + (svg.viewBox.baseVal.height - 18));
		text.setAttribute("x", x > d.right - 70 ? x - 66 : x + 4);
		text.setAttribute("y", svg.viewBox.baseVal.height - 22);
		text.textContent = (ms > 0 ? "+" : "") + ms.toFixed(1) + " ms";
	}
	addEventListener("hashchange", reveal);
	addEventListener("DOMContentLoaded", reveal);
	addEventListener("mousemove", follow);
})();
