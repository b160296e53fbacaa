-- Counters for what is kept in memory or shown live, keys that sign, rules that people write.
-- stamp: rises with every change of the target's cells. due_at: when time alone will change one of them next (s).
ALTER TABLE target ADD COLUMN stamp INTEGER NOT NULL DEFAULT 0;
ALTER TABLE target ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX target_by_stamp ON target(stamp);
CREATE INDEX target_by_due ON target(due_at);

-- What happened, for whoever watches; old ones are removed. Numbers are never used twice.
CREATE TABLE event(
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, ref TEXT NOT NULL,
  detail TEXT NOT NULL) STRICT;

-- By which key a run was signed; kept, so that anybody can look again.
CREATE TABLE signature(
  run INTEGER PRIMARY KEY REFERENCES run, key BLOB NOT NULL, signature BLOB NOT NULL) STRICT;

-- How long offlining and onlining took in a run, in µs; of acts that were done.
CREATE TABLE latency(
  run INTEGER NOT NULL REFERENCES run, verb TEXT NOT NULL, n INTEGER NOT NULL, p50 INTEGER NOT NULL,
  p95 INTEGER NOT NULL, max INTEGER NOT NULL, PRIMARY KEY(run, verb)) STRICT, WITHOUT ROWID;

ALTER TABLE rule ADD COLUMN added_by TEXT NOT NULL DEFAULT '';
ALTER TABLE rule ADD COLUMN added_at INTEGER NOT NULL DEFAULT 0;

-- The matrix is counted from memory now (cells/cube.h); lists ask for a claim, or for targets.
DROP INDEX cell_matrix;
CREATE INDEX cell_by_claim ON cell(claim, scenario, target);
