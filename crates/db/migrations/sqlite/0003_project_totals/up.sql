-- How many live files a project holds, and the bytes of their current versions: kept with each change, since counting them for
-- every list of projects would cost as much as there are files.
ALTER TABLE project ADD COLUMN files BIGINT NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
UPDATE project SET (files, bytes) = (
  SELECT count(*), CAST(coalesce(sum(entry.size), 0) AS BIGINT)
  FROM entry
  WHERE entry.account_id = project.account_id AND entry.project_id = project.id AND entry.kind = 'file' AND entry.trash_id IS NULL
);
