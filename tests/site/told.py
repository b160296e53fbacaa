# SPDX-License-Identifier: GPL-2.0-or-later
"""Saved searches and who is told of what is new in them: mail by a program that keeps it, hooks to a server of our own, feeds, a calendar.

No mail leaves the machine: the program that "sends" it is a script of the test; all addresses are of example.org.
"""
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import pathlib
import re
import threading
import time
import xml.etree.ElementTree

from support import Client, Server, variant

SENDMAIL = """#!/bin/sh
[ ! -e "$1/hang" ] || { echo $$ >"$1/hangs"; exec sleep 600; }
[ ! -e "$1/fail" ] || { echo "no such \\"relay\\"" >&2; exit 75; }
cat >"$1/$$.part" && mv "$1/$$.part" "$1/$$.eml"
"""


class Post:
    """What was given to the mail program, in the order of reading."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.script = folder / "sendmail"
        self.script.write_text(SENDMAIL)
        self.script.chmod(0o700)
        self.seen = set()

    def next(self, seconds=20):
        """The next message, or None when none came in that time."""
        return until(self.take, seconds)

    def take(self):
        for path in sorted(self.folder.glob("*.eml")):
            if path not in self.seen:
                self.seen.add(path)
                return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        return None


def until(ask, seconds=20):
    """What ask() says, as soon as it says anything; None when it does not in that time."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not (got := ask()) and time.monotonic() < end:
        pause.wait(0.05)
    return got or None


