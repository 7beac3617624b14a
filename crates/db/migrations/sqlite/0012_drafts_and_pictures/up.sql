-- What a person is typing into a form and has not sent, sealed; theirs alone, for a while.
CREATE TABLE draft (
  account_id BLOB NOT NULL,
  person_id BLOB NOT NULL,
  form TEXT NOT NULL,
  fields BLOB NOT NULL,
  kept_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, person_id, form),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);
CREATE INDEX draft_age ON draft (kept_at);

-- The picture of a person, sealed. The person's row names it, so that whoever is listed is shown with it at no further query.
CREATE TABLE picture (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  person_id BLOB NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, person_id) REFERENCES person (account_id, id)
);
CREATE UNIQUE INDEX picture_person ON picture (account_id, person_id);
ALTER TABLE person ADD COLUMN picture BLOB;
