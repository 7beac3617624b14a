-- What a PostgreSQL at several sites needs beside the product's tables (crates/db/src/primary). SQLite has none of it.

-- A row for each write of the last hour. A write whose COMMIT had no answer begins again by inserting its own: where that is
-- there already, it was committed. The id says when it was made, and nothing else.
CREATE TABLE __commit_mark (id BYTEA NOT NULL PRIMARY KEY);
GRANT SELECT, INSERT, DELETE ON __commit_mark TO palisade_app, palisade_system;

-- The standbys, as the primary sees them. Whoever owns these two functions has to be a member of pg_read_all_stats: to others
-- PostgreSQL shows no state of them.
CREATE FUNCTION __standbys() RETURNS TABLE (name TEXT, state TEXT, sync_state TEXT, behind BIGINT, silent_ms BIGINT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT application_name, s.state, s.sync_state, pg_wal_lsn_diff(pg_current_wal_flush_lsn(), flush_lsn)::BIGINT,
         (extract(epoch FROM clock_timestamp() - reply_time) * 1000)::BIGINT
  FROM pg_stat_replication s
$$;

-- Tells in a notice how many standbys stream and how many of them have flushed the log up to `since`. A notice, because it is
-- asked in the same message as COMMIT, so that it costs no way there and back, and such a message returns no rows.
CREATE FUNCTION __tell_copies(since PG_LSN) RETURNS VOID
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  streaming BIGINT;
  holding BIGINT;
BEGIN
  SELECT count(*), count(*) FILTER (WHERE flush_lsn >= since) INTO streaming, holding
  FROM pg_stat_get_wal_senders() WHERE state = 'streaming';
  RAISE NOTICE USING ERRCODE = 'PL001', MESSAGE = format('%s %s %s', since, streaming, holding);
END $$;

REVOKE ALL ON FUNCTION __standbys(), __tell_copies(PG_LSN) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION __standbys(), __tell_copies(PG_LSN) TO palisade_app, palisade_system;