class Hook:
    """A receiver: what was posted to it, and the status that it answers."""

    def __init__(self):
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.held += 1
                hook.go.wait(30)
                hook.got.append((self.path, dict(self.headers), body))
                self.send_response(hook.first.pop(0) if hook.first else hook.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.got, self.first, self.status = [], [], 200
        self.held, self.go = 0, threading.Event()  # how many came, and whether they are answered
        self.go.set()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.go.set()
        self.server.shutdown()
        self.server.server_close()


class Site:
    """A server that can send, and somebody who is logged in."""

    def __init__(self, program, *options):
        self.server = Server(program)
        self.post = Post(pathlib.Path(self.server.folder.name) / "post")
        self.server.options = ("--url", "https://tracker.example.org/", "--mail-from", "tracker@example.org",
                               "--sendmail", f"{self.post.script} {self.post.folder}", *options)
        self.server.start()
        self.sql = self.server.sql
        self.sql("INSERT INTO setting(key,value) VALUES('tell_retry_s','1')")
        self.robot = Client(self.server, self.server.token())

    def login(self, name):
        password = re.search(r'password "([^"]+)"', self.server.tool("user", "--role", "reader", name)[1])[1]
        client = Client(self.server)
        client.form("/login", {"name": name, "password": password})
        return client

    def break_it(self, number):
        """A run that breaks promises, on a machine of its own."""
        name, data = variant("guest-hang", number, machine=f"box-{number}")
        return name, self.robot.upload(data)[0]


def path_of(message, kind):
    return re.search(rf"https://tracker\.example\.org(/{kind}/[\w-]+)", message.get_content())[1]


def check_address(results, site, ann):
    """Nothing but the question goes to an address that was not proved."""
    post, form = site.post, {"page": "/account"}
    for bad in ("ann@example.org\r\nBcc: x@example.org", "ann@example.org, x@example.org", "ann", "<ann@example.org>", "a b@example.org",
                '"a\nb"@example.org', "ann@localhost", "-ann@example.org", "x" * 300 + "@example.org"):
        results.check(ann.form("/account/address", {"email": bad}, **form)[0] == 400, f"{bad[:40]!r} is no address")
    results.check(ann.form("/account/address", {"email": "ann@Example.ORG"}, **form)[0] == 303, "an address is taken")
    message = post.next()
    if not results.check(message and message["To"] == "ann@example.org" and message["Auto-Submitted"] == "auto-generated" and
                         message["From"].addresses[0].addr_spec == "tracker@example.org" and not message["List-Unsubscribe"], f"and asked whether it is hers: {message}"):
        return
    nobody, link = Client(site.server), path_of(message, "proof")
    nobody.form("/forgot", {"who": "ann"})
    results.check(site.sql("SELECT count(*) FROM outbox") == [(0,)], "no new password is mailed to an address that nobody proved")
    results.check("ann@example.org" in nobody.get(link)[1] and site.sql("SELECT proved_at FROM address") == [(0,)], "a program that follows the link proves nothing")
    results.check(nobody.ask("POST", link, "", {"Content-Type": "application/x-www-form-urlencoded"})[0] == 200 and site.sql("SELECT proved_at>0 FROM address") == [(1,)], "the button does")
    results.check(nobody.get(link)[0] == 404 and nobody.get("/proof/nonsense")[0] == 404, "once")
    statuses = [ann.form("/account/address", {"email": "flood@example.org" if i % 2 else "ann@example.org"}, **form)[0] for i in range(16)]
    results.check(statuses[-1] == 429, f"nobody's mailbox is filled: {statuses}")
    site.sql("DELETE FROM outbox")
    site.sql("UPDATE address SET email='ann@example.org',proved_at=1")
    until(lambda: post.take() and None, 1)


def check_password(results, site, ann):
    post, nobody = site.post, Client(site.server)
    site.sql("DELETE FROM proof")
    texts = [nobody.form("/forgot", {"who": who})[1] for who in ("ann", "nobody-at-all", "ann@example.org")]
    results.check(texts[0] == texts[1] == texts[2], "nobody learns by that who has an account")
    message, again = post.next(), post.next()
    results.check(message and again and message["Message-ID"] != again["Message-ID"], "a link to a new password is mailed, by name and by address")
    if not message:
        return
    link = path_of(message, "proof")
    results.check('type="password"' in nobody.get(link)[1] and nobody.form(link, {"password": "short"})[0] == 400, "which wants a good one")
    results.check(nobody.form(link, {"password": "a new one of ann"})[0] == 303 and ann.get("/account")[0] == 401, "and sends whoever was in out")
    results.check(nobody.form(link, {"password": "another new one"})[0] == 404, "once")
    results.check(nobody.form("/login", {"name": "ann", "password": "a new one of ann"})[0] == 303, "with it one gets in")
    ann.cookie = nobody.cookie


def check_saved(results, ann):
    save = {"kind": "cells", "state": "broken", "name": "Wörse <b>"}
    for bad in ({"kind": "users"}, {"name": ""}, {"name": "a\r\nBcc: x@example.org"}, {"kind": "ideas", "state": "waiting"}, {"kind": "search"}):
        status, text, _ = ann.form("/saved", {**save, **bad}, page="/account")
        results.check(status == 400, f"{bad} is not saved: {status} {text[-300:]}")
    results.check(ann.form("/saved", save)[0] == 403, "nor what a page of another site sends")
    status, _, headers = ann.form("/saved", save, page="/cells")
    results.check(status == 303 and "W\u00f6rse &lt;b&gt;" in ann.get("/saved")[1], "a search is saved")
    return int(headers["Location"].split("#s")[1])


def check_mail(results, site, ann):
    number, post = check_saved(results, ann), site.post
    results.check(ann.form(f"/saved/{number}/subscribe", {"way": "mail", "period": "at-once"}, page="/saved")[0] == 303, "ann is told by mail")
    results.check(ann.form("/saved/99/subscribe", {"way": "mail", "period": "at-once"}, page="/saved")[0] == 404, "of no search that is not hers")
    name, status = site.break_it(1)
    message = post.next()
    if not results.check(status == 201 and message, f"a mail comes when a run breaks promises: {status}"):
        return
    text = message.get_content()
    results.check("W\u00f6rse" in message["Subject"] and "box-1" in text and "https://tracker.example.org/cell/" in text and message["Date"], f"it says what: {message['Subject']} {text[:200]}")
    link = re.fullmatch(r"<https://tracker\.example\.org(/unsubscribe/[\w-]+)>", message["List-Unsubscribe"])
    results.check(link and message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" and message["List-Id"], "and how to end it")
    site.break_it(2)
    site.break_it(3)
    results.check(not post.next(2), "the next one waits, so that many runs are one mail")
    site.sql("UPDATE subscription SET next_at=1")
    message = post.next()
    text = message.get_content() if message else ""
    results.check("box-2" in text and "box-3" in text and "box-1" not in text, "which has what came since, and no more")
    site.sql("UPDATE subscription SET period='weekly',next_at=1")
    results.check(not post.next(2) and site.sql(f"SELECT next_at>{time.time():.0f} FROM subscription") == [(1,)], "a digest with nothing in it is not sent")
    check_crash(results, site)
    site.sql("UPDATE address SET proved_at=0")
    site.sql("UPDATE subscription SET next_at=1")
    site.break_it(5)
    results.check(not post.next(2), "to an address whose proof is gone nothing is sent")
    site.sql("UPDATE address SET proved_at=1")
    results.check(post.next() is not None, "and nothing is lost")
    nobody = Client(site.server)
    results.check("<form" in nobody.get(link[1])[1] and site.sql("SELECT count(*) FROM subscription") == [(1,)], "a program that follows the link ends nothing")
    results.check(nobody.ask("POST", link[1], "List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"})[0] == 200 and
                  site.sql("SELECT count(*) FROM subscription") == [(0,)], "one click without a name does")
    results.check(nobody.get(link[1])[0] == 404, "then it is gone")


def check_crash(results, site):
    """kill -9 while a mail is given away: it is sent again, as the same message; what fails is kept."""
    post = site.post
    (post.folder / "fail").touch()
    site.break_it(4)
    site.sql("UPDATE subscription SET next_at=1")
    until(lambda: site.sql("SELECT 1 FROM subscription WHERE failures=1"))
    site.sql("UPDATE outbox SET due_at=1")
    failed = until(lambda: site.sql("SELECT problem FROM subscription WHERE failures>1"))
    results.check(failed and "75" in failed[0][0] and "relay" in failed[0][0], f"what the mail program says is kept: {failed}")
    (post.folder / "hang").touch()
    (post.folder / "fail").unlink()
    site.sql("UPDATE outbox SET due_at=1")
    results.check(until((post.folder / "hangs").exists), "a mail program may hang")
    identity = site.sql("SELECT message_id FROM outbox")
    results.check(len(identity) == 1 and Client(site.server).get("/")[0] == 200, "which holds nobody up")
    began = time.monotonic()
    results.check(site.server.stop() == 0 and time.monotonic() - began < 10, "not even the end of the server")
    (post.folder / "hangs").unlink()
    site.server.start()
    results.check(until((post.folder / "hangs").exists), "it is tried again after the next start")
    site.server.kill()
    results.check(site.sql("SELECT message_id FROM outbox") == identity, "kill -9 loses nothing")
    (post.folder / "hang").unlink()
    site.sql("UPDATE outbox SET due_at=1")
    site.server.start()
    message = post.next()
    results.check(message and [(message["Message-ID"],)] == identity and "box-4" in message.get_content(), "and it is the same message")
    results.check(until(lambda: site.sql("SELECT 1 FROM subscription WHERE failures=0 AND problem=''")) and not post.next(1), "sent once")


def check_hooks(results, site, ann):
    hook = Hook()
    try:
        for bad in ("ftp://example.org/", "http://ann:secret@example.org/", "file:///etc/passwd", "javascript:alert(1)", "", "http://", "https://example.org/\r\nX: y"):
            results.check(ann.form("/saved/1/subscribe", {"way": "hook", "period": "at-once", "url": bad}, page="/saved")[0] == 400, f"{bad!r} is no hook")
        status, text, _ = ann.form("/saved/1/subscribe", {"way": "hook", "period": "at-once", "url": hook.url}, page="/saved")
        found = re.search(r'<pre tabindex="0">([\w-]+)</pre>', text)
        if not results.check(status == 200 and found, f"a hook is made, and its secret shown: {status}"):
            return
        hook.first = [500, 302]
        site.break_it(11)
        for tries in (1, 2):
            until(lambda: site.sql(f"SELECT 1 FROM subscription WHERE failures={tries}"))
            site.sql("UPDATE outbox SET due_at=1")
        results.check(until(lambda: len(hook.got) > 2 and site.sql("SELECT 1 FROM subscription WHERE failures=0") and not site.sql("SELECT 1 FROM outbox")), "a hook that fails is tried again, later each time")
        count = len(hook.got)
        path, headers, body = hook.got[-1]
        results.check(count == 3 and all(p == "/hook" for p, _, _ in hook.got), "and a redirection is not followed")
        results.check(len({h["Hotproof-Hook-Id"] for _, h, _ in hook.got}) == 1, "each try has the same id")
        when, signed = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["Hotproof-Hook-Signature"]).groups()
        results.check(hmac.compare_digest(signed, hmac.new(found[1].encode(), f"{when}.".encode() + body, hashlib.sha256).hexdigest()), "what is posted is signed")
        doc = json.loads(body)
        results.check(doc["items"] and all("box-11" in i["title"] for i in doc["items"]) and doc["search"]["url"].startswith("https://tracker.example.org/cells?state=broken"), f"and says what: {body[:300]}")
        hook.status = 500
        site.break_it(12)
        site.sql("UPDATE subscription SET failures=6")
        stopped = until(lambda: site.sql("SELECT problem FROM subscription WHERE stopped_at>0"))
        page = ann.get("/saved")[1]
        results.check(stopped == [("it answers 500",)] and "stopped after 8 failures" in page and "it answers 500" in page, f"after some failures it is stopped, and its owner sees why: {stopped}")
        hook.status = 200
        one = re.search(r'action="/subscription/(\d+)/resume"', page)[1]
        before = len(hook.got)
        results.check(ann.form(f"/subscription/{one}/resume", {}, page="/saved")[0] == 303 and until(lambda: len(hook.got) > before), "the owner sets it going again, and nothing is lost")
        hook.status = 410
        site.break_it(13)
        results.check(until(lambda: site.sql("SELECT 1 FROM subscription WHERE stopped_at>0")), "one that is gone for good is stopped at once")
        other = site.login("eve")
        results.check(other.form(f"/subscription/{one}/remove", {}, page="/account")[0] == 404 and other.form("/saved/1/remove", {}, page="/account")[0] == 404, "others cannot end it")
        results.check(ann.form(f"/subscription/{one}/remove", {}, page="/saved")[0] == 303 and site.sql("SELECT count(*) FROM outbox") == [(0,)], "the owner can")
    finally:
        hook.close()


