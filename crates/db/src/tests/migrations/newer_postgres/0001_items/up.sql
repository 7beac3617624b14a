CREATE TABLE item (account_id BYTEA NOT NULL, id BYTEA NOT NULL, slug TEXT NOT NULL, body BYTEA NOT NULL,
  created_at BIGINT NOT NULL, done BOOLEAN NOT NULL, note TEXT, hits BIGINT NOT NULL, PRIMARY KEY (account_id, id));
CREATE UNIQUE INDEX item_slug ON item (account_id, slug);
CREATE INDEX item_page ON item (account_id, created_at, id);
CREATE TABLE tag (account_id BYTEA NOT NULL, id BYTEA NOT NULL, item_id BYTEA NOT NULL, PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, item_id) REFERENCES item (account_id, id));
CREATE TABLE host (name TEXT NOT NULL PRIMARY KEY, account_id BYTEA NOT NULL);
DO $$
DECLARE t TEXT;
BEGIN
  FOREACH t IN ARRAY ARRAY['item', 'tag'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format($p$CREATE POLICY own ON %I USING (account_id = decode(nullif(current_setting('app.account_id', true), ''), 'hex'))$p$, t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO palisade_app, palisade_system', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON host TO palisade_system;
