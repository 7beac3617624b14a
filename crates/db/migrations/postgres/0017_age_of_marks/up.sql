-- When a mark was made, by this server: nodes, by whose ids its age was told before, may have a wrong clock.
ALTER TABLE __commit_mark ADD COLUMN IF NOT EXISTS made_at TIMESTAMPTZ NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS __commit_mark_age ON __commit_mark USING brin (made_at);
