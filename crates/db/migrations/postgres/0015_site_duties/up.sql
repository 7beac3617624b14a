-- Work on the copies of all accounts that one node leads at a time. `holder` and `held_until` are its lease. `at_account` and
-- `at_blob` are the blob up to which it came, `aim` what it works towards (JSON), `figures` those of this pass and `last` those
-- of the last whole one (JSON).
CREATE TABLE site_duty (
  name TEXT NOT NULL PRIMARY KEY,
  holder BYTEA NOT NULL,
  held_until BIGINT NOT NULL,
  aim TEXT NOT NULL,
  at_account BYTEA,
  at_blob BYTEA,
  begun_at BIGINT,
  ended_at BIGINT,
  figures TEXT NOT NULL,
  last TEXT
);
GRANT SELECT, INSERT, UPDATE, DELETE ON site_duty TO palisade_system;
