# SPDX-License-Identifier: GPL-2.0-or-later
"""What is kept: answers that were made before never show what is not for the asker, nor what is no longer so; and databases
of older versions are brought to this one."""
import pathlib
import sqlite3

from support import Client, Server, variant

SQL = pathlib.Path(__file__).resolve().parent.parent.parent / "src/store/db/sql"


def check_whose(results, server, admin):
    nobody = Client(server)
    for page in ("/", "/matrix", "/machine/amd64-4", "/ideas", "/cell/1"):
        first = nobody.get(page)
        inside = admin.get(page)[1]
        again = nobody.get(page)
        results.check("/account" in inside and "/account" not in again[1], f"{page}: each sees what is for them")
        results.check(first[1] == again[1] and first[2]["ETag"] == again[2]["ETag"], f"{page}: the same for nobody")
        status, text, headers = nobody.get(page, If_None_Match=again[2]["ETag"])
        results.check(status == 304 and not text and "default-src" in headers["Content-Security-Policy"],
                      f"{page}: what is known is not sent again: {status}")
        results.check(nobody.get(page, If_None_Match='"other"')[0] == 200, f"{page}: and another one is")
        results.check(nobody.ask("HEAD", page)[2]["Content-Length"] == str(len(again[1].encode())), f"{page}: HEAD tells its length")
        made_up = nobody.ask("GET", page, None, {"Cookie": "hotproof_session=made-up"})[1], Client(server, "made-up").get(page)[1]
        results.check(set(made_up) == {again[1]}, f"{page}: a made-up cookie or token is nobody")
    results.check("waiting" not in nobody.get("/ideas")[1] or admin.get("/ideas?state=waiting")[0] == 200 and
                  nobody.get("/ideas?state=waiting")[0] == 403, "what waits is for maintainers, also after one has looked")
    one = nobody.ask("GET", "/broken.atom", None, {"Host": "one.example"})[1]
    two = nobody.ask("GET", "/broken.atom", None, {"Host": "two.example"})[1]
    results.check("one.example" in one and "two.example" in two and "one.example" not in two, "a feed is kept for its host only")


def check_fresh(results, server, admin):
    nobody = Client(server)
    for number in range(20):
        nobody.get("/machine/amd64-4")
        admin.form("/machine/amd64-4", {"place": f"shelf {number}"}, page="/account")
        if not results.check(f"shelf {number}" in nobody.get("/machine/amd64-4")[1], f"a change is seen at once ({number})"):
            break
    nobody.get("/runs")
    name, data = variant("guest-healthy", 7777)
    path = pathlib.Path(server.folder.name) / "other.tar.gz"
    path.write_bytes(data)
    server.tool("import", path)
    results.check(name in nobody.get("/runs")[1], "and what another process wrote")


def check_private(results, server):
    """Over the same database, while the other one serves it."""
    private = Server(server.program, "--private")
    private.folder, private.db = server.folder, server.db
    private.start()
    try:
        robot, nobody = Client(private, server.token("robot", "submitter", "read")), Client(private)
        statuses = [(robot.get(page)[0], nobody.get(page)[0]) for page in ("/matrix", "/runs", "/api/v1/runs", "/broken.atom") for _ in range(2)]
        results.check(set(statuses) == {(200, 401)}, f"a private site shows nothing to nobody: {statuses}")
    finally:
        private.kill()


def check_kept(results, server, admin):
    check_whose(results, server, admin)
    check_fresh(results, server, admin)
    check_private(results, server)


def check_old_database(results, program):
    """Each schema that was, brought to this one; a copy is kept of what was."""
    for version in range(1, len(list(SQL.glob("*.sql")))):
        server = Server(program)
        old = sqlite3.connect(server.db)
        for path in sorted(SQL.glob("*.sql"))[:version]:
            old.executescript(path.read_text(encoding="utf-8"))
        old.executescript(f"PRAGMA user_version={version};PRAGMA application_id=1213219922;"
                          "INSERT INTO setting(key,value) VALUES('mine','kept')")
        old.close()
        code, out, err = server.tool("check")
        results.check(code == 0 and "sound" in out, f"a database of schema {version} is brought here: {err}")
        results.check(pathlib.Path(f"{server.db}.before-{version + 1}").exists(), "and a copy is kept of it")
        new = sqlite3.connect(server.db)
        results.check(new.execute("SELECT value FROM setting WHERE key='mine'").fetchone() == ("kept",), "with what was in it")
        new.close()
