# SPDX-License-Identifier: GPL-2.0-or-later
"""Who watches events: told of what comes in, goes on where they were, and disturbs nobody, however slow or many they are."""
import json
import os
import pathlib
import socket
import threading
import time

from support import Client, Server, variant


class Watcher:
    """A client of the stream, by a raw socket: http.client would wait for an end that never comes."""

    def __init__(self, server, last=None, read=True):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", server.port))
        head = f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\n{f'Last-Event-ID: {last}' + chr(13) + chr(10) if last is not None else ''}\r\n"
        self.socket.sendall(head.encode())
        self.text = b""
        self.socket.settimeout(60)
        if read:
            self.until(b"\n\n")

    def until(self, what, seconds=20, count=1):
        """Reads until `what` came `count` times; False when it did not in that time."""
        end = time.monotonic() + seconds
        while self.text.count(what) < count and time.monotonic() < end:
            self.socket.settimeout(max(0.05, end - time.monotonic()))
            try:
                got = self.socket.recv(65536)
            except TimeoutError:
                break
            if not got:
                break
            self.text += got
        return self.text.count(what) >= count

    def numbers(self):
        return [int(line[4:]) for line in self.text.decode().splitlines() if line.startswith("id: ")]

    def close(self):
        self.socket.close()


def check_told(results, server, robot):
    one, two = Watcher(server), Watcher(server)
    name, data = variant("guest-healthy", 50001)
    results.check(one.text.startswith(b"HTTP/1.1 200") and b"text/event-stream" in one.text and b"still here" in one.text,
                  f"the stream begins at once: {one.text[:60]!r}")
    results.check(robot.upload(data)[0] == 201 and one.until(name.encode()) and two.until(name.encode()), "all who watch are told of a run")
    line = next(l for l in one.text.decode().splitlines() if l.startswith("data: ") and name in l)
    results.check(json.loads(line[6:])["detail"]["passed"] == 37, f"with what it brought: {line}")
    last = one.numbers()[-1]
    one.close()
    more = [variant("guest-healthy", n) for n in (50002, 50003)]
    for _, data in more:
        robot.upload(data)
    again = Watcher(server, last)
    results.check(all(again.until(n.encode()) for n, _ in more) and name.encode() not in again.text, "who comes back is told of what was missed, and no more")
    results.check(again.numbers() == sorted(set(again.numbers())), "each once and in order")
    old = Watcher(server, 0)
    results.check(old.until(name.encode()), "and whoever asks from the first number is told of all that is remembered")
    for w in (two, again, old):
        w.close()


def check_restart(results, program):
    """Numbers go on when the server was stopped; too many watchers are sent away, the others not."""
    server = Server(program).start()
    try:
        robot = Client(server, server.token())
        name, data = variant("guest-healthy", 1)
        first = Watcher(server)
        robot.upload(data)
        results.check(first.until(name.encode()), "a run is told")
        last = first.numbers()[-1]
        began = time.monotonic()
        results.check(server.stop() == 0 and time.monotonic() - began < 10, "a server that is watched stops when it is told to")
        server.start()
        robot = Client(server, robot.token)
        name, data = variant("guest-healthy", 2)
        robot.upload(data)
        again = Watcher(server, last)
        results.check(again.until(name.encode()) and again.numbers()[-1] > last, "and goes on counting afterwards")
        check_slow(results, server, robot)
    finally:
        server.kill()


def check_slow(results, server, robot):
    """A hundred who never read, with small windows, while runs come in and others read."""
    slow = [Watcher(server, 0, read=False) for _ in range(90)]
    good = Watcher(server)
    names = []
    for number in range(100, 140):
        name, data = variant("healthy", number)
        names.append(name)
        status, text = robot.upload(data)
        if not results.check(status == 201, f"runs are taken while many watch and do not read: {status} {text}"):
            break
    results.check(good.until(names[-1].encode()) and len(good.numbers()) >= 40, "one who reads is told of each of them")
    began = time.monotonic()
    results.check(Client(server).get("/runs")[0] == 200 and time.monotonic() - began < 5, "and pages are answered")
    for w in slow:
        w.close()
    good.close()


def check_dropped(results, program):
    """Who never reads is sent away when nothing has moved for a while; whoever reads, however seldom something comes, is not."""
    server = Server(program)
    server.tool("user", "somebody")
    detail = json.dumps({"x": "y" * 16000})
    server.sql("INSERT INTO setting(key,value) VALUES('idle_s','2')")
    server.sql(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<900)"
               f" INSERT INTO event(at,kind,ref,detail) SELECT 1,'run','made-up','{detail}' FROM n")
    server.start()
    try:
        before = sockets(server)
        good, began = Watcher(server), time.monotonic()
        bad = [Watcher(server, 0, read=False) for _ in range(3)]
        good.until(b"still here")
        full = wait_for(lambda: sockets(server) == before + 4, 1)
        results.check(wait_for(lambda: sockets(server) == before + 1), "three who never read are sent away")
        results.check(time.monotonic() - began > 1.9 or not full, "when they had time enough")
        for w in bad:
            w.socket.settimeout(10)
            size = 0
            try:
                while got := w.socket.recv(1 << 20):
                    size += len(got)
            except ConnectionResetError:
                pass
            results.check(size < 900 * 16000, f"without all that there was: {size}")
            w.close()
        name, data = variant("guest-healthy", 3)
        Client(server, server.token()).upload(data)
        results.check(good.until(name.encode()), "one who reads is told of what comes later")
        good.close()
    finally:
        server.kill()


def sockets(server):
    """How many the server has."""
    found = 0
    for path in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir():
        try:
            found += os.readlink(path).startswith("socket:")
        except FileNotFoundError:
            pass  # closed meanwhile
    return found


def wait_for(ask, seconds=30):
    """Whether it became true in that time."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not ask() and time.monotonic() < end:
        pause.wait(0.02)
    return ask()


def check_private(results, program):
    server = Server(program, "--private").start()
    try:
        got = Watcher(server, read=False)
        got.until(b"\r\n\r\n")
        results.check(b" 401 " in got.text.split(b"\r\n")[0], "on a private site nobody watches without a name")
    finally:
        server.kill()


def check_watch(results, program, server):
    check_told(results, server, Client(server, server.token()))
    check_restart(results, program)
    check_dropped(results, program)
    check_private(results, program)


def watch_many(server, count, seconds, make_noise):
    """For measuring: how many of `count` watchers were told of everything, while make_noise(stop) runs beside."""
    watchers = [Watcher(server) for _ in range(count)]
    stop = threading.Event()
    noise = threading.Thread(target=make_noise, args=(stop,))
    noise.start()
    end = time.monotonic() + seconds
    readers = [threading.Thread(target=w.until, args=(b"never", seconds)) for w in watchers]
    for t in readers:
        t.start()
    stop.wait(max(0, end - time.monotonic()))
    stop.set()
    noise.join()
    for t in readers:
        t.join()
    return watchers
