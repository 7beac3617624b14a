//! Every table, for both engines. Ids and keyed tags are 16 and 32 bytes, times are microseconds, and a `Binary` that is
//! neither is sealed by the account's key: the database never sees what a person typed. (`blob.parts` is of what is sealed.)
//!
//! The room that owns a table is named beside it; only that room's `store.rs` may name it (the architecture test looks).
#![allow(missing_docs, reason = "Diesel's tables repeat the columns; their meaning stands in the migrations")]

// accounts
diesel::table! { account (account_id) {
    account_id -> Binary, created_at -> BigInt, title -> Binary, settings -> Binary, revision -> BigInt,
    commitment -> Nullable<Binary>,
} }
diesel::table! { usage (account_id) { account_id -> Binary, bytes -> BigInt, quota_bytes -> BigInt, } }
diesel::table! { account_host (tag) { tag -> Binary, account_id -> Binary, created_at -> BigInt, } }
diesel::table! { account_front (account_id) { account_id -> Binary, front -> Binary, created_at -> BigInt, } }

// people
diesel::table! { person (account_id, id) {
    account_id -> Binary, id -> Binary, email_tag -> Binary, email -> Binary, name -> Binary, role -> Text,
    language -> Text, time_zone -> Text, password -> Binary, created_at -> BigInt,
    removed_at -> Nullable<BigInt>, revision -> BigInt, picture -> Nullable<Binary>,
} }
diesel::table! { picture (account_id, id) {
    account_id -> Binary, id -> Binary, person_id -> Binary, content -> Binary,
} }
diesel::table! { guest_project (account_id, person_id, project_id) {
    account_id -> Binary, person_id -> Binary, project_id -> Binary,
} }
diesel::table! { invitation (account_id, id) {
    account_id -> Binary, id -> Binary, token_hash -> Binary, email_tag -> Binary, email -> Binary, role -> Text,
    projects -> Text, invited_by -> Binary, created_at -> BigInt, expires_at -> BigInt, language -> Text,
} }
diesel::table! { password_reset (account_id, id) {
    account_id -> Binary, id -> Binary, person_id -> Binary, token_hash -> Binary, expires_at -> BigInt,
} }

// sessions
diesel::table! { session (account_id, id) {
    account_id -> Binary, id -> Binary, person_id -> Binary, token_hash -> Binary, created_at -> BigInt,
    seen_at -> BigInt, expires_at -> BigInt,
} }
diesel::table! { ticket (account_id, id) {
    account_id -> Binary, id -> Binary, person_id -> Binary, token_hash -> Binary, expires_at -> BigInt,
} }
diesel::table! { app_password (account_id, id) {
    account_id -> Binary, id -> Binary, person_id -> Binary, label -> Binary, secret_hash -> Binary,
    created_at -> BigInt, used_at -> Nullable<BigInt>,
} }

// projects
diesel::table! { project (account_id, id) {
    account_id -> Binary, id -> Binary, name -> Binary, name_tag -> Binary, dye -> Text, created_at -> BigInt,
    created_by -> Binary, archived_at -> Nullable<BigInt>, revision -> BigInt, files -> BigInt, bytes -> BigInt,
} }

