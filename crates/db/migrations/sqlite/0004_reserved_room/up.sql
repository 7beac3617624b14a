-- The room that an upload under way has reserved: uploads at the same time must not fill the disk beyond what the account may store.
ALTER TABLE upload_intent ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
