-- What a person is typing into a form and has not sent, sealed; theirs alone, for a while.
CREATE TABLE draft (
  account_id BYTEA NOT NULL,
  person_id BYTEA NOT NULL,
  form TEXT NOT NULL,
  fields BYTEA NOT NULL,
  kept_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, person_id, form),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);
CREATE INDEX draft_age ON draft (kept_at);

-- The picture of a person, sealed. The person's row names it, so that whoever is listed is shown with it at no further query.
CREATE TABLE picture (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  person_id BYTEA NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);
CREATE UNIQUE INDEX picture_person ON picture (account_id, person_id);
ALTER TABLE person ADD COLUMN picture BYTEA;

DO $$
DECLARE t TEXT;
BEGIN
  FOREACH t IN ARRAY ARRAY['draft', 'picture'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format($p$CREATE POLICY own ON %I USING (account_id = decode(nullif(current_setting('app.account_id', true), ''), 'hex'))$p$, t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO palisade_app, palisade_system', t);
  END LOOP;
END $$;
