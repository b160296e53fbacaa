# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs that boxes send themselves, signed with their key: `push` and `key`, and what is refused."""
import base64
import io
import json
import pathlib
import shutil
import stat
import subprocess
import tarfile
import time

from support import Client, Server, variant


def unpack(server, number, **meta):
    """A variant as a folder; its name and where it is."""
    name, data = variant("guest-healthy", number, **meta)
    folder = pathlib.Path(server.folder.name) / name
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        tar.extractall(folder, filter="data")
    return name, folder / "run"


class Pusher:
    def __init__(self, server):
        self.server = server
        self.folder = pathlib.Path(server.folder.name)
        (self.folder / "token").write_text(server.token() + "\n")

    def key(self, name):
        done = subprocess.run([self.server.program, "key", self.folder / name], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.strip()

    def push(self, run, *options, port=None):
        done = subprocess.run([self.server.program, "push", "--token-file", self.folder / "token", *options,
                               f"http://127.0.0.1:{port or self.server.port}/", run], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def check_push(results, pusher, client):
    name, run = unpack(pusher.server, 60001, machine="pushed")
    code, text = pusher.push(run)
    results.check(code == 0 and "taken as " + name in text and client.json(f"/api/v1/runs/{name}")["pass"] == 37, f"a run is pushed: {text}")
    results.check(pusher.push(run) == (0, f"{run}: is there already\n"), "and once only")
    code, text = pusher.push(pusher.folder)
    results.check(code == 1 and "no journal.jsonl" in text, f"what is no run is not sent: {text}")
    began = time.monotonic()
    code, text = pusher.push(run, "--deadline", "3", port=9)
    results.check(code == 1 and "cannot be reached" in text and time.monotonic() - began < 40, f"a tracker that is not there is given up: {text}")
    (pusher.folder / "bad").write_text("nonsense\n")
    code, text = pusher.push(run, "--token-file", str(pusher.folder / "bad"))
    results.check(code == 1 and "401" in text, f"a wrong token is said: {text}")


def check_keys(results, pusher, client, admin):
    code, public = pusher.key("one")
    results.check(code == 0 and len(base64.b64decode(public)) == 32, f"a key is made: {public}")
    results.check(stat.S_IMODE((pusher.folder / "one").stat().st_mode) == 0o600 and pusher.key("one")[0] != 0, "nobody else reads it, and none is written over")
    pusher.key("two")
    signed = ("--key", str(pusher.folder / "one"))
    name, run = unpack(pusher.server, 60002, machine="pushed")
    code, text = pusher.push(run, *signed)
    page = client.get(f"/run/{name}")[1]
    results.check(code == 0 and not client.json(f"/api/v1/runs/{name}")["signed"] and "not registered" in page and public.replace("+", "+") in page,
                  f"a key that nobody registered is shown as that: {text}")
    results.check(admin.form("/machine/pushed", {"key": "nonsense"}, page="/account")[0] == 400, "what is no key is not registered")
    results.check(admin.form("/machine/pushed", {"key": public}, page="/account")[0] == 303 and public in client.get("/machine/pushed")[1], "a key is registered")
    name, run = unpack(pusher.server, 60003, machine="pushed")
    code, text = pusher.push(run)
    results.check(code == 1 and "403" in text and "has a key" in text, f"from then on nothing is taken without it: {text}")
    code, text = pusher.push(run, "--key", str(pusher.folder / "two"))
    results.check(code == 1 and "403" in text, f"nor with another: {text}")
    code, text = pusher.push(run, *signed)
    results.check(code == 0 and client.json(f"/api/v1/runs/{name}")["signed"] and "by the machine&#39;s key" in client.get(f"/run/{name}")[1].replace("machine's", "machine&#39;s"),
                  f"with it, it is: {text}")
    admin.form("/machine/pushed", {"key": ""}, page="/account")
    _, run = unpack(pusher.server, 60004, machine="pushed")
    results.check(pusher.push(run)[0] == 0, "a key can be taken away")


def check_forged(results, pusher):
    """A signature of one run does not fit another, nor a byte that changed."""
    robot = Client(pusher.server, pusher.server.token())
    name, data = variant("guest-healthy", 60010, machine="pushed")
    good = base64.b64encode(bytes(64)).decode()
    key = pusher.key("three")[1]
    for header, want in ((f"ed25519 {key} {good}", 403), ("ed25519", 400), (f"ed25519 {key} abc", 400), (f"rsa {key} {good}", 400), ("x" * 3000, 400)):
        status, text, _ = robot.ask("POST", "/api/v1/runs", data, {"Content-Type": "application/octet-stream", "Hotproof-Signature": header})
        results.check(status == want and "error" in json.loads(text), f"the signature {header[:30]!r} answers {want}: {status} {text}")
    results.check(robot.get(f"/run/{name}")[0] == 404, "and nothing of it is taken")


def check_only_signed(results, program):
    server = Server(program, "--signed").start()
    try:
        pusher = Pusher(server)
        _, run = unpack(server, 1, machine="new")
        code, text = pusher.push(run)
        results.check(code == 1 and "only signed runs" in text, f"where all must be signed, nothing else is taken: {text}")
        robot = Client(server, server.token())
        results.check(robot.ask("POST", "/api/v1/foreign?format=ktap&suite=s&machine=m&arch=x86_64&kernel=6.1", "1..1\nok 1 a\n")[0] == 403,
                      "nor results of other suites")
    finally:
        server.kill()


def check_signed(results, program, server, admin):
    if not shutil.which("curl"):
        results.skip("push: there is no curl")
        return
    pusher, client = Pusher(server), Client(server)
    check_push(results, pusher, client)
    check_keys(results, pusher, client, admin)
    check_forged(results, pusher)
    check_only_signed(results, program)
