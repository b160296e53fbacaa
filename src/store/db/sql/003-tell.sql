-- Saved searches, whom they are told to, and what is on its way.
-- changed: the target's stamp with which the cell's state last became another; 0: never since this is counted.
ALTER TABLE cell ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;

-- The address of an account, and of an idea that came without one. Before proved_at nothing is sent there but the
-- question whose it is.
CREATE TABLE address(
  account INTEGER PRIMARY KEY REFERENCES user, email TEXT NOT NULL, proved_at INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX address_by_email ON address(email);
CREATE TABLE idea_address(
  idea INTEGER PRIMARY KEY REFERENCES idea, email TEXT NOT NULL, proved_at INTEGER NOT NULL DEFAULT 0) STRICT;
-- Links that were mailed; each does what it is for once.
CREATE TABLE proof(
  hash BLOB PRIMARY KEY, purpose TEXT NOT NULL CHECK (purpose IN ('address', 'idea', 'password')),
  ref INTEGER NOT NULL, email TEXT NOT NULL, added_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX proof_by_email ON proof(email, added_at);

CREATE TABLE saved(
  id INTEGER PRIMARY KEY, account INTEGER NOT NULL REFERENCES user, name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('cells', 'runs', 'broken', 'ideas', 'machines', 'search')),
  query TEXT NOT NULL, added_at INTEGER NOT NULL) STRICT;
CREATE INDEX saved_by_account ON saved(account, id);
-- secret: of a hook what signs, of mail what stands in the link that ends it. seen: a stamp or a run's number up to
-- which it was told; told: the same for what has no number.
CREATE TABLE subscription(
  id INTEGER PRIMARY KEY, saved INTEGER NOT NULL REFERENCES saved,
  way TEXT NOT NULL CHECK (way IN ('mail', 'hook')),
  period TEXT NOT NULL CHECK (period IN ('at-once', 'daily', 'weekly')),
  url TEXT NOT NULL DEFAULT '', secret TEXT NOT NULL UNIQUE, seen INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0, stopped_at INTEGER NOT NULL DEFAULT 0,
  problem TEXT NOT NULL DEFAULT '', added_at INTEGER NOT NULL) STRICT;
CREATE INDEX subscription_by_saved ON subscription(saved, id);
CREATE INDEX subscription_by_next ON subscription(stopped_at, next_at);
CREATE TABLE told(
  subscription INTEGER NOT NULL REFERENCES subscription, ref TEXT NOT NULL,
  PRIMARY KEY(subscription, ref)) STRICT, WITHOUT ROWID;

-- What is to be sent; a row goes when it was. subscription 0: a question whose an address is.
CREATE TABLE outbox(
  id INTEGER PRIMARY KEY, subscription INTEGER NOT NULL DEFAULT 0, recipient TEXT NOT NULL,
  subject TEXT NOT NULL, body TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE, added_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, problem TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX outbox_by_due ON outbox(due_at, id);
CREATE INDEX outbox_by_subscription ON outbox(subscription);