def check_slow(results, site, ann):
    """Hooks that take their time hold up neither others nor what is mailed."""
    slow, quick = Hook(), Hook()
    slow.go.clear()
    try:
        for url in (slow.url, slow.url + "2", quick.url):
            ann.form("/saved/1/subscribe", {"way": "hook", "period": "at-once", "url": url}, page="/saved")
        site.break_it(31)
        results.check(until(lambda: slow.held == 2 and len(quick.got) == 1, 8) and not slow.got, f"two slow hooks do not hold up the next one: {slow.held} {len(quick.got)}")
        site.break_it(32)
        results.check(until(lambda: len(quick.got) == 2, 5), "which is told of what comes later too")
        results.check(not slow.got and slow.held == 2, "nor does a slow one get the next before it has taken the first")
        slow.go.set()
        results.check(until(lambda: len(slow.got) == 4 and not site.sql("SELECT 1 FROM outbox")), f"and then it gets it: {slow.held}")
        order = [b"box-32" in body for path, _, body in slow.got if path == "/hook"]
        results.check(order == [False, True], "in the order in which things happened")
        for one in re.findall(r'action="/subscription/(\d+)/remove"', ann.get("/saved")[1]):
            ann.form(f"/subscription/{one}/remove", {}, page="/saved")
    finally:
        slow.close()
        quick.close()


