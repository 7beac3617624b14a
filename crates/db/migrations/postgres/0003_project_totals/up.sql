-- How many live files a project holds, and the bytes of their current versions: kept with each change, since counting them for
-- every list of projects would cost as much as there are files.
ALTER TABLE project ADD COLUMN files BIGINT NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
-- The owner of the tables sees all rows while their policies are not forced on it; the locks of this step keep others out.
ALTER TABLE project NO FORCE ROW LEVEL SECURITY;
ALTER TABLE entry NO FORCE ROW LEVEL SECURITY;
UPDATE project SET (files, bytes) = (
  SELECT count(*), CAST(coalesce(sum(entry.size), 0) AS BIGINT)
  FROM entry
  WHERE entry.account_id = project.account_id AND entry.project_id = project.id AND entry.kind = 'file' AND entry.trash_id IS NULL
);
ALTER TABLE project FORCE ROW LEVEL SECURITY;
ALTER TABLE entry FORCE ROW LEVEL SECURITY;
