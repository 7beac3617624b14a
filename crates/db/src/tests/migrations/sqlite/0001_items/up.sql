CREATE TABLE item (account_id BLOB NOT NULL, id BLOB NOT NULL, slug TEXT NOT NULL, body BLOB NOT NULL,
  created_at BIGINT NOT NULL, done BOOLEAN NOT NULL, note TEXT, hits BIGINT NOT NULL, PRIMARY KEY (account_id, id));
CREATE UNIQUE INDEX item_slug ON item (account_id, slug);
CREATE INDEX item_page ON item (account_id, created_at, id);
CREATE TABLE tag (account_id BLOB NOT NULL, id BLOB NOT NULL, item_id BLOB NOT NULL, PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, item_id) REFERENCES item (account_id, id));
CREATE TABLE host (name TEXT NOT NULL PRIMARY KEY, account_id BLOB NOT NULL);