def check_saved_api(results, site):
    """The same by the API: what a program saves it is told of, and nobody else."""
    hook, bob, robot = Hook(), Client(site.server, site.server.token("bob", "reader", "saved,read")), site.robot
    nobody = Client(site.server)

    def ask(who, method, path, doc=None):
        status, text, _ = who.ask(method, "/api/v1" + path, None if doc is None else json.dumps(doc), {"Content-Type": "application/json"})
        return status, json.loads(text)

    try:
        good = {"name": "Broken on arm64", "kind": "cells", "filter": {"arch": "arm64", "state": "broken"}}
        results.check(ask(nobody, "GET", "/saved")[0] == 401 and ask(robot, "GET", "/saved")[0] == 403, "saved searches want an account, and a token for them")
        for bad in ({"kind": "users"}, {"name": ""}, {"filter": {"colour": "red"}}, {"filter": {"state": 3}}, {"filter": []}, {"kind": "ideas", "filter": {"state": "waiting"}}):
            results.check(ask(bob, "POST", "/saved", {**good, **bad})[0] == 400, f"{bad} is not saved")
        status, made = ask(bob, "POST", "/saved", good)
        results.check(status == 201 and made["saved"]["query"] == "arch=arm64&state=broken" and made["subscriptions"] == [], f"a search is saved by the API: {status} {made}")
        one = f"/saved/{made['saved']['id']}"
        for bad in ({"way": "pigeon"}, {"way": "hook", "url": "file:///etc/passwd"}, {"way": "mail"}, {"way": "hook", "url": hook.url, "period": "hourly"}):
            results.check(ask(bob, "POST", one + "/subscriptions", {"period": "at-once", **bad})[0] == 400, f"{bad} is no way to be told")
        status, told = ask(bob, "POST", one + "/subscriptions", {"way": "hook", "period": "at-once", "url": hook.url})
        results.check(status == 201 and len(told.get("secret", "")) > 30, f"a hook is made, and its secret told once: {status}")
        status, listed = ask(bob, "GET", "/saved")
        results.check(status == 200 and [i["subscriptions"][0]["url"] for i in listed["items"]] == [hook.url] and told["secret"] not in json.dumps(listed), f"which is listed, without the secret: {listed}")
        site.robot.upload(variant("guest-hang", 40, machine="box-40")[1])
        site.robot.upload(variant("guest-hang", 41, machine="box-41", arch="aarch64")[1])
        results.check(until(lambda: hook.got) and b"box-41" in hook.got[0][2] and b"box-40" not in hook.got[0][2], f"it is told of what the search finds: {hook.got[:1]}")
        eve = Client(site.server, site.server.token("eve", "reader", "saved"))
        hers = [ask(eve, method, path)[0] for method, path in (("GET", one), ("DELETE", one), ("DELETE", f"/subscriptions/{told['id']}"), ("POST", f"/subscriptions/{told['id']}/resume"))]
        results.check(hers == [404] * 4, f"others neither see nor end it: {hers}")
        site.sql("UPDATE subscription SET stopped_at=1,failures=8")
        results.check(ask(bob, "GET", one)[1]["subscriptions"][0]["failures"] == 8 and ask(bob, "POST", f"/subscriptions/{told['id']}/resume")[0] == 200 and
                      ask(bob, "GET", one)[1]["subscriptions"][0]["stopped"] is None, "one that was stopped goes on")
        results.check(ask(bob, "DELETE", f"/subscriptions/{told['id']}")[0] == 200 and ask(bob, "GET", one)[1]["subscriptions"] == [], "a subscription is ended")
        results.check(ask(bob, "DELETE", one)[0] == 200 and ask(bob, "GET", one)[0] == 404 and ask(bob, "GET", "/saved")[1]["items"] == [], "and a search removed")
    finally:
        hook.close()


