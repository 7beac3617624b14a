-- In which language whoever is invited is written to. Invitations from before spoke that of whoever invited; the link of one
-- that still waits was sent, so it matters only to the page that it opens.
ALTER TABLE invitation ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
