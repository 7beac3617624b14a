-- Each table has one owner among the rooms of the house (schema.rs names it). Keys begin with the account, so that no
-- row can refer to another account's, and the tables can be spread by account. BLOBs that are no id and no tag are sealed.

-- The account that a host name leads to: a tag under the installation's name key. Rows stay when the account ends,
-- so that a name is never given out again.
CREATE TABLE account_host (tag BLOB NOT NULL PRIMARY KEY, account_id BLOB NOT NULL, created_at INTEGER NOT NULL);

-- An account: its title and settings, sealed.
CREATE TABLE account (
  account_id BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  title BLOB NOT NULL,
  settings BLOB NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (account_id)
);

-- What an account stores, in bytes, and how much it may.
CREATE TABLE usage (
  account_id BLOB NOT NULL,
  bytes INTEGER NOT NULL,
  quota_bytes INTEGER NOT NULL,
  PRIMARY KEY (account_id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

-- Name, address and plan of an account, sealed by its front key.
CREATE TABLE account_front (
  account_id BLOB NOT NULL,
  front BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account_id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

-- Members and guests. `removed_at` keeps the name for the journal; the address is free again.
CREATE TABLE person (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  email_tag BLOB NOT NULL,
  email BLOB NOT NULL,
  name BLOB NOT NULL,
  role TEXT NOT NULL,
  language TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  password BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  removed_at INTEGER,
  revision INTEGER NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE invitation (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  token_hash BLOB NOT NULL,
  email_tag BLOB NOT NULL,
  email BLOB NOT NULL,
  role TEXT NOT NULL,
  projects TEXT NOT NULL,
  invited_by BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE password_reset (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  person_id BLOB NOT NULL,
  token_hash BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);

CREATE TABLE session (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  person_id BLOB NOT NULL,
  token_hash BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);

CREATE TABLE ticket (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  person_id BLOB NOT NULL,
  token_hash BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);

CREATE TABLE app_password (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  person_id BLOB NOT NULL,
  label BLOB NOT NULL,
  secret_hash BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);

CREATE TABLE project (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  name BLOB NOT NULL,
  name_tag BLOB NOT NULL,
  dye TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by BLOB NOT NULL,
  archived_at INTEGER,
  revision INTEGER NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE guest_project (
  account_id BLOB NOT NULL,
  person_id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  PRIMARY KEY (account_id, person_id, project_id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id),
  FOREIGN KEY (account_id, project_id) REFERENCES project (account_id, id)
);

-- Files and folders. `parent_id` is a folder, or the project itself for its root. `trash_id` is the entry that was put
-- into the trash and took this one along; without it the entry is live.
CREATE TABLE entry (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  parent_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  name BLOB NOT NULL,
  name_tag BLOB NOT NULL,
  version_id BLOB,
  number INTEGER NOT NULL,
  size INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  changed_by BLOB NOT NULL,
  trash_id BLOB,
  trashed_at INTEGER,
  trashed_by BLOB,
  revision INTEGER NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, project_id) REFERENCES project (account_id, id)
);

-- Sealed content. `uses` counts the versions that point here; at 0 it is deleted from the sites.
CREATE TABLE blob (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  manifest BLOB NOT NULL,
  size INTEGER NOT NULL,
  uses INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE version (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  entry_id BLOB NOT NULL,
  number INTEGER NOT NULL,
  blob_id BLOB NOT NULL,
  size INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by BLOB NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, entry_id) REFERENCES entry (account_id, id),
  FOREIGN KEY (account_id, blob_id) REFERENCES blob (account_id, id)
);

CREATE TABLE blob_copy (
  account_id BLOB NOT NULL,
  blob_id BLOB NOT NULL,
  site TEXT NOT NULL,
  PRIMARY KEY (account_id, blob_id, site),
  FOREIGN KEY (account_id, blob_id) REFERENCES blob (account_id, id)
);

-- An upload under way: consumed by the transaction that adds its version, or claimed by the collector when it has expired.
CREATE TABLE upload_intent (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  claimed BOOLEAN NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE journal_entry (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  actor_id BLOB,
  project_id BLOB,
  subject_id BLOB,
  kind TEXT NOT NULL,
  details BLOB NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE mail (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  envelope BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  sent_at INTEGER,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE job (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  kind TEXT NOT NULL,
  actor_id BLOB,
  payload TEXT NOT NULL,
  run_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  claimed_until INTEGER,
  error TEXT,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id) REFERENCES account (account_id)
);

CREATE TABLE receipt (
  account_id BLOB NOT NULL,
  actor_id BLOB NOT NULL,
  key_hash BLOB NOT NULL,
  request_hash BLOB NOT NULL,
  answer BLOB,
  created_at INTEGER NOT NULL,
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
