# SPDX-License-Identifier: GPL-2.0-or-later
"""What leaves the tracker as files: tables that are what the API says, a report for kcidb, and a site whose links all work."""
import csv
import html
import io
import json
import pathlib
import re
import urllib.parse

PATH = re.compile(r"^([a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*)?$")


def check_tables(results, server, client):
    runs, after = [], ""
    while after is not None:
        page = client.json("/api/v1/runs?limit=1000" + (f"&after={after}" if after else ""))
        runs, after = runs + page["items"], page["next"]
    code, text, err = server.tool("export", "--format", "jsonl", "--what", "runs")
    rows = [json.loads(line) for line in text.splitlines()]
    results.check(code == 0 and rows == runs, f"runs as JSON lines are those of the API: {len(rows)} of {len(runs)} {err}")
    code, text, _ = server.tool("export", "--what", "runs")
    rows = list(csv.DictReader(io.StringIO(text)))
    results.check([r["run"].lstrip("'") for r in rows] == [r["run"].lstrip("'") for r in runs], "and as CSV")
    results.check(all(not v or v[0] not in "=+-@" for r in rows for v in r.values()), "in which nothing is a formula")
    code, text, _ = server.tool("export", "--format", "jsonl", "--what", "cells")
    cells = [json.loads(line) for line in text.splitlines()]
    results.check(code == 0 and len({c["id"] for c in cells}) == len(cells) > 800, f"all cells: {len(cells)}")
    name = next(r["run"] for r in runs if r["pass"] == 37)
    code, text, _ = server.tool("export", "--format", "jsonl", "--what", "results", "--run", name)
    found = [json.loads(line) for line in text.splitlines()]
    results.check(len(found) == 37 and all(f["state"] == "pass" and f["run"] == name for f in found), f"the results of one run: {len(found)}")
    results.check(server.tool("export", "--what", "nonsense")[0] != 0 and server.tool("export", "--format", "nonsense")[0] != 0, "and nothing else")


def check_kcidb(results, server):
    code, text, err = server.tool("export", "--format", "kcidb", "--origin", "here")
    doc = json.loads(text)
    results.check(code == 0 and doc["version"] == {"major": 5, "minor": 0}, f"a report for kcidb: {err}")
    checkouts, builds = {c["id"] for c in doc["checkouts"]}, {b["id"] for b in doc["builds"]}
    results.check(len(checkouts) == len(doc["checkouts"]) and len(builds) == len(doc["builds"]) and
                  all(b["checkout_id"] in checkouts for b in doc["builds"]), "each build has its checkout")
    tests = doc["tests"]
    results.check(len({t["id"] for t in tests}) == len(tests) > 500 and all(t["build_id"] in builds for t in tests), "each test is there once and has its build")
    results.check(all(t["status"] in ("FAIL", "ERROR", "MISS", "PASS", "DONE", "SKIP") and PATH.match(t["path"]) for t in tests),
                  f"states and paths are kcidb's: {[t['path'] for t in tests if not PATH.match(t['path'])][:3]}")
    results.check(all(o["id"].startswith("here:") and o["origin"] == "here" for kind in ("checkouts", "builds", "tests") for o in doc[kind]), "all of one origin")
    results.check(None not in [v for t in tests for v in t.values()], "and nothing is null")
    results.check(server.tool("export", "--format", "kcidb", "--origin", "No Such")[0] == 1, "an origin is a word")


def check_site(results, server):
    folder = pathlib.Path(server.folder.name) / "site"
    code, text, err = server.tool("export", "--format", "site", "--out", folder, "--pages", "1500")
    files = [p for p in folder.rglob("*") if p.is_file()]
    results.check(code == 0 and 100 < len(files) <= 1500 and (folder / "index.html").exists() and (folder / "style.css").exists(), f"a site of files: {text}{err}")
    dead, server_things, links = [], [], 0
    for path in files:
        if path.suffix != ".html":
            continue
        page = path.read_text(encoding="utf-8")
        server_things += [f"{path}: {what}" for what in ("<form", "<script", 'href="/', "/api/v1") if what in page]
        for link in re.findall(r' href="([^"]*)"', page):
            link = html.unescape(link).partition("#")[0]
            links += 1
            if link and not urllib.parse.urlsplit(link).scheme and not (path.parent / link).exists():
                dead.append(f"{path}: {link}")
    results.check(not dead and links > 1000, f"each of {links} links leads to a file: {dead[:3]}")
    results.check(not server_things, f"and nothing in it wants a server: {server_things[:3]}")
    everything = "".join(p.read_text(encoding="utf-8") for p in files if p.suffix == ".html")
    results.check("/account" not in everything and "/audit" not in everything and "/login" not in everything, "nothing of anybody's own is in it")
    results.check(server.tool("export", "--format", "site", "--out", folder)[0] == 1, "a folder that is there is left alone")


def check_exports(results, server, client):
    check_tables(results, server, client)
    check_kcidb(results, server)
    check_site(results, server)
