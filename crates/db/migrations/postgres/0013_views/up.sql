-- The journal is read by person and by kind, each from the newest on; the files of a project by when they were changed last.
CREATE INDEX journal_actor ON journal_entry (account_id, actor_id, id);
CREATE INDEX journal_kind ON journal_entry (account_id, kind, id);
CREATE INDEX entry_changed ON entry (account_id, project_id, kind, changed_at, id) WHERE trash_id IS NULL;
-- Since when a site holds a blob; none where nobody noted it.
ALTER TABLE blob_copy ADD COLUMN since BIGINT;
