-- The first schema. Never edited after a release: later changes are files of their own.
-- It is SQLite's SQL. PostgreSQL gets it with other types (postgres_text.c), without lines that end with two dashes and
-- sqlite, and with those that begin with two dashes and postgres.
CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- The catalogue, as `hotproof list --json` has it. is_current: it still says so.
CREATE TABLE scenario(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, summary TEXT NOT NULL DEFAULT '',
  explain TEXT NOT NULL DEFAULT '', needs TEXT NOT NULL DEFAULT '', is_deep INTEGER NOT NULL DEFAULT 0,
  is_current INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE claim(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, summary TEXT NOT NULL DEFAULT '',
  explain TEXT NOT NULL DEFAULT '', made_by TEXT NOT NULL DEFAULT '', refs TEXT NOT NULL DEFAULT '',
  faults TEXT NOT NULL DEFAULT '', is_current INTEGER NOT NULL DEFAULT 0) STRICT;
-- A claim that is watched in a scenario.
CREATE TABLE pair(
  id INTEGER PRIMARY KEY, scenario INTEGER NOT NULL REFERENCES scenario, claim INTEGER NOT NULL REFERENCES claim,
  is_current INTEGER NOT NULL DEFAULT 0, UNIQUE(scenario, claim)) STRICT;

CREATE TABLE kernel(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, release TEXT NOT NULL, version TEXT NOT NULL,
  series TEXT NOT NULL, number INTEGER NOT NULL) STRICT;
CREATE TABLE machine(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, arch TEXT NOT NULL DEFAULT '', summary TEXT NOT NULL DEFAULT '',
  platform TEXT NOT NULL DEFAULT '', capabilities TEXT NOT NULL DEFAULT '', owner TEXT NOT NULL DEFAULT '',
  place TEXT NOT NULL DEFAULT '', lent_to TEXT NOT NULL DEFAULT '', lent_until TEXT NOT NULL DEFAULT '',
  health TEXT NOT NULL DEFAULT 'good'
    CHECK (health IN ('good', 'degraded', 'does-not-boot', 'maintenance', 'retired')),
  health_why TEXT NOT NULL DEFAULT '', health_at INTEGER NOT NULL DEFAULT 0, console TEXT NOT NULL DEFAULT '',
  every_days INTEGER NOT NULL DEFAULT 0, signing_key BLOB) STRICT;
-- What has to be proved: a kernel with its options on a machine.
CREATE TABLE target(
  id INTEGER PRIMARY KEY, machine INTEGER NOT NULL REFERENCES machine, kernel INTEGER NOT NULL REFERENCES kernel,
  options TEXT NOT NULL DEFAULT '', is_wanted INTEGER NOT NULL DEFAULT 1, added_at INTEGER NOT NULL,
  last_run INTEGER NOT NULL DEFAULT 0, last_at INTEGER NOT NULL DEFAULT 0, UNIQUE(machine, kernel, options)) STRICT;
-- Where a claim or a scenario does not apply, and why. Patterns are globs; '' is any.
CREATE TABLE rule(
  id INTEGER PRIMARY KEY, scenario TEXT NOT NULL DEFAULT '', claim TEXT NOT NULL DEFAULT '',
  arch TEXT NOT NULL DEFAULT '', machine TEXT NOT NULL DEFAULT '', kernel_from TEXT NOT NULL DEFAULT '',
  kernel_before TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL) STRICT;

CREATE TABLE run(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, target INTEGER NOT NULL REFERENCES target,
  began_at INTEGER NOT NULL, received_at INTEGER NOT NULL, received_from TEXT NOT NULL, is_signed INTEGER NOT NULL,
  format TEXT NOT NULL, version TEXT NOT NULL, digest BLOB NOT NULL, is_complete INTEGER NOT NULL, stopped TEXT NOT NULL,
  n_pass INTEGER NOT NULL, n_fail INTEGER NOT NULL, n_known INTEGER NOT NULL, n_skip INTEGER NOT NULL,
  n_error INTEGER NOT NULL, n_timeout INTEGER NOT NULL, n_crash INTEGER NOT NULL) STRICT;
CREATE INDEX run_by_time ON run(began_at, id);
CREATE INDEX run_by_target ON run(target, began_at);
-- Apart from the run: a list of runs must not read megabytes.
CREATE TABLE evidence(
  run INTEGER PRIMARY KEY REFERENCES run, meta TEXT NOT NULL, results TEXT NOT NULL, kind TEXT NOT NULL,
  data BLOB NOT NULL) STRICT;
--postgres ALTER TABLE evidence ALTER COLUMN data SET STORAGE EXTERNAL; -- it is compressed already

-- One a target and pair. base: what the results say; state: with time, rules and broken machines. The numbers are
-- those of enum cell_state. scenario ... repeat what pair and target know, for the matrix to be read from one index.
CREATE TABLE cell(
  id INTEGER PRIMARY KEY, target INTEGER NOT NULL REFERENCES target, pair INTEGER NOT NULL REFERENCES pair,
  scenario INTEGER NOT NULL, claim INTEGER NOT NULL, machine INTEGER NOT NULL, kernel INTEGER NOT NULL,
  is_expected INTEGER NOT NULL, base INTEGER NOT NULL, state INTEGER NOT NULL, rule INTEGER NOT NULL DEFAULT 0,
  recent TEXT NOT NULL DEFAULT '', why TEXT NOT NULL DEFAULT '', last_run INTEGER NOT NULL DEFAULT 0,
  last_at INTEGER NOT NULL DEFAULT 0, since_run INTEGER NOT NULL DEFAULT 0, owner TEXT NOT NULL DEFAULT '',
  UNIQUE(target, pair)) STRICT;
--postgres ALTER TABLE cell SET (fillfactor=85); -- each result changes one
CREATE INDEX cell_matrix ON cell(claim, kernel, machine, scenario, target, is_expected, state);
CREATE INDEX cell_by_state ON cell(state, id);
CREATE TABLE result(
  cell INTEGER NOT NULL REFERENCES cell, run INTEGER NOT NULL REFERENCES run, verdict TEXT NOT NULL,
  expected INTEGER NOT NULL, exercised INTEGER NOT NULL, why TEXT, PRIMARY KEY(cell, run)) STRICT, WITHOUT ROWID;

CREATE TABLE user(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, password TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('reader', 'submitter', 'maintainer', 'admin')),
  is_disabled INTEGER NOT NULL DEFAULT 0, added_at INTEGER NOT NULL) STRICT;
