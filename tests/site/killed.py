# SPDX-License-Identifier: GPL-2.0-or-later
"""kill -9 while runs come in: what was answered with success is there once, and the rest not at all or whole."""
import http.client
import os
import threading

from support import Client, Server, variant

ROUNDS = int(os.environ.get("HOTPROOF_KILLS", "6"))
SENDERS = 3


def send(server, token, numbers, answered, began):
    for number in numbers:
        name, data = variant("healthy", number)
        try:
            status, _ = Client(server, token).upload(data)
        except (OSError, http.client.HTTPException):
            return
        if status == 201:
            answered.add(name)
        if len(answered) >= 2:
            began.set()


def check_killed(results, program):
    server = Server(program)
    answered, token = set(), None
    for turn in range(ROUNDS):
        server.start()
        token = token or server.token()
        began = threading.Event()
        fresh = set()
        threads = [threading.Thread(target=send, args=(server, token, range(turn * 3000 + k * 1000, turn * 3000 + k * 1000 + 1000), fresh, began))
                   for k in range(SENDERS)]
        for t in threads:
            t.start()
        began.wait(60)
        server.kill()
        for t in threads:
            t.join()
        answered |= fresh
    server.start()
    runs, after = [], ""
    while after is not None:
        page = Client(server).json("/api/v1/runs?limit=1000" + (f"&after={after}" if after else ""))
        runs += page["items"]
        after = page["next"]
    names = [r["run"] for r in runs]
    results.check(len(answered) >= ROUNDS, f"{len(answered)} runs were answered in {ROUNDS} rounds")
    results.check(answered <= set(names), f"each is there: {sorted(answered - set(names))[:3]} are not")
    results.check(len(names) == len(set(names)), "and once")
    results.check(all(r["pass"] == 4 for r in runs), "and whole")
    results.check(server.tool("check")[0] == 0, "the database is sound after kill -9")
    results.check(server.stop() == 0, "and the server too")
