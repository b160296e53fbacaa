# SPDX-License-Identifier: GPL-2.0-or-later
"""What leaves the tracker as files: tables that are what the API says, a report for kcidb, and a site whose links all work."""
import csv
import html
import io
import json
import pathlib
import re
import urllib.parse

from support import Client

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


# Schema 5.0: what each object must have, and what it may; nothing else, and nothing is null.
KCIDB_MUST = {"checkouts": {"id", "origin"}, "builds": {"id", "origin", "checkout_id"}, "tests": {"id", "origin", "build_id"}}
KCIDB_MAY = {"checkouts": {"comment", "start_time", "valid", "misc", "tree_name"}, "builds": {"comment", "architecture", "status", "start_time", "misc"},
             "tests": {"comment", "path", "status", "start_time", "duration", "environment", "misc"}}
KCIDB_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


def kcidb_problems(doc):
    """Each rule of the schema that touches what is written here."""
    found = [f"unknown {k}" for k in set(doc) - {"version", *KCIDB_MUST}]
    for kind, must in KCIDB_MUST.items():
        for o in doc[kind]:
            if not must <= set(o) <= must | KCIDB_MAY[kind]:
                found.append(f"{kind} have {sorted(o)}")
            found += [f"{kind} {k}: {v!r}" for k, v in o.items() if (k == "misc" or k == "environment") != isinstance(v, dict) or not isinstance(v, (str, dict))]
            found += [f"{kind} {k}: {o[k]!r}" for k in ("id", "checkout_id", "build_id") if k in o and not re.match(r"^[a-z0-9_]+:[^\0]*$", o[k])]
            found += [f"{kind} {o[k]!r}" for k, r in (("architecture", re.compile("^[a-z0-9_]*$")), ("start_time", KCIDB_TIME)) if k in o and not r.match(o[k])]
            if not set(o.get("environment", {})) <= {"comment", "misc", "compatible"}:
                found.append(f"{kind} {o['environment']}")
    return found


def check_kcidb(results, server):
    robot = Client(server, server.token())
    status, _, _ = robot.ask("POST", "/api/v1/foreign?format=ktap&suite=odd&machine=odd&arch=X86-64&kernel=6.12.95", "1..1\nok 1 on\n")
    results.check(status == 201, f"a machine of an odd architecture is taken: {status}")
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
    results.check(not kcidb_problems(doc), f"each object is as the schema has it: {kcidb_problems(doc)[:3]}")
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
