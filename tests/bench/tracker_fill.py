# SPDX-License-Identifier: GPL-2.0-or-later
"""Fills a tracker's database with made-up history, as many results as are wanted: for measuring, never for showing.

It writes the tables of the current schema itself, since a million results through the front door take minutes; the states
that it writes are those that the results say. `hotproof-tracker check` must find it sound.
A PostgreSQL gets what such a file holds, table by table, as nobody else would write there: what refers to what is not looked at.
"""
import random
import sqlite3
import subprocess
import time

STATES = {"P": 1, "F": 2, "C": 3, "K": 4, "S": 6, "U": 6, "L": 7, "E": 8}
EACH_RUN = 300
ARCHES = ("amd64", "arm64", "riscv64", "ppc64el", "s390x", "i386")


def make_targets(db, machines, kernels, now):
    for m in range(machines):
        db.execute("INSERT INTO machine(name,arch,summary,platform) VALUES(?,?,?,?)",
                   (f"bench-{m:03}", ARCHES[m % len(ARCHES)], "made up", f"platform {m % 5}"))
    for k in range(kernels):
        series = f"6.{k // 10}"
        db.execute("INSERT INTO kernel(name,release,version,series,number) VALUES(?1,?1,?1,?2,?3)",
                   (f"{series}.{k % 10 + 1}", series, ((6 * 100000 + k // 10) * 100000 + k % 10 + 1) * 1000 + 999))
    db.execute("INSERT INTO target(machine,kernel,options,added_at,stamp)"
               " SELECT m.id,k.id,'',?,1 FROM machine m CROSS JOIN kernel k WHERE m.platform<>''", (now,))
    return [row[0] for row in db.execute("SELECT id FROM target ORDER BY id")]


def letter(chance, pair, target):
    """Mostly what it was before: each pair has its own way, here and there a target differs."""
    if (pair * 7 + target) % 97 == 0:
        return "F"
    if pair % 41 == 0:
        return "K"
    if pair % 11 == 0:
        return "S"
    return "F" if chance < 0.002 else "P"


def fill_target(db, target, pairs, runs, names, cells, at):
    """`runs` runs, each of a window of the pairs; then the cells that come of them."""
    recent = {}
    n_windows = max(1, len(pairs) // EACH_RUN)
    results = []
    for turn, (run, began) in enumerate(zip(names, at)):
        window = pairs[turn % n_windows * EACH_RUN:][:EACH_RUN]
        found = [(p, letter(random.random(), p, target)) for p in window]
        passed = sum(l == "P" for _, l in found)
        failed = sum(l == "F" for _, l in found)
        known = sum(l == "K" for _, l in found)
        db.execute("INSERT INTO run VALUES(?,?,?,?,?,'bench',0,'hotproof','bench',zeroblob(32),1,'',?,?,?,?,0,0,0)",
                   (run, f"bench-{run}", target, began, began, passed, failed, known, len(found) - passed - failed - known))
        for pair, verdict in found:
            results.append((cells[pair], run, verdict))
            recent[pair] = (verdict + recent.get(pair, ("",))[0][:15], run, began)
    db.executemany("INSERT INTO cell(id,target,pair,scenario,claim,machine,kernel,is_expected,base,state,recent,why,last_run,last_at,since_run)"
                   " SELECT ?1,t.id,p.id,p.scenario,p.claim,t.machine,t.kernel,1,?4,?4,?5,?6,?7,?8,?7"
                   " FROM target t JOIN pair p WHERE t.id=?2 AND p.id=?3",
                   ((cells[p], target, p, STATES.get(recent.get(p, " ")[0][0], 0), recent[p][0] if p in recent else "",
                     "" if p not in recent or recent[p][0][0] == "P" else "made up for measuring",
                     recent[p][1] if p in recent else 0, recent[p][2] if p in recent else 0) for p in pairs))
    results.sort()
    db.executemany("INSERT INTO result(cell,run,verdict,expected,exercised) VALUES(?,?,?,6,6)", results)


def fill(path, results, machines, kernels):
    """The database must be there, with the catalogue in it."""
    random.seed(1)
    now = int(time.time())
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous=OFF")
    db.execute("BEGIN IMMEDIATE")
    pairs = [row[0] for row in db.execute("SELECT id FROM pair WHERE is_current=1 ORDER BY id")]
    targets = make_targets(db, machines, kernels, now)
    each = -(-results // EACH_RUN // len(targets))
    cell = db.execute("SELECT coalesce(max(id),0) FROM cell").fetchone()[0] + 1
    run = 1
    for number, target in enumerate(targets):
        names = range(run, run + each)
        at = [now - 30 * 86400 + (turn * len(targets) + number) * 30 * 86400 // (each * len(targets)) for turn in range(each)]
        fill_target(db, target, pairs, each, names, dict(zip(pairs, range(cell, cell + len(pairs)))), at)
        db.execute("UPDATE target SET last_run=?,last_at=? WHERE id=?", (names[-1], at[-1], target))
        run += each
        cell += len(pairs)
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    count = db.execute("SELECT count(*) FROM result").fetchone()[0], db.execute("SELECT count(*) FROM cell").fetchone()[0]
    db.close()
    return count


def text(value, is_blob):
    """As COPY reads it."""
    if value is None:
        return "\\N"
    if is_blob:
        return "\\\\x" + bytes(value).hex()
    return str(value).translate({92: "\\\\", 9: "\\t", 10: "\\n", 13: "\\r"})


def copy_table(db, table, psql):
    columns = db.execute("SELECT name,type='BLOB' FROM pragma_table_info(?)", (table,)).fetchall()
    names, blobs = ",".join(f'"{c}"' for c, _ in columns), [bool(b) for _, b in columns]
    sink = subprocess.Popen([*psql, "-c", "SET session_replication_role=replica", "-c", f'\\copy "{table}"({names}) FROM pstdin'],
                            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, encoding="utf-8")
    rows = db.execute(f'SELECT {names} FROM "{table}"')
    while some := rows.fetchmany(5000):
        if any(blobs):
            sink.stdin.writelines("\t".join(map(text, row, blobs)) + "\n" for row in some)
        else:
            sink.stdin.writelines("\t".join([v if v.__class__ is str and v.isalnum() else text(v, False) for v in row]) + "\n" for row in some)
    sink.stdin.close()
    if sink.wait() != 0:
        raise RuntimeError(f"{table} was not copied")


def to_postgres(path, url, programs):
    """What the file holds instead of what the server's schema held, counted as the server would by itself after a while."""
    db = sqlite3.connect(path)
    tables = [row[0] for row in db.execute("SELECT name FROM pragma_table_list WHERE schema='main' AND type IN ('table','virtual')"
                                           " AND name NOT LIKE 'sqlite%'")]
    psql = [programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", url]
    subprocess.run([*psql, "-c", "TRUNCATE " + ",".join(f'"{t}"' for t in tables)], check=True)
    for table in tables:
        copy_table(db, table, psql)
    ids = subprocess.run([*psql, "-At", "-F", " ", "-c", "SELECT table_name,column_name FROM information_schema.columns"
                          " WHERE table_schema=current_schema AND is_identity='YES'"], check=True, capture_output=True, text=True).stdout.split("\n")
    nexts = [f"SELECT setval(pg_get_serial_sequence('\"{t}\"','{c}'),(SELECT coalesce(max({c}),0)+1 FROM \"{t}\"),false);" for t, c in (i.split() for i in ids if i)]
    subprocess.run([*psql, "-c", "".join(nexts), "-c", "VACUUM ANALYZE"], check=True, stdout=subprocess.DEVNULL)
    db.close()
