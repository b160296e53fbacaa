# SPDX-License-Identifier: GPL-2.0-or-later
"""What is expected: rules that take cells away and wanted kernels ahead of any result, by whom, and how they are taken back."""
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
    check_wanted(results, server, client, admin)
