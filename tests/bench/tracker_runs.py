# SPDX-License-Identifier: GPL-2.0-or-later
"""Made-up runs of 300 results for measuring, and a sender that keeps its connection."""
import functools
import http.client
import json
import pathlib
import subprocess

from support import pack

EACH = 300


@functools.cache
def catalogue(program):
    text = subprocess.run([pathlib.Path(program).parent / "hotproof", "list", "--json"], capture_output=True, check=True).stdout
    doc = json.loads(text)
    claims = [c["id"] for c in doc["claims"]]
    scenarios = [s["id"] for s in doc["scenarios"]]
    return text, claims, scenarios


def lines(claims, scenarios):
    """A journal with two acts a scenario, after each of which every claim is held up."""
    out, left, act = [{"type": "begin", "of": "run", "plan": scenarios}], EACH, 0
    for scenario in scenarios:
        mine = claims[:min(left, len(claims))]
        left -= len(mine)
        if not mine:
            break
        out.append({"type": "begin", "of": "scenario", "scenario": scenario, "claims": mine, "witnesses": []})
        for verb in ("offline", "online"):
            act += 1
            out.append({"type": "act", "act": act, "verb": verb, "cpu": 1, "path": "x", "value": "0", "allow": ["OK"], "scenario": scenario})
            out.append({"type": "done", "act": act, "result": "OK", "began": act * 10**7, "ended": act * 10**7 + 5 * 10**6 + act * 1000,
                        "attempts": 1, "noop": False, "state": 0, "target": -1, "online": "0-3", "scenario": scenario})
            out += [{"type": "expect", "witness": "w", "claim": c, "act": act, "result": "met", "text": "it held", "data": {"n": act},
                     "scenario": scenario} for c in mine]
        out.append({"type": "end", "of": "scenario", "scenario": scenario})
    out.append({"type": "restore", "by": "end", "ok": True, "items": []})
    out.append({"type": "end", "of": "run", "stopped": None})
    return [{"seq": n + 1, "t": (n + 1) * 1000, **line} for n, line in enumerate(out)]


def made_run(program, number):
    text, claims, scenarios = catalogue(program)
    need = -(-EACH // len(claims))
    name = f"run-20261122T{number // 3600 % 24:02}{number // 60 % 60:02}{number % 60:02}Z-b{number}"
    meta = {"format": 1, "run": name, "kernel": f"6.12.{number % 8 + 80}", "arch": "x86_64", "machine": f"bench-{number % 4}", "version": "bench"}
    journal = "".join(json.dumps(line) + "\n" for line in lines(claims, scenarios[:need]))
    return pack({"meta.json": json.dumps(meta).encode(), "catalog.json": text, "journal.jsonl": journal.encode()})


class Sender:
    def __init__(self, server, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self.headers = {"Authorization": "Bearer " + token, "Content-Type": "application/octet-stream"}

    def send(self, data):
        self.connection.request("POST", "/api/v1/runs", data, self.headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status
