# SPDX-License-Identifier: GPL-2.0-or-later
"""Many things changed with one request: all of them, or none."""
import json
import urllib.parse

from support import Client


def check_machines(results, server, client):
    maker = Client(server, server.token("bulk", "maintainer", "machines,ideas"))

    def ask(who, body, path="/api/v1/machines"):
        status, text, _ = who.ask("PATCH", path, json.dumps(body), {"Content-Type": "application/json"})
        return status, json.loads(text)

    def seen(key):
        return {m["machine"]: m[key] for m in client.json("/api/v1/machines")["items"]}

    before, owners = seen("health"), seen("owner")
    names = sorted(before)[:3]
    change = {"health": "maintenance", "health_why": "new <firmware>", "owner": "bulk"}
    for who, want in ((client, 401), (Client(server, server.token("bulk2", "submitter", "machines")), 403), (Client(server, server.token("bulk3", "maintainer", "ideas")), 403)):
        results.check(ask(who, {"machines": names, "change": change})[0] == want, f"who may not changes no machines: {want}")
    for bad, want in (({}, 400), ([], 400), ({"machines": names}, 400), ({"machines": [], "change": change}, 400), ({"machines": [1], "change": change}, 400),
                      ({"machines": names, "where": {"arch": "amd64"}, "change": change}, 400), ({"where": {}, "change": change}, 400),
                      ({"where": {"archs": "amd64"}, "change": change}, 400), ({"where": {"arch": "none"}, "change": change}, 404),
                      ({"machines": names, "change": {}}, 400), ({"machines": names, "change": {"helth": "good"}}, 400), ({"machines": names, "change": {"owner": 3}}, 400),
                      ({"machines": names, "change": {"health": "fine"}}, 400), ({"machines": names, "change": {"every_days": -2}}, 400),
                      ({"machines": ["x"] * 1001, "change": change}, 400), ({"machines": [*names, "nosuch"], "change": change}, 404)):
        status, answer = ask(maker, bad)
        results.check(status == want and answer["error"], f"{str(bad)[:70]} answers {want}: {status}")
    results.check(seen("health") == before and seen("owner") == owners, "and none of that changed one, the good names among the bad neither")
    results.check(ask(maker, {"machines": names, "change": change}) == (200, {"changed": 3, "machines": names}), "three machines are changed")
    results.check(seen("health") == {**before, **{n: "maintenance" for n in names}} and seen("owner") == {**owners, **{n: "bulk" for n in names}}, "these, and no other")
    arches = seen("arch")
    status, answer = ask(maker, {"where": {"arch": arches[names[0]]}, "change": {"every_days": 7}})
    want = sorted(m for m, arch in arches.items() if arch == arches[names[0]])
    results.check(status == 200 and answer["machines"] == want and {m for m, days in seen("every_days").items() if days == 7} == set(want), f"those of an architecture: {answer}")
    ask(maker, {"where": {"arch": arches[names[0]]}, "change": {"every_days": 0}})
    for name in names:
        results.check(ask(maker, {"health": before[name], "owner": owners[name]}, "/api/v1/machines/" + urllib.parse.quote(name, safe=""))[0] == 200, f"{name} is as it was, by a request of its own")
    results.check(ask(maker, {"helth": "good"}, "/api/v1/machines/" + urllib.parse.quote(names[0], safe=""))[0] == 400, "which refuses what is misspelt too")


def check_ideas(results, server, client):
    maker = Client(server, server.token("bulk", "maintainer", "machines,ideas"))
    ids = []
    for n in range(3):
        _, text, _ = maker.ask("POST", "/api/v1/ideas", json.dumps({"title": f"Bulk {n}", "body": "x", "kind": "feature"}), {"Content-Type": "application/json"})
        ids.append(json.loads(text)["id"])

    def ask(body):
        return maker.ask("PATCH", "/api/v1/ideas", json.dumps(body), {"Content-Type": "application/json"})[0]

    def states():
        return [client.json(f"/api/v1/ideas/{i}")["idea"]["state"] for i in ids]

    before = states()
    for bad, want in (({"ideas": [], "state": "in-work"}, 400), ({"ideas": ids, "state": "fine"}, 400), ({"ideas": ids, "state": "covered", "covered_by": "no.such"}, 400),
                      ({"ideas": [*ids, 99999], "state": "in-work"}, 404), ({"ideas": [*ids, "x"], "state": "in-work"}, 404)):
        results.check(ask(bad) == want and states() == before, f"{bad} answers {want}, and changes none")
    results.check(ask({"ideas": ids, "state": "in-work"}) == 200 and states() == ["in-work"] * 3, "three ideas go on with one request")


def check_bulk(results, server):
    client = Client(server)
    check_machines(results, server, client)
    check_ideas(results, server, client)
