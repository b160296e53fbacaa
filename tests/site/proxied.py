# SPDX-License-Identifier: GPL-2.0-or-later
"""Whom a proxy names: believed on a unix socket and nowhere else, and by nobody who only says so."""
import http.client
import pathlib
import re
import socket
import stat
import subprocess
import time
import urllib.parse

from support import Client, Server


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Proxied:
    """A server on a socket, and what a proxy would send it."""

    def __init__(self, program, *options):
        self.server = Server(program)
        self.socket = pathlib.Path(self.server.folder.name) / "s"
        self.options = options
        self.process = None
        self.password = None

    def start(self):
        self.process = subprocess.Popen([self.server.program, "serve", "--db", self.server.db, "--listen", f"unix:{self.socket}", *self.options],
                                        stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            found = re.search(r'password "([^"]+)"', line)
            self.password = found[1] if found else self.password
            if f"on unix:{self.socket}" in line:
                return self
        raise RuntimeError(f"the server ended with {self.process.wait()} instead of serving")

    def stop(self, kill=False):
        (self.process.kill if kill else self.process.terminate)()
        self.process.stdout.close()
        return self.process.wait(timeout=60)

    def ask(self, path, *headers, method="GET", fields=None):
        """Headers as pairs, since one may come twice."""
        connection = Connection(self.socket)
        connection.putrequest(method, path, skip_host=True)
        body = urllib.parse.urlencode(fields).encode() if fields is not None else b""
        sent = [("Host", "tracker.example.org"), *headers]
        if fields is not None:
            sent += [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(body)))]
        for name, value in sent:
            connection.putheader(name, value)
        try:
            connection.endheaders(body)
        except BrokenPipeError:
            pass  # it was refused by its head
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, text, answer.headers


def token(text):
    found = re.search(r'name="token" value="([0-9a-f]+)"', text)
    return found[1] if found else ""


def check_start(results, program):
    """What would let anybody in does not start."""
    for words in (("--trust-header", "X-Remote-User"), ("--listen", "127.0.0.1:0", "--trust-header", "X-Remote-User"),
                  ("--listen", "unix:/x", "--trust-header", "Cookie"), ("--listen", "unix:/x", "--trust-header", "X Y"), ("--listen", "unix:"),
                  ("--listen", "unix:/x", "--trust-groups", "X-Groups"), ("--listen", "unix:/x", "--trust-header", "X-U", "--group", "a=admin"),
                  ("--listen", "unix:/x", "--trust-header", "X-U", "--trust-groups", "X-G", "--group", "a=root")):
        server = Server(program)
        done = subprocess.run([program, "serve", "--db", server.db, *words], capture_output=True, text=True, check=False, timeout=60)
        results.check(done.returncode == 2 and done.stderr and not pathlib.Path(server.db).exists(), f"{' '.join(words)} is refused: {done.returncode} {done.stderr}")


def check_tcp(results, program):
    """A server on a port looks at no such header, whoever sends it."""
    server = Server(program, "--proxy").start()
    try:
        for name in ("X-Remote-User", "X_Remote_User", "Remote-User", "REMOTE_USER", "X-Forwarded-User", "X-Auth-Request-User"):
            status, text, _ = Client(server).ask("GET", "/account", None, {name: "admin"})
            results.check(status == 401 and "admin" not in text, f"{name} opens nothing by TCP: {status}")
    finally:
        server.kill()