--postgres CREATE UNIQUE INDEX user_by_name ON user(lower(name));
CREATE TABLE session(
  hash BLOB PRIMARY KEY, user INTEGER NOT NULL REFERENCES user, added_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE token(
  id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, user INTEGER NOT NULL REFERENCES user, name TEXT NOT NULL,
  scopes TEXT NOT NULL, added_at INTEGER NOT NULL, used_at INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE audit(
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL) STRICT;

CREATE TABLE idea(
  id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('edge-case', 'feature', 'platform')),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'rejected', 'proposed', 'accepted', 'needs-resource', 'in-work', 'covered')),
  author TEXT NOT NULL, contact TEXT NOT NULL, user INTEGER NOT NULL DEFAULT 0, added_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL, covered_by TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX idea_by_state ON idea(state, id);
CREATE TABLE vote(
  idea INTEGER NOT NULL REFERENCES idea, voter TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('want', 'hardware', 'implement')), at INTEGER NOT NULL,
  PRIMARY KEY(idea, voter, kind)) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE search USING fts5(kind UNINDEXED, ref UNINDEXED, title, body, tokenize = 'unicode61'); --sqlite
-- Words are what stands between signs, as for FTS5: PostgreSQL would take "task.repins" for a host.
--postgres CREATE TABLE search(
--postgres   search_id INTEGER PRIMARY KEY, kind TEXT NOT NULL, ref TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
--postgres   words tsvector NOT NULL GENERATED ALWAYS AS (
--postgres     setweight(to_tsvector('simple', translate(title, '!"#$%&()*+,-./:;<=>?@[\]^_`{|}~''', repeat(' ', 32))), 'A') ||
--postgres     setweight(to_tsvector('simple', translate(body, '!"#$%&()*+,-./:;<=>?@[\]^_`{|}~''', repeat(' ', 32))), 'D')) STORED);
--postgres CREATE INDEX search_words ON search USING gin(words);
--postgres CREATE INDEX search_ref ON search(kind, ref);