def check_many(results, site, ann):
    """A search that finds more than is looked at: what comes last is told all the same."""
    hook = Hook()
    put = "INSERT INTO search(kind,ref,title,body) SELECT 'run','flood-'||i,'flood '||i,'x' FROM n"
    try:
        site.sql(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<700) {put}")
        _, _, headers = ann.form("/saved", {"kind": "search", "q": "flood", "name": "Flood"}, page="/cells")
        number = headers["Location"].split("#s")[1]
        ann.form(f"/saved/{number}/subscribe", {"way": "hook", "period": "at-once", "url": hook.url}, page="/saved")
        site.sql(f"WITH n(i) AS (SELECT 9999) {put}")
        got = until(lambda: hook.got)
        titles = [i["title"] for i in json.loads(got[0][2])["items"]] if got else []
        results.check(titles == ["run: flood 9999"], f"of 701 that a search finds the new one is told: {titles[:3]}")
        ann.form(f"/saved/{number}/remove", {}, page="/saved")
        site.sql("DELETE FROM search WHERE ref LIKE 'flood-%'")
    finally:
        hook.close()


def check_guard(results, program):
    """Where nobody allowed it no hook reaches this machine, by whatever name."""
    hook, site = Hook(), Site(program)
    try:
        ann = site.login("ann")
        ann.form("/saved", {"kind": "broken", "name": "All"}, page="/account")
        port = hook.url.split(":")[2]
        for host in ("127.0.0.1", "localhost", "0.0.0.0", "127.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433"):
            ann.form("/saved/1/subscribe", {"way": "hook", "period": "at-once", "url": f"http://{host}:{port}"}, page="/saved")
        made = site.sql("SELECT count(*) FROM subscription")[0][0]
        site.break_it(20)
        results.check(until(lambda: site.sql(f"SELECT 1 WHERE (SELECT count(*) FROM subscription WHERE failures>0)={made}")), "each of them fails")
        problems = {p for p, in site.sql("SELECT DISTINCT problem FROM subscription")}
        results.check(made >= 5 and not hook.got and all("public internet" in p or "connect" in p or "resolve" in p for p in problems), f"none comes here: {made} {problems}")
    finally:
        site.server.kill()
        hook.close()


