CREATE TABLE streamforge_settings (
  owner TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  -- Goes on growing after a deletion, so that an old version never fits a newer setting of the same name.
  version INTEGER NOT NULL CHECK (version > 0),
  -- NULL: deleted.
  value TEXT CHECK (value IS NULL OR json_valid(value)),
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (owner, kind, name)
) STRICT, WITHOUT ROWID;
