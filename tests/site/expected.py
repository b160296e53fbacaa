# SPDX-License-Identifier: GPL-2.0-or-later
"""What is expected: rules that take cells away and wanted kernels ahead of any result, by whom, and how they are taken back."""
import json
import re

from support import Client, variant


def states(client, query):
    found = {}
    for cell in client.json("/api/v1/cells?limit=1000&" + query)["items"]:
        found[cell["state"]] = found.get(cell["state"], 0) + 1
    return found


def check_rules(results, client, admin):
    rule = {"claim": "task.*", "scenario": "", "arch": "amd64", "machine": "amd64-4", "from": "", "before": "", "reason": "no tasks <there>"}
    query = "machine=amd64-4&claim=task.leaves-dying-cpu"
    before = states(client, query)
    results.check(client.form("/rules", rule)[0] == 401, "nobody in particular makes no rule")
    for bad in ({"claim": "", "arch": "*", "machine": ""}, {"reason": ""}, {"from": "nonsense"}, {"claim": "x" * 300}):
        results.check(admin.form("/rules", {**rule, **bad}, page="/account")[0] == 400, f"a rule with {str(bad)[:40]} is refused")
    status, _, _ = admin.form("/rules", rule, page="/account")
    page = client.get("/rules")[1]
    results.check(status == 303 and "no tasks &lt;there&gt;" in page, f"a rule is made, and shown with its reason: {status}")
    after = states(client, query)
    results.check(before and set(after) == {"not-applicable"} and sum(after.values()) == sum(before.values()), f"and takes its cells away: {before} {after}")
    results.check(all(c["rule"] for c in client.json("/api/v1/cells?state=not-applicable")["items"]), "each of which says why")
    number = re.findall(r'action="/rules/(\d+)"', admin.get("/rules")[1])[-1]
    results.check("<form method" not in page and admin.form(f"/rules/{number}", {}, page="/account")[0] == 303, "only maintainers are shown how to remove it")
    results.check(states(client, query) == before, "then they are as they were")
    results.check(admin.form(f"/rules/{number}", {}, page="/account")[0] == 404, "and it is gone")


def check_rules_api(results, server, client):
    """The same by a program: made, changed, removed, by whom may."""
    def ask(who, method, path, body=None):
        status, text, _ = who.ask(method, "/api/v1/rules" + path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        return status, json.loads(text)

    maker = Client(server, server.token("maker", "maintainer", "rules"))
    rule, query = {"claim": "task.*", "machine": "amd64-4", "reason": "no tasks <there>"}, "machine=amd64-4&claim=task.leaves-dying-cpu"
    before = states(client, query)
    for who, want in ((client, 401), (Client(server, server.token("sub", "submitter", "rules")), 403), (Client(server, server.token("maker2", "maintainer", "machines,runs")), 403)):
        results.check(ask(who, "POST", "", rule)[0] == want, f"who may not makes no rule: {want}")
    for bad in ({}, [], {**rule, "claim": 1}, {**rule, "owner": "x"}, {**rule, "reason": ""}, {"claim": "*", "reason": "all of it"}, {**rule, "from": "nonsense"}, {**rule, "claim": "x" * 300}):
        results.check(ask(maker, "POST", "", bad)[0] == 400, f"{str(bad)[:60]} is no rule")
    status, made = ask(maker, "POST", "", rule)
    number = f"/{made.get('id')}"
    results.check(status == 201 and made["reason"] == rule["reason"] and made["by"] == "maker" and set(states(client, query)) == {"not-applicable"}, f"a rule is made: {status} {made}")
    results.check(ask(client, "GET", number) == (200, made) and made in ask(client, "GET", "")[1]["items"], "and listed")
    status, changed = ask(maker, "PATCH", number, {"claim": "timer.*"})
    results.check(status == 200 and changed["claim"] == "timer.*" and changed["machine"] == "amd64-4" and states(client, query) == before, f"a change takes other cells away: {status} {changed}")
    results.check(ask(maker, "PATCH", number, {"claim": "*", "machine": ""})[0] == 400 and ask(maker, "PATCH", "/99999", {"claim": "x"})[0] == 404, "but not all, nor of none")
    results.check(ask(maker, "DELETE", number)[0] == 200 and ask(client, "GET", number)[0] == 404 and ask(maker, "DELETE", number)[0] == 404 and states(client, query) == before, "it is removed, once")


def check_wanted(results, server, client, admin):
    wish = {"kernel": "6.18.1", "machine": "amd64-4", "options": ""}
    results.check(client.form("/wanted", wish)[0] == 401, "nobody in particular wants nothing")
    results.check(admin.form("/wanted", {**wish, "machine": "no such"}, page="/account")[0] == 404 and
                  admin.form("/wanted", {**wish, "kernel": "nonsense"}, page="/account")[0] == 400, "nor on no machine, nor of no version")
    results.check(admin.form("/wanted", wish, page="/account")[0] == 303 and "6.18.1" in client.get("/rules")[1], "a kernel is wanted")
    found = states(client, "kernel=6.18.1")
    results.check(set(found) == {"never-tried"} and sum(found.values()) > 800, f"its cells are expected ahead of any result: {found}")
    results.check("6.18.1" in client.get("/matrix?rows=subject&columns=kernel&series=6.18")[1], "and are in the matrix")
    robot = Client(server, server.token())
    _, data = variant("guest-healthy", 70001, machine="amd64-4", kernel="6.18.0-2-amd64", kernel_version="#1 SMP Debian 6.18.1 (2026-11-20)", cmdline="")
    status, text = robot.upload(data)
    kernel = "6.18.1 (6.18.0-2-amd64)".replace(" ", "%20")
    found = states(client, f"kernel={kernel}")
    results.check(status == 201 and found.get("pass") == 37 and "never-tried" in found and not states(client, "kernel=6.18.1"),
                  f"the first run of it, by whatever release, is what was wanted: {found} {text}")
    results.check("6.18.1" not in client.get("/rules")[1], "which is not waited for any more")
    admin.form("/wanted", {**wish, "kernel": "6.19.1"}, page="/account")
    number = re.findall(r'action="/wanted/(\d+)"', admin.get("/rules")[1])[-1]
    results.check(admin.form(f"/wanted/{number}", {}, page="/account")[0] == 303 and not states(client, "kernel=6.19.1"), "what is not wanted any more is not expected")


def check_expected(results, server, admin):
    client = Client(server)
    check_rules(results, client, admin)
    check_rules_api(results, server, client)
    check_wanted(results, server, client, admin)
