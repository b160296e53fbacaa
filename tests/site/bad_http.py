# SPDX-License-Identifier: GPL-2.0-or-later
"""HTTP that no honest client speaks, through raw sockets: what a proxy and this server could understand differently."""
import re
import socket
import time

from support import Client, variant

BODY = "name=a&password=b"
SMUGGLED = "GET /help HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
BAD = {
    "two lengths": f"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: {len(BODY)}\r\nContent-Length: 3\r\n\r\n{BODY}",
    "two equal lengths": f"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n{BODY}",
    "length and chunks": "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two encodings": "POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a negative length": "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "a length with a sign": "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
    "a length that is a list": "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
    "no host": "GET /help HTTP/1.1\r\n\r\n",
    "two hosts": "GET /help HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a space before the colon": "GET /help HTTP/1.1\r\nHost : a\r\n\r\n",
    "%00 in the path": "GET /help%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "%00 in the query": "GET /search?q=%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a very long address": "GET /" + "a" * 20000 + " HTTP/1.1\r\nHost: a\r\n\r\n",
    "very long headers": "GET /help HTTP/1.1\r\nHost: a\r\n" + "X-A: b\r\n" * 10000 + "\r\n",
    "no HTTP": "hello\r\n\r\n",
}


def say(server, text, timeout=30):
    """Sends bytes as they are; what came back until the other side closed or nothing came any more."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as s:
        got = b""
        try:
            s.sendall(text.encode() if isinstance(text, str) else text)
            s.shutdown(socket.SHUT_WR)
            while chunk := s.recv(65536):
                got += chunk
        except OSError:  # it was closed while we sent
            pass
        return got.decode("utf-8", "replace")


def check_shapes(results, server):
    for what, text in BAD.items():
        got = say(server, text + SMUGGLED)
        first = got.split("\r\n")[0]
        results.check(not got or first.split(" ")[1:2] and first.split(" ")[1][0] == "4", f"{what} answers 4xx: {first!r}")
        results.check("HTTP/1.1 200" not in got, f"{what}: nothing after it is taken for a request")
    two = say(server, "GET /help HTTP/1.1\r\nHost: a\r\n\r\nGET /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    results.check(len(re.findall(r"HTTP/1\.1 200", two)) == 2, "two honest requests in a row are both answered")


def check_sizes(results, server):
    token = server.token()
    head = f"POST /api/v1/runs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
    got = say(server, head + f"Content-Length: {1 << 30}\r\n\r\n" + "x" * 1000)
    results.check(" 413 " in got.split("\r\n")[0], f"a GiB is refused before it is sent: {got[:40]!r}")
    chunk = b"%x\r\n" % (1 << 20) + b"x" * (1 << 20) + b"\r\n"
    got = say(server, (head + "Transfer-Encoding: chunked\r\n\r\n").encode() + chunk * 66 + b"0\r\n\r\n")
    results.check(" 413 " in got.split("\r\n")[0], f"and in pieces when it has become too long: {got[:40]!r}")
    got = say(server, "POST /runs HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde")
    results.check(" 405 " in got.split("\r\n")[0], "a body where none is taken")


def check_slow(results, server):
    """Others are served while some send their request byte by byte, or never finish it."""
    robot = Client(server, server.token())
    _, data = variant("guest-healthy", 500)
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(60)]
    for s in slow:
        s.sendall(b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nname=")
    began = time.monotonic()
    results.check(robot.get("/matrix")[0] == 200 and robot.upload(data)[0] in (200, 201) and time.monotonic() - began < 20,
                  "slow clients disturb nobody")
    for s in slow:
        s.close()


def check_bad_http(results, server):
    check_shapes(results, server)
    check_sizes(results, server)
    check_slow(results, server)
    results.check(Client(server).get("/")[0] == 200, "the server is well afterwards")
