-- What lies at each site of a blob: its parts with their sealed lengths and digests, so that a copy is compared, and brought to
-- another site, by whoever has no key. None in rows from before, until somebody with the key has read it.
ALTER TABLE blob ADD COLUMN parts BYTEA;
-- Since when fewer sites hold it than must.
ALTER TABLE blob ADD COLUMN at_risk_since BIGINT;
-- Since when no site has a good copy. It is never deleted for that.
ALTER TABLE blob ADD COLUMN lost_since BIGINT;
CREATE INDEX blob_at_risk ON blob (at_risk_since) WHERE at_risk_since IS NOT NULL;
CREATE INDEX blob_lost ON blob (lost_since) WHERE lost_since IS NOT NULL;
-- When a copy was last read back and found good.
ALTER TABLE blob_copy ADD COLUMN checked_at BIGINT;

-- The same of a part of an upload under way, and the sites that have it: JSON. None in rows from before.
ALTER TABLE upload_part ADD COLUMN sealed BIGINT;
ALTER TABLE upload_part ADD COLUMN digest BYTEA;
ALTER TABLE upload_part ADD COLUMN sites TEXT;

-- A copy that is to be, and is not: what the repair works from.
CREATE TABLE missing_copy (
  account_id BYTEA NOT NULL,
  blob_id BYTEA NOT NULL,
  site TEXT NOT NULL,
  since BIGINT NOT NULL,
  try_at BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  PRIMARY KEY (account_id, blob_id, site),
  FOREIGN KEY (account_id, blob_id) REFERENCES blob (account_id, id)
);
CREATE INDEX missing_copy_age ON missing_copy (since);
CREATE INDEX missing_copy_site ON missing_copy (site, since);

-- What may lie at a site that no row says is held there: it was to be deleted while the site was away, or was being brought.
-- Where its blob is gone it is deleted then.
CREATE TABLE leftover (
  account_id BYTEA NOT NULL,
  blob_id BYTEA NOT NULL,
  site TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, blob_id, site),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);
CREATE INDEX leftover_due ON leftover (due_at);

DO $$
DECLARE t TEXT;
BEGIN
  FOREACH t IN ARRAY ARRAY['missing_copy', 'leftover'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format($p$CREATE POLICY own ON %I USING (account_id = decode(nullif(current_setting('app.account_id', true), ''), 'hex'))$p$, t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO palisade_app, palisade_system', t);
  END LOOP;
END $$;
