# SPDX-License-Identifier: GPL-2.0-or-later
"""What somebody asks who has never seen the site, over the history of `hotproof tracker demo --made-up`: "what broke since 6.12.90 on arm64?"

It goes only where a page's own forms and links lead, and counts the clicks.
"""
import re
import urllib.parse

from support import Client, Server


def rows_of(page, title):
    """The rows of the first table behind that headline."""
    behind = page.partition(f"{title}")[2].partition("</table>")[0].partition("<tbody>")[2]
    return re.findall(r"<tr>.*?</tr>", behind, re.DOTALL)


def check_clicks(results, client):
    home = client.get("/")[1]
    form = re.search(r'<form class="filter" action="(/changes)">(.*?)</form>', home, re.DOTALL)
    if not results.check(form and 'name="since"' in form[2] and '<option value="6.12.90">' in form[2], "the first page asks since which kernel, and knows them"):
        return
    results.check(re.search(r'<select name="arch">.*<option value="arm64">', form[2]), "first click: arm64")
    fields = {name: "" for name in re.findall(r'name="(\w+)"', form[2])}
    answer = client.get(form[1] + "?" + urllib.parse.urlencode({**fields, "since": "6.12.90", "arch": "arm64"}))[1]
    broke = rows_of(answer, "Regressed")
    claims = sorted(re.search(r"/claim/([\w.-]+)", row)[1] for row in broke)
    results.check(claims == ["irq.none-on-dead-cpu", "irq.rerouted"], f"second click: what broke, and nothing else: {claims}")
    results.check(all("demo-arm64-8" in row and "6.12.90" in row and "6.12.92" in row for row in broke), "on which machine, the last kernel before and the first one since")
    one = next((row for row in broke if "irq.rerouted" in row), "")
    cell = re.findall(r'href="(/cell/\d+)"', one)
    if not results.check(len(cell) == 2, "both lead on"):
        return
    page = client.get(cell[1])[1]
    results.check("stayed on cpu2, which is offline" in page and "A promise is broken" in page, "third click: why")
    history, here = rows_of(page, "<h2>History"), rows_of(page, "<h2>The same on this machine")
    results.check(len(history) == 3, f"with each run that says so: {len(history)}")
    results.check(all("demo-arm64-8" in row for row in here) and any("pass" in row and "6.12.90" in row for row in here) and
                  any("fail" in row and "6.12.92" in row for row in here), "and how it went there with the kernels around it")
    results.check("demo-arm64-8" not in "".join(rows_of(page, "<h2>The same elsewhere")), "others stand below")
    report = re.search(r'href="(/run/[^"]+/report)"', history[0])
    status, text, _ = client.get(report[1])
    results.check(status == 200 and "<svg" in text and "irq.rerouted" in text, "one more: the pictures of the evidence")


def check_others(results, client):
    """The same question elsewhere has another answer; what was broken before is none."""
    for arch, want in (("riscv64", []), ("amd64", ["timer.none-lost"] * 2)):
        rows = rows_of(client.get(f"/changes?since=6.12.90&arch={arch}")[1], "Regressed")
        results.check(sorted(re.search(r"/claim/([\w.-]+)", row)[1] for row in rows) == want, f"on {arch}: {rows}")
    results.check("state=never-tried" in client.get("/rules")[1] and client.get("/cells?state=never-tried")[1].count("<tr>") > 50, "what nobody has tried is two clicks away")


def check_asked(results, program):
    server = Server(program)
    results.check(server.tool("demo", "--made-up")[0] == 0, "a demonstration is made")
    server.start()
    try:
        check_clicks(results, Client(server))
        check_others(results, Client(server))
    finally:
        server.kill()
