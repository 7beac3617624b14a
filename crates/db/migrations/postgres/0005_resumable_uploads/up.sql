-- Uploads that can be resumed. The id is that of the blob which the bytes go into; its intent reserves the room.
-- details: sealed (name, time of the file's last change), so that whoever began it finds it again.
-- received: how many bytes are durable, and may be told. part: the number of the part that is being written, which is also
-- whose turn it is: whoever goes on takes the next one, and what comes late from before finds its number past.
-- sites: JSON, those that have every part. entry_id: the file that it has become.
CREATE TABLE upload (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  person_id BYTEA NOT NULL,
  project_id BYTEA NOT NULL,
  parent_id BYTEA,
  details BYTEA NOT NULL,
  as_version BOOLEAN NOT NULL,
  length BIGINT NOT NULL,
  received BIGINT NOT NULL,
  part BIGINT NOT NULL,
  parts BIGINT NOT NULL,
  sites TEXT,
  entry_id BYTEA,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);

-- The parts of an upload under way that are durable, with the lengths of their plaintext. A number that is missing was left.
CREATE TABLE upload_part (
  account_id BYTEA NOT NULL,
  upload_id BYTEA NOT NULL,
  number BIGINT NOT NULL,
  length BIGINT NOT NULL,
  PRIMARY KEY (account_id, upload_id, number),
  FOREIGN KEY (account_id, upload_id) REFERENCES upload (account_id, id)
);

CREATE INDEX upload_due ON upload (expires_at);
CREATE INDEX upload_of_project ON upload (account_id, project_id, person_id);

DO $$
DECLARE t TEXT;
BEGIN
  FOREACH t IN ARRAY ARRAY['upload', 'upload_part'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format($p$CREATE POLICY own ON %I USING (account_id = decode(nullif(current_setting('app.account_id', true), ''), 'hex'))$p$, t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO palisade_app, palisade_system', t);
  END LOOP;
END $$;
