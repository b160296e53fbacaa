# SPDX-License-Identifier: GPL-2.0-or-later
"""What strangers put into fields, uploads and Markdown: it must come out as text, or not at all."""
import json
import os

from support import Client, pack, read_run, without_own

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\'; DROP TABLE run; -- &amp; \u202e'


def check_uploads(results, robot):
    good = read_run("guest-healthy")
    meta = json.loads(good["meta.json"])
    bad = {
        "nothing": b"",
        "no archive": b"hello, this is no archive at all\n" * 100,
        "random bytes": os.urandom(100000),
        "half an archive": pack(good)[:5000],
        "an empty run": pack({"readme": b"x"}),
        "no journal": pack({"meta.json": good["meta.json"]}),
        "garbage in the journal": pack({**good, "journal.jsonl": b'{"seq":1}\nnot json\n{}\n'}),
        "a path upwards": pack({"../../etc/x": b"x"}, top=""),
        "a run without a name": pack({**good, "meta.json": b"{}"}),
        "a name with a line feed": pack({**good, "meta.json": json.dumps({**meta, "run": "a\nb"}).encode()}),
        "a name that is a path": pack({**good, "meta.json": json.dumps({**meta, "run": "../../x"}).encode()}),
        "a pass that nothing proves": pack({**good, "results.json": json.dumps({"results": [
            {"scenario": "cpu.cycle", "claim": "made.up", "verdict": "pass"}]}).encode()}),
        "deep JSON": pack({**good, "meta.json": b'{"a":' * 100000 + b"1" + b"}" * 100000}),
    }
    before = len(robot.json("/api/v1/runs?limit=1000")["items"])
    for what, data in bad.items():
        status, text = robot.upload(data)
        results.check(400 <= status < 500 and "error" in json.loads(text), f"{what} answers 4xx with why, not {status} {text}")
        results.check("/tmp" not in text, f"{what}: nothing is told of this machine: {text}")
    results.check(len(robot.json("/api/v1/runs?limit=1000")["items"]) == before, "nothing of it was taken")


def check_fields(results, server, admin):
    robot = Client(server, server.token())
    files = read_run("guest-healthy")
    meta = json.loads(files["meta.json"])
    meta.update(run=HOSTILE.replace("/", "_")[:100], machine=HOSTILE[:90], kernel=HOSTILE[:90], arch=HOSTILE[:30], version=HOSTILE[:30],
                cmdline="x=" + HOSTILE, kernel_version="")
    files["meta.json"] = json.dumps(meta).encode()
    status, text = robot.upload(pack(files))
    results.check(status == 201, f"a hostile name is a name: {status} {text}")
    admin.form("/ideas", {"title": HOSTILE[:150], "body": HOSTILE, "kind": "feature"}, page="/ideas/new")
    admin.form("/cell/1/owner", {"owner": HOSTILE[:100]}, page="/account")
    admin.form("/machine/amd64-4", {name: HOSTILE for name in ("summary", "platform", "owner", "place", "console", "health_why")},
               page="/account")
    for page in ("/", "/matrix", "/matrix?rows=options&columns=machine", "/matrix?rows=arch&columns=kernel", "/cells", "/cell/1", "/runs",
                 "/machines", "/machine/amd64-4", "/ideas", "/idea/2", "/search?q=script", "/compare", "/changes?since=1.0",
                 "/audit", "/broken.atom"):
        status, text, _ = admin.get(page)
        results.check(status == 200 and "<script" not in without_own(text) and "<img" not in text, f"{page} shows it as text ({status})")
    for page in ("/search?q=", "/cells?claim=", "/matrix?rows=", "/changes?since=", "/compare?before=a&after=", "/run/", "/claim/",
                 "/runs?after=", "/ideas?state="):
        status, text, _ = admin.get(page + "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E'%20OR%201=1--")
        results.check(status in (200, 400, 403, 404) and "<script" not in without_own(text), f"{page} with markup answers {status}")
    for words in ('"', "NEAR(", "a AND", "*", "title:x", "-", "^a", "(((", "a" * 3000, "\u00fc\u4e2d"):
        status, _, _ = admin.get("/search?q=" + "".join(f"%{b:02x}" for b in words.encode())[:3500])
        results.check(status == 200, f"a search for {words[:20]!r} is no syntax error: {status}")


def check_markdown(results, admin):
    links = "\n".join(f"[{i}](javascript:alert({i})) [d](data:text/html,x) [v](VBScript:x) [ok](https://example.org/{i}) "
                      "![i](javascript:x) <b>raw</b> [p](//evil.example)" for i in range(3))
    amplified = "[a]: /" + "x" * 3000 + "\n\n" + "[a] " * 10000
    deep = ">" * 3000 + " x\n\n" + "* " * 3000 + "y\n\n" + "[" * 10000
    for number, body in enumerate((links, amplified, deep)):
        _, _, headers = admin.form("/ideas", {"title": f"Markdown {number} zzqq{number}", "body": body[:60000], "kind": "feature", "sure": "1"},
                                   page="/ideas/new")
        status, text, _ = admin.get(headers["Location"] or "/nowhere")
        results.check(status == 200 and len(text) < 8 * 60000 + 200000, f"Markdown {number} stays bounded: {len(text)}")
        results.check('href="javascript' not in text and 'href="data' not in text and 'href="VB' not in text and "<b>raw" not in text
                      and 'href="//' not in text, f"Markdown {number} holds no trap")
        if number == 0:
            results.check('href="https://example.org/1"' in text, "good links are links")


def check_bad_input(results, server, admin):
    check_uploads(results, Client(server, server.token()))
    check_fields(results, server, admin)
    check_markdown(results, admin)
    robot = Client(server, server.token())
    for body in ('{"title":"x","title":"y","body":"","kind":"feature"}', "{", "[]", '{"title":5}', '{"title":"\\u0000","kind":"feature","body":""}'):
        status, text, _ = robot.ask("POST", "/api/v1/ideas", body, {"Content-Type": "application/json"})
        results.check(400 <= status < 500, f"{body} is refused: {status}")
    results.check(robot.ask("POST", "/api/v1/ideas", "a=b", {"Content-Type": "text/plain"})[0] == 415, "what is no JSON is refused")
    many = "&".join(f"f{i}=x" for i in range(200))
    results.check(admin.ask("POST", "/login", many, {"Content-Type": "application/x-www-form-urlencoded"})[0] == 400, "too many fields are refused")
    results.check(admin.ask("POST", "/login", "name=%00&password=x")[0] == 400, "a NUL in a form is refused")
    results.check(admin.ask("POST", "/login", "name=" + "x" * 300000)[0] == 413, "a form that is too long is refused")
