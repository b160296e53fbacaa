// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looks at pages in chromium: reads a job on stdin, writes what is wrong with each page on stdout. tests/site/web starts
 * it and says what is a failure. axe is run by the debugger, not by the page. Then whether the pages' own script does its work.
 */
const fs = require("fs");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const HOWS = [
	{ how: "wide, light", width: 1280, scheme: "light", every: 1 },
	// What differs there is colours and widths, which pages share: each third one, and another third on the phone.
	{ how: "wide, dark", width: 1280, scheme: "dark", every: 3, from: 1 },
	{ how: "phone", width: 390, scheme: "light", every: 3, from: 2 },
];

async function look(page, base, path, how) {
	const problems = [];

	await page.goto(base + path);
	// The policy of the page allows no script; the debugger's own world is another matter.
	await page.evaluate(axe);
	const found = await page.evaluate(async () => await window.axe.run(document, {
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
	for (const v of found.violations)
		problems.push(`${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(", ")} (${v.nodes.length})`);
	if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth + 1))
		problems.push("the page is wider than the window");
	return { page: path, how, problems };
}

// A run comes in while one looks at the list; then the list is narrowed. The policy of the pages is in force here.
async function lookLive(browser, job) {
	const context = await browser.newContext();
	const page = await context.newPage();
	const problems = [];

	page.on("console", (m) => { if (m.type() === "error") problems.push(m.text()); });
	page.on("pageerror", (e) => problems.push(String(e)));
	await page.goto(job.base + "/runs");
	const answer = await fetch(job.base + "/api/v1/runs", { method: "POST", body: Buffer.from(job.live.data, "base64"),
		headers: { Authorization: "Bearer " + job.live.token, "Content-Type": "application/octet-stream" } });
	if (answer.status !== 201)
		problems.push(`the run is not taken: ${answer.status}`);
	await page.getByRole("link", { name: job.live.run }).waitFor({ timeout: 30000 }).catch(() => problems.push("the new run is not shown"));
	await page.getByLabel("Narrow these rows").fill(job.live.run);
	const shown = await page.locator("main table.list tbody tr:visible").count();
	if (shown !== 1)
		problems.push(`narrowed to ${shown} rows, not to one`);
	await page.getByRole("button", { name: "Live" }).click();
	if (await page.getByRole("button", { name: "Live" }).getAttribute("aria-pressed") !== "false")
		problems.push("the button does not say that it is off");
	await context.close();
	return { page: "/runs", how: "live", problems };
}

// Who types an idea is shown those that sound like it.
async function lookAlike(browser, job) {
	const context = await browser.newContext();
	const page = await context.newPage();
	const problems = [];

	page.on("console", (m) => { if (m.type() === "error") problems.push(m.text()); });
	page.on("pageerror", (e) => problems.push(String(e)));
	await page.goto(job.base + "/ideas/new");
	await page.getByLabel("In a line").pressSequentially("What of kexec?");
	await page.getByRole("link", { name: "Offline while kexec loads" }).waitFor({ timeout: 30000 }).catch(() => problems.push("nothing is shown that sounds alike"));
	await page.getByLabel("In a line").fill("Nothing of the kind");
	await page.getByRole("link", { name: "Offline while kexec loads" }).waitFor({ state: "detached", timeout: 30000 }).catch(() => problems.push("it stays when it does not any more"));
	await context.close();
	return { page: "/ideas/new", how: "typed", problems };
}

async function main() {
	const job = JSON.parse(fs.readFileSync(0, "utf8"));
	const browser = await chromium.launch({ executablePath: job.chromium, args: ["--no-sandbox"] });
	const out = [];

	for (const how of HOWS)
		for (const isInside of [false, true]) {
			const context = await browser.newContext({ viewport: { width: how.width, height: 900 },
				colorScheme: how.scheme, bypassCSP: true });

			if (isInside)
				await context.addCookies([{ ...job.cookie, url: job.base }]);
			const page = await context.newPage();

			const paths = (isInside ? job.inside : job.pages).filter((_, i) =>
				job.all || i % how.every === (how.from || 0));

			for (const path of paths) {
				out.push(await look(page, job.base, path, how.how));
				if (job.shots)
					await page.screenshot({ fullPage: true,
						path: `${job.shots}/${how.how}${isInside ? " inside" : ""} ${path.replace(/[^a-z0-9.-]+/gi, "_")}.png` });
			}
			await context.close();
		}
	out.push(await lookLive(browser, job));
	out.push(await lookAlike(browser, job));
	await browser.close();
	process.stdout.write(JSON.stringify(out));
}

main();
