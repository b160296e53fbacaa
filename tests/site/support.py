# SPDX-License-Identifier: GPL-2.0-or-later
"""What the site's tests share: a server of their own on a free port, and a client for it. It checks nothing itself."""
import http.client
import io
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import tarfile
import tempfile
import urllib.parse

RUNS = pathlib.Path(__file__).resolve().parent.parent / "runs"


class Results:
    """Counts; a check is a sentence and whether it is true."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, is_true, words):
        if is_true:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED", words, flush=True)
        return is_true

    def skip(self, words):
        self.skipped += 1
        print("SKIPPED", words, flush=True)

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0 if self.passed else 77


def is_server():
    """Whether the databases are a PostgreSQL's: tests/postgres/with-server."""
    return "HOTPROOF_TEST_DB" in os.environ


def new_db(folder):
    """A database that nobody has used yet: a file, or a schema of its own."""
    if not is_server():
        return pathlib.Path(folder) / "t.db"
    return f"{os.environ['HOTPROOF_TEST_DB']}&options=-csearch_path%3D{pathlib.Path(folder).name.replace('-', '_').lower()}"


def run_sql(url, text):
    """What psql says, with numbers and truths as SQLite has them."""
    out = subprocess.run([os.environ.get("HOTPROOF_TEST_PSQL", "psql"), "-qAtX", "-F", "\t", "-v", "ON_ERROR_STOP=1", url, "-c", text],
                         check=True, capture_output=True, text=True).stdout
    values = {"t": 1, "f": 0}
    return [tuple(int(v) if re.fullmatch(r"-?\d+", v) else values.get(v, v) for v in line.split("\t")) for line in out.splitlines()]


class Server:
    """The program under test, started on port 0 over a database in a folder of its own."""

    def __init__(self, program, *options):
        self.program = program
        self.folder = tempfile.TemporaryDirectory(prefix="hotproof-site-")
        self.db = new_db(self.folder.name)
        self.options = options
        self.process = None
        self.port = 0
        self.password = None

    def start(self):
        self.process = subprocess.Popen([self.program, "serve", "--db", self.db, "--listen", "127.0.0.1:0", *self.options],
                                        stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            found = re.search(r'password "([^"]+)"', line)
            if found:
                self.password = found[1]
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            if found:
                self.port = int(found[1])
                return self
        raise RuntimeError(f"the server ended with {self.process.wait()} instead of serving")

    def stop(self):
        self.process.terminate()
        self.process.stdout.close()
        return self.process.wait(timeout=60)

    def kill(self):
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()

    def tool(self, *words):
        """Another of the program's commands, over the same database."""
        done = subprocess.run([self.program, words[0], "--db", self.db, *words[1:]], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def sql(self, text):
        """The rows that it gives, of whichever database: what no page and no time of a test can bring about."""
        if is_server():
            return run_sql(self.db, text)
        db = sqlite3.connect(self.db, timeout=20)
        with db:
            rows = db.execute(text).fetchall()
        db.close()
        return rows

    def token(self, user="robot", role="submitter", scopes="runs,read,ideas"):
        self.tool("user", "--role", role, user)
        return self.tool("token", "--scopes", scopes, user)[1].strip()


class Client:
    """One who asks: with a cookie, or a token, or nothing."""

    def __init__(self, server, token=None):
        self.server = server
        self.token = token
        self.cookie = None

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        if self.cookie:
            headers["Cookie"] = self.cookie
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        cookie = answer.headers.get("Set-Cookie")
        if cookie:
            self.cookie = cookie.split(";")[0]
        return answer.status, data.decode("utf-8", "replace"), answer.headers

    def get(self, path, **headers):
        return self.ask("GET", path, None, {k.replace("_", "-"): v for k, v in headers.items()})

    def form(self, path, fields, page=None, **headers):
        """Sends a form, with the token that the page with the form holds."""
        if page:
            found = re.search(r'name="token" value="([0-9a-f]+)"', self.get(page)[1])
            if found:
                fields = {**fields, "token": found[1]}
        sent = {"Content-Type": "application/x-www-form-urlencoded", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.ask("POST", path, urllib.parse.urlencode(fields), sent)

    def json(self, path):
        status, text, _ = self.get(path)
        return json.loads(text) if status == 200 else None

    def upload(self, data):
        status, text, _ = self.ask("POST", "/api/v1/runs", data, {"Content-Type": "application/octet-stream"})
        return status, text


def without_own(text):
    """A page without the one script that is the site's own."""
    return re.sub(r'<script src="/live\.js\?[^"<>]+" defer></script>', "", text, count=1)


def pack(files, top="run"):
    """A tar.gz of {name: bytes}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(f"{top}/{name}" if top else name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def read_run(name):
    """The files of a recorded run, without what is derived from it."""
    return {p.name: p.read_bytes() for p in (RUNS / name).iterdir()
            if p.is_file() and p.name != "results.json" and not p.name.startswith("report.")}


def variant(name, number, **meta):
    """A recorded run as another one: its own id and time, and what else of meta.json is given."""
    files = read_run(name)
    doc = json.loads(files["meta.json"])
    doc.update({"run": f"run-20261123T{number // 3600 % 24:02}{number // 60 % 60:02}{number % 60:02}Z-{number}", **meta})
    doc.pop("time", None)
    files["meta.json"] = json.dumps(doc).encode()
    return doc["run"], pack(files)
