-- A change of a rule plans targets anew one after the other, in transactions of their own: 0 waits for that.
ALTER TABLE target ADD COLUMN is_planned INTEGER NOT NULL DEFAULT 1;