// files
diesel::table! { entry (account_id, id) {
    account_id -> Binary, id -> Binary, project_id -> Binary, parent_id -> Binary, kind -> Text, name -> Binary,
    name_tag -> Binary, version_id -> Nullable<Binary>, number -> BigInt, size -> BigInt, created_at -> BigInt,
    changed_at -> BigInt, changed_by -> Binary, trash_id -> Nullable<Binary>, trashed_at -> Nullable<BigInt>,
    trashed_by -> Nullable<Binary>, revision -> BigInt,
} }
diesel::table! { version (account_id, id) {
    account_id -> Binary, id -> Binary, entry_id -> Binary, number -> BigInt, blob_id -> Binary, size -> BigInt,
    created_at -> BigInt, created_by -> Binary,
} }
diesel::table! { blob (account_id, id) {
    account_id -> Binary, id -> Binary, manifest -> Binary, size -> BigInt, uses -> BigInt, created_at -> BigInt,
    parts -> Nullable<Binary>, at_risk_since -> Nullable<BigInt>, lost_since -> Nullable<BigInt>,
} }
diesel::table! { blob_copy (account_id, blob_id, site) {
    account_id -> Binary, blob_id -> Binary, site -> Text, since -> Nullable<BigInt>, checked_at -> Nullable<BigInt>,
} }
diesel::table! { missing_copy (account_id, blob_id, site) {
    account_id -> Binary, blob_id -> Binary, site -> Text, since -> BigInt, try_at -> BigInt, tries -> BigInt,
} }
diesel::table! { leftover (account_id, blob_id, site) {
    account_id -> Binary, blob_id -> Binary, site -> Text, due_at -> BigInt,
} }
diesel::table! { site_duty (name) {
    name -> Text, holder -> Binary, held_until -> BigInt, aim -> Text, at_account -> Nullable<Binary>,
    at_blob -> Nullable<Binary>, begun_at -> Nullable<BigInt>, ended_at -> Nullable<BigInt>, figures -> Text,
    last -> Nullable<Text>,
} }
diesel::table! { upload_intent (account_id, id) {
    account_id -> Binary, id -> Binary, expires_at -> BigInt, claimed -> Bool, bytes -> BigInt,
} }
diesel::table! { upload (account_id, id) {
    account_id -> Binary, id -> Binary, person_id -> Binary, project_id -> Binary, parent_id -> Nullable<Binary>,
    details -> Binary, as_version -> Bool, length -> BigInt, received -> BigInt, part -> BigInt, parts -> BigInt,
    sites -> Nullable<Text>, entry_id -> Nullable<Binary>, created_at -> BigInt, expires_at -> BigInt,
} }
diesel::table! { upload_part (account_id, upload_id, number) {
    account_id -> Binary, upload_id -> Binary, number -> BigInt, length -> BigInt, sealed -> Nullable<BigInt>,
    digest -> Nullable<Binary>, sites -> Nullable<Text>,
} }

// drafts
diesel::table! { draft (account_id, person_id, form) {
    account_id -> Binary, person_id -> Binary, form -> Text, fields -> Binary, kept_at -> BigInt,
} }

// journal
diesel::table! { journal_entry (account_id, id) {
    account_id -> Binary, id -> Binary, at -> BigInt, actor_id -> Nullable<Binary>, project_id -> Nullable<Binary>,
    subject_id -> Nullable<Binary>, kind -> Text, details -> Binary,
} }

// notifications
diesel::table! { mail (account_id, id) {
    account_id -> Binary, id -> Binary, envelope -> Binary, created_at -> BigInt, sent_at -> Nullable<BigInt>,
} }

// jobs (the crate)
diesel::table! { job (account_id, id) {
    account_id -> Binary, id -> Binary, kind -> Text, actor_id -> Nullable<Binary>, payload -> Text, run_at -> BigInt,
    attempts -> BigInt, claimed_until -> Nullable<BigInt>, error -> Nullable<Text>,
} }

// receipts
diesel::table! { receipt (account_id, actor_id, key_hash) {
    account_id -> Binary, actor_id -> Binary, key_hash -> Binary, request_hash -> Binary, answer -> Nullable<Binary>,
    created_at -> BigInt,
} }

crate::owned! {
    account, usage, account_front, person, picture, guest_project, invitation, password_reset, session, ticket, app_password,
    project, entry, version, blob, blob_copy, missing_copy, leftover, upload_intent, upload, upload_part, draft, journal_entry, mail, job, receipt,
}

diesel::allow_tables_to_appear_in_same_query!(entry, version, blob, blob_copy, missing_copy);