def check_who(results, site):
    me, other = ("X-Remote-User", "carol"), ("X-Remote-User", "dave@example.org")
    results.check(stat.S_IMODE(site.socket.stat().st_mode) == 0o660, "the socket is for its owner and group only")
    results.check(site.ask("/account")[0] == 401 and "Log in" in site.ask("/")[1], "whom the proxy does not name is nobody")
    status, text, _ = site.ask("/account", me)
    results.check(status == 200 and "You are reader." in text and "carol" in text and 'type="password"' not in text and "Log out" not in text, f"an account is made of whom it names: {status}")
    results.check("carol" in site.ask("/", me)[1] and "carol" not in site.ask("/")[1] and "carol" in site.ask("/", me)[1] and "carol" not in site.ask("/", other)[1],
                  "and what one sees is never shown to another")
    for bad in ("", " ", "a b", "a,b", "x" * 200, "a\tb", 'a"b', "<b>"):
        status, _, _ = site.ask("/account", ("X-Remote-User", bad))
        results.check(status == 403, f"{bad[:20]!r} is no name: {status}")
    for twice in ((me, ("X-Remote-User", "admin")), (("X-Remote-User", "admin"), me), (me, ("x-remote-user", "admin")), (me, me)):
        results.check(site.ask("/account", *twice)[0] == 400, "two names are none: one of them a stranger sent")
    for name in ("X_Remote_User", "X-Remote-User-Name", "Remote-User"):
        results.check(site.ask("/account", (name, "admin"))[0] == 401 and "You are reader" in site.ask("/account", me, (name, "admin"))[1], f"{name} is not looked at")
    results.check("You are reader" in site.ask("/account", me, ("Authorization", "Bearer its-own"))[1], "nor what else the proxy shows")
    status, page, _ = site.ask("/saved", me)
    mine, theirs = token(site.ask("/account", me)[1]), token(site.ask("/account", other)[1])
    results.check(mine and theirs and mine != theirs, "each has a token of their own in forms")
    form = {"kind": "runs", "name": "All"}
    for fields, header, want in (({}, me, 403), ({"token": theirs}, me, 403), ({"token": "0" * 32}, me, 403), ({"token": mine}, me, 303)):
        results.check(site.ask("/saved", header, method="POST", fields={**form, **fields})[0] == want, f"which is looked at: {want}")
    results.check(site.ask("/saved", me, ("Origin", "https://elsewhere.example"), method="POST", fields={**form, "token": mine})[0] == 403, "as is where a form comes from")
    results.check(site.ask("/account/password", me, method="POST", fields={"token": mine, "password": "a password of carol"})[0] == 403, "there is no password")
    for password in ("", "!", "a password of carol"):
        results.check(site.ask("/login", method="POST", fields={"name": "carol", "password": password})[0] == 403, "nor one that lets in")
    site.server.tool("user", "--disable", "carol")
    results.check(site.ask("/account", me)[0] == 403 and site.ask("/", me)[0] == 403, "whoever is disabled here is so by the proxy too")
    site.server.tool("user", "--enable", "carol")
    results.check(site.ask("/account", me)[0] == 200 and page, "and is let in again")
    status, _, headers = site.ask("/login", method="POST", fields={"name": "admin", "password": site.password})
    cookie = ("Cookie", (headers["Set-Cookie"] or "").split(";")[0])
    results.check(status == 303 and "You are admin" in site.ask("/account", cookie)[1] and "You are reader" in site.ask("/account", cookie, me)[1],
                  "a session is one of whoever the proxy does not name")


def check_groups(results, site):
    def role(*groups):
        found = re.search(r"You are (\w+)\.", site.ask("/account", ("X-Remote-User", "erin"), *(("X-Remote-Groups", g) for g in groups))[1])
        return found[1] if found else None

    for groups, want in ((("staff",), "reader"), (("staff, kernel",), "submitter"), (("kernel;lab team",), "maintainer"), (("kernelx,xkernel,kern",), "reader"),
                         (("lab team",), "maintainer"), (("team",), "reader"), ((), "reader"), (("root,kernel",), "admin"), (("",), "reader")):
        results.check(role(*groups) == want, f"{groups} are {want}: {role(*groups)}")
    results.check(role("kernel", "root") is None, "groups come once")


def check_proxied(results, program):
    check_start(results, program)
    check_tcp(results, program)
    site = Proxied(program, "--trust-header", "X-Remote-User").start()
    try:
        check_who(results, site)
        site.stop(kill=True)
        site.start()
        results.check(site.ask("/")[0] == 200, "a socket that was left is taken over")
        second = subprocess.run([program, "serve", "--db", site.server.db, "--listen", f"unix:{site.socket}"], capture_output=True, text=True, check=False, timeout=60)
        results.check(second.returncode != 0 and "in use" in second.stderr and site.ask("/")[0] == 200, f"one that is listened on is not: {second.stderr}")
        began = time.monotonic()
        results.check(site.stop() == 0 and not site.socket.exists() and time.monotonic() - began < 10, "it is gone when the server is")
    finally:
        if site.process.poll() is None:
            site.stop(kill=True)
    site = Proxied(program, "--trust-header", "x-remote-user", "--trust-groups", "X-Remote-Groups", "--group", "kernel=submitter",
                   "--group", "lab team=maintainer", "--group", "root=admin").start()
    try:
        check_groups(results, site)
    finally:
        site.stop(kill=True)