def check_ideas(results, site, admin):
    nobody = Client(site.server)
    _, text, _ = nobody.form("/ideas", {"title": "Offline under <i>frost</i>", "body": "", "kind": "edge-case", "contact": "bob@example.org"})
    message = site.post.next()
    if not results.check("A link was mailed" in text and message and "frost" not in message.as_string(), "whoever submits an idea is asked whose the address is, without their own words"):
        return
    results.check("not proved to be theirs" in admin.get("/idea/1")[1], "until then maintainers see that nobody proved it")
    nobody.ask("POST", path_of(message, "proof"), "", {"Content-Type": "application/x-www-form-urlencoded"})
    results.check("(proved to be theirs)" in admin.get("/idea/1")[1], "and then that somebody did")


def check_feeds(results, site, ann, admin):
    nobody = Client(site.server)
    for kind, query in (("cells", "&state=broken"), ("runs", ""), ("broken", "&machine=box-1"), ("ideas", ""), ("machines", ""), ("search", "&q=box")):
        status, text, headers = nobody.get(f"/feed.atom?kind={kind}{query}")
        entries = [e for e in xml.etree.ElementTree.fromstring(text) if e.tag.endswith("entry")] if status == 200 else []
        results.check(status == 200 and "atom+xml" in headers["Content-Type"] and (entries or kind == "ideas"), f"{kind} is a feed: {status} {len(entries)}")
        results.check(len({e[1].text for e in entries}) == len(entries), "each entry once")
    results.check(nobody.get("/feed.atom?kind=x")[0] == 400 and nobody.get("/feed.atom?kind=ideas&state=waiting")[0] == 400, "and nothing else")
    results.check(admin.form("/machine/box-1", {"lent_until": "soon"}, page="/account")[0] == 400 and admin.form("/machine/box-1", {"lent_until": "2026-02-30"}, page="/account")[0] == 400, "what is no day is no day")
    who = "the lab, room 3; \u00e4\u00f6\u00fc " + "long " * 30
    admin.form("/machine/box-1", {"lent_to": who, "lent_until": "2026-12-01", "every_days": "7"}, page="/account")
    status, text, headers = nobody.get("/dates.ics?machine=box-1")
    lines = text.split("\r\n")
    whole = text.replace("\r\n ", "")
    results.check(status == 200 and "text/calendar" in headers["Content-Type"] and "\n" not in text.replace("\r\n", "") and all(len(l.encode()) <= 75 for l in lines), "dates are a calendar, with lines as short as they must be")
    results.check("lent" in whole and "DTSTART;VALUE=DATE:20261201" in whole and "room 3\\; \u00e4\u00f6\u00fc" in whole and "the lab\\," in whole and whole.count("BEGIN:VEVENT") == 2, f"with its days: {whole}")
    del ann


def check_told(results, program):
    site = Site(program, "--private-hooks")
    try:
        admin = Client(site.server)
        admin.form("/login", {"name": "admin", "password": site.server.password})
        ann = site.login("ann")
        check_address(results, site, ann)
        check_password(results, site, ann)
        check_mail(results, site, ann)
        check_hooks(results, site, ann)
        check_slow(results, site, ann)
        check_saved_api(results, site)
        check_many(results, site, ann)
        check_ideas(results, site, admin)
        check_feeds(results, site, ann, admin)
        results.check(ann.form("/saved/1/remove", {}, page="/saved")[0] == 303 and site.sql("SELECT count(*) FROM saved") == [(0,)], "what was saved can be removed")
        results.check(site.server.tool("check")[0] == 0, "the database of all that is sound")
        results.check(site.server.stop() == 0, "and the server stops")
    finally:
        if site.server.process.poll() is None:
            site.server.kill()
    check_guard(results, program)
