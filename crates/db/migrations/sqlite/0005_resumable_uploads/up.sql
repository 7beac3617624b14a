-- Uploads that can be resumed. The id is that of the blob which the bytes go into; its intent reserves the room.
-- details: sealed (name, time of the file's last change), so that whoever began it finds it again.
-- received: how many bytes are durable, and may be told. part: the number of the part that is being written, which is also
-- whose turn it is: whoever goes on takes the next one, and what comes late from before finds its number past.
-- sites: JSON, those that have every part. entry_id: the file that it has become.
CREATE TABLE upload (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  person_id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  parent_id BLOB,
  details BLOB NOT NULL,
  as_version BOOLEAN NOT NULL,
  length INTEGER NOT NULL,
  received INTEGER NOT NULL,
  part INTEGER NOT NULL,
  parts INTEGER NOT NULL,
  sites TEXT,
  entry_id BLOB,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);

-- The parts of an upload under way that are durable, with the lengths of their plaintext. A number that is missing was left.
CREATE TABLE upload_part (
  account_id BLOB NOT NULL,
  upload_id BLOB NOT NULL,
  number INTEGER NOT NULL,
  length INTEGER NOT NULL,
  PRIMARY KEY (account_id, upload_id, number),
  FOREIGN KEY (account_id, upload_id) REFERENCES upload (account_id, id)
);

CREATE INDEX upload_due ON upload (expires_at);
CREATE INDEX upload_of_project ON upload (account_id, project_id, person_id);
