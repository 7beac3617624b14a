-- The three roles of an installation and its database, once, at the leader:
--   psql -v owner_password=… -v app_password=… -v system_password=… -f roles.sql
CREATE ROLE palisade_owner LOGIN PASSWORD :'owner_password';             -- owns the tables, brings them forward
CREATE ROLE palisade_app LOGIN PASSWORD :'app_password';                 -- serves requests, sees one account at a time
CREATE ROLE palisade_system LOGIN BYPASSRLS PASSWORD :'system_password'; -- works across accounts
GRANT pg_read_all_stats TO palisade_owner;                                -- sees which standbys hold a commit
CREATE DATABASE palisade OWNER palisade_owner;
