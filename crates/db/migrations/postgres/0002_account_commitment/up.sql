-- What the account's key commits to, so that another key in its place is refused. Null in rows from before, until the account
-- is opened for the first time.
ALTER TABLE account ADD COLUMN commitment BYTEA;
