-- Each table has one owner among the rooms of the house (schema.rs names it). Keys begin with the account, so that no
-- row can refer to another account's, and the tables can be spread by account. BYTEAs that are no id and no tag are sealed.

-- The account that a host name leads to: a tag under the installation's name key. Rows stay when the account ends,
-- so that a name is never given out again.
CREATE TABLE account_host (tag BYTEA NOT NULL PRIMARY KEY, account_id BYTEA NOT NULL, created_at BIGINT NOT NULL);

-- An account: its title and settings, sealed.
CREATE TABLE account (
  account_id BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  title BYTEA NOT NULL,
  settings BYTEA NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (account_id)
);

-- What an account stores, in bytes, and how much it may.
CREATE TABLE usage (
  account_id BYTEA NOT NULL,
  bytes BIGINT NOT NULL,
  quota_bytes BIGINT NOT NULL,
  PRIMARY KEY (account_id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

-- Name, address and plan of an account, sealed by its front key.
CREATE TABLE account_front (
  account_id BYTEA NOT NULL,
  front BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

-- Members and guests. `removed_at` keeps the name for the journal; the address is free again.
CREATE TABLE person (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  email_tag BYTEA NOT NULL,
  email BYTEA NOT NULL,
  name BYTEA NOT NULL,
  role TEXT NOT NULL,
  language TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  password BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT,
  revision BIGINT NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE invitation (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  token_hash BYTEA NOT NULL,
  email_tag BYTEA NOT NULL,
  email BYTEA NOT NULL,
  role TEXT NOT NULL,
  projects TEXT NOT NULL,
  invited_by BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE password_reset (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  person_id BYTEA NOT NULL,
  token_hash BYTEA NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);

CREATE TABLE session (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  person_id BYTEA NOT NULL,
  token_hash BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);

CREATE TABLE ticket (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  person_id BYTEA NOT NULL,
  token_hash BYTEA NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);

CREATE TABLE app_password (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  person_id BYTEA NOT NULL,
  label BYTEA NOT NULL,
  secret_hash BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);

CREATE TABLE project (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  name BYTEA NOT NULL,
  name_tag BYTEA NOT NULL,
  dye TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by BYTEA NOT NULL,
  archived_at BIGINT,
  revision BIGINT NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE guest_project (
  account_id BYTEA NOT NULL,
  person_id BYTEA NOT NULL,
  project_id BYTEA NOT NULL,
  PRIMARY KEY (account_id, person_id, project_id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id),
  FOREIGN KEY (account_id, project_id) REFERENCES project (account_id, id)
);

-- Files and folders. `parent_id` is a folder, or the project itself for its root. `trash_id` is the entry that was put
-- into the trash and took this one along; without it the entry is live.
CREATE TABLE entry (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  project_id BYTEA NOT NULL,
  parent_id BYTEA NOT NULL,
  kind TEXT NOT NULL,
  name BYTEA NOT NULL,
  name_tag BYTEA NOT NULL,
  version_id BYTEA,
  number BIGINT NOT NULL,
  size BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by BYTEA NOT NULL,
  trash_id BYTEA,
  trashed_at BIGINT,
  trashed_by BYTEA,
  revision BIGINT NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, project_id) REFERENCES project (account_id, id)
);

-- Sealed content. `uses` counts the versions that point here; at 0 it is deleted from the sites.
CREATE TABLE blob (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  manifest BYTEA NOT NULL,
  size BIGINT NOT NULL,
  uses BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE version (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  entry_id BYTEA NOT NULL,
  number BIGINT NOT NULL,
  blob_id BYTEA NOT NULL,
  size BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by BYTEA NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, entry_id) REFERENCES entry (account_id, id),
  FOREIGN KEY (account_id, blob_id) REFERENCES blob (account_id, id)
);

CREATE TABLE blob_copy (
  account_id BYTEA NOT NULL,
  blob_id BYTEA NOT NULL,
  site TEXT NOT NULL,
  PRIMARY KEY (account_id, blob_id, site),
  FOREIGN KEY (account_id, blob_id) REFERENCES blob (account_id, id)
);

-- An upload under way: consumed by the transaction that adds its version, or claimed by the collector when it has expired.
CREATE TABLE upload_intent (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  expires_at BIGINT NOT NULL,
  claimed BOOLEAN NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE journal_entry (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  at BIGINT NOT NULL,
  actor_id BYTEA,
  project_id BYTEA,
  subject_id BYTEA,
  kind TEXT NOT NULL,
  details BYTEA NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE mail (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  envelope BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  sent_at BIGINT,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE job (
  account_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  kind TEXT NOT NULL,
  actor_id BYTEA,
  payload TEXT NOT NULL,
  run_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  claimed_until BIGINT,
  error TEXT,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE receipt (
  account_id BYTEA NOT NULL,
  actor_id BYTEA NOT NULL,
  key_hash BYTEA NOT NULL,
  request_hash BYTEA NOT NULL,
  answer BYTEA,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, actor_id, key_hash),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

-- A name once in a folder, an address once among the people.
CREATE UNIQUE INDEX person_email ON person (account_id, email_tag) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX project_name ON project (account_id, name_tag);
CREATE UNIQUE INDEX entry_name ON entry (account_id, project_id, parent_id, name_tag) WHERE trash_id IS NULL;
CREATE INDEX entry_parent ON entry (account_id, parent_id);
CREATE INDEX entry_trash ON entry (account_id, trash_id) WHERE trash_id IS NOT NULL;
CREATE UNIQUE INDEX version_number ON version (account_id, entry_id, number);
CREATE INDEX version_blob ON version (account_id, blob_id);
CREATE UNIQUE INDEX session_token ON session (account_id, token_hash);
CREATE INDEX session_person ON session (account_id, person_id);
CREATE UNIQUE INDEX ticket_token ON ticket (account_id, token_hash);
CREATE UNIQUE INDEX password_reset_token ON password_reset (account_id, token_hash);
CREATE UNIQUE INDEX invitation_token ON invitation (account_id, token_hash);
CREATE INDEX app_password_person ON app_password (account_id, person_id);
CREATE INDEX journal_project ON journal_entry (account_id, project_id, id);
CREATE INDEX job_due ON job (run_at);
CREATE INDEX upload_intent_due ON upload_intent (expires_at);
CREATE INDEX receipt_age ON receipt (created_at);

-- Row level security stands behind the filter of each query. The roles: palisade_app serves requests and sees one account at
-- a time; palisade_system works across accounts and has BYPASSRLS. Neither owns a table.
DO $$
DECLARE t TEXT;
BEGIN
  FOREACH t IN ARRAY ARRAY['account', 'usage', 'account_front', 'person', 'invitation', 'password_reset', 'session', 'ticket', 'app_password', 'project', 'guest_project', 'entry', 'blob', 'version', 'blob_copy', 'upload_intent', 'journal_entry', 'mail', 'job', 'receipt'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format($p$CREATE POLICY own ON %I USING (account_id = decode(nullif(current_setting('app.account_id', true), ''), 'hex'))$p$, t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO palisade_app, palisade_system', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON account_host TO palisade_system;
