CREATE TABLE streamforge_settings (
  owner text NOT NULL,
  kind text NOT NULL,
  -- Sorted by its bytes, as in the embedded store.
  name text COLLATE "C" NOT NULL,
  -- Goes on growing after a deletion, so that an old version never fits a newer setting of the same name.
  version integer NOT NULL CHECK (version > 0),
  -- NULL: deleted. Kept as it was written: jsonb refuses characters that JSON has.
  value json,
  updated_at bigint NOT NULL,
  PRIMARY KEY (owner, kind, name)
);
