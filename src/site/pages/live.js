// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What pages can do better with a script, and the only one there is: they show what comes in while one looks, long
 * tables can be narrowed by typing, and who submits an idea is shown what sounds like it. Every page is whole without it. Nothing is kept but whether one wants to watch.
 */
"use strict";

(() => {
	const main = document.getElementById("main");
	const many = 12; // rows that deserve a field to narrow them
	let source = null, timer = null, isWanted = true;

	try {
		isWanted = localStorage.getItem("hotproof-live") !== "off";
	} catch {
		// without storage it is asked anew on each page
	}

	// ---- narrowing tables

	function narrow(table, text, told) {
		const words = text.toLowerCase().split(/\s+/).filter(Boolean);
		let shown = 0;

		for (const row of table.tBodies[0].rows) {
			const has = row.textContent.toLowerCase();
			row.hidden = !words.every((w) => has.includes(w));
			shown += !row.hidden;
		}
		told.textContent = words.length ? `${shown} of ${table.tBodies[0].rows.length} rows` : "";
	}

	function addFields(values) {
		const tables = [...main.querySelectorAll("table.list")].filter((t) => t.tBodies[0]?.rows.length >= many);

		tables.forEach((table, i) => {
			const label = document.createElement("label"), field = document.createElement("input"),
				told = document.createElement("small"), line = document.createElement("p");

			field.type = "search";
			field.className = "narrow-rows";
			field.value = values[i] || "";
			told.setAttribute("role", "status");
			label.append("Narrow these rows ", field);
			line.className = "row";
			line.append(label, told);
			field.addEventListener("input", () => narrow(table, field.value, told));
			table.closest(".scroll").before(line);
			if (field.value)
				narrow(table, field.value, told);
		});
	}

	// ---- ideas that sound like the one that is typed

	const title = main.querySelector("form[action='/ideas'] input[name=title]"), alike = document.getElementById("alike");
	let typed = null;

	async function showAlike() {
		const text = title.value;
		const answer = await fetch("/ideas/new?title=" + encodeURIComponent(text), { headers: { Accept: "text/html" } });
		const next = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("alike");

		if (next && text === title.value)
			alike.replaceChildren(...next.childNodes);
	}

	if (title && alike)
		title.addEventListener("input", () => {
			clearTimeout(typed);
			typed = setTimeout(() => showAlike().catch(() => {}), 300); // it is shown again when it is submitted
		});

	// ---- what comes in

	const line = document.createElement("p"), button = document.createElement("button"), told = document.createElement("span");

	function isBusy() {
		const at = document.activeElement;
		return main.querySelector("form[method=post]") !== null || (at && main.contains(at) && at.matches("input, select, textarea")) ||
			!document.getSelection().isCollapsed;
	}

	async function show() {
		const values = [...main.querySelectorAll(".narrow-rows")].map((f) => f.value);
		const open = [...main.querySelectorAll("details")].map((d) => d.open);
		const answer = await fetch(location.href, { headers: { Accept: "text/html" } });

		if (!answer.ok)
			return;
		const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
		if (!next)
			return;
		const at = [scrollX, scrollY];
		main.replaceChildren(...next.childNodes);
		main.querySelectorAll("details").forEach((d, i) => { d.open = open[i] || false; });
		addFields(values);
		scrollTo(...at);
		told.textContent = "brought up to date";
	}

	function changed() {
		clearTimeout(timer);
		timer = setTimeout(() => {
			if (isBusy())
				told.textContent = "there is something new: load the page again to see it";
			else
				show().catch(() => { told.textContent = "the site does not answer"; });
		}, 1000);
	}

	function watch() {
		const isOn = isWanted && !document.hidden;

		button.setAttribute("aria-pressed", String(isWanted));
		if (!isOn) {
			source?.close();
			source = null;
			return;
		}
		if (source)
			return;
		source = new EventSource("/api/v1/events");
		for (const kind of ["run", "machine", "idea", "rule", "missed"])
			source.addEventListener(kind, changed);
	}

	button.type = "button";
	button.textContent = "Live";
	button.title = "Show what comes in while this page is open";
	button.addEventListener("click", () => {
		isWanted = !isWanted;
		told.textContent = isWanted ? "" : "stays as it is";
		try {
			localStorage.setItem("hotproof-live", isWanted ? "on" : "off");
		} catch {
			// see above
		}
		watch();
	});
	told.setAttribute("role", "status");
	line.className = "live";
	line.append(button, told);
	document.querySelector("footer").before(line);
	addFields([]);
	document.addEventListener("visibilitychange", watch);
	watch();
})();
