//! In debug builds and tests: each statement of an account's transaction names the account.
//!
//! Types already make the right way the easy one ([`crate::Tx::of`], [`crate::Tx::insert`]). This looks at what reaches
//! the engine, also through a join or a subquery that someone forgot. Behind it, on PostgreSQL, stands row level
//! security.

use diesel::connection::{Instrumentation, InstrumentationEvent};
use kernel::AccountId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a connection watches for.
#[derive(Default)]
pub(crate) struct Guard(Mutex<State>);

#[derive(Default)]
struct State {
    account: Option<AccountId>,
    complaint: Option<String>,
}

impl Guard {
    /// From now on statements belong to this account, or to none.
    pub(crate) fn expect(&self, account: Option<AccountId>) {
        *self.state() = State { account, complaint: None };
    }

    /// What was wrong with a statement since then.
    pub(crate) fn complaint(&self) -> Option<String> {
        self.state().complaint.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows a guard every statement of a connection.
pub(crate) struct Eyes(pub(crate) Arc<Guard>);

impl Instrumentation for Eyes {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let InstrumentationEvent::StartQuery { query, .. } = event else { return };
        let mut state = self.0.state();
        if let (Some(account), None) = (state.account, &state.complaint) {
            state.complaint = complaint(&query.to_string(), account);
        }
    }
}

/// What is wrong with this statement of this account's transaction.
fn complaint(statement: &str, account: AccountId) -> Option<String> {
    let (sql, values) = statement.split_once("-- binds:").unwrap_or((statement, ""));
    let sql = sql.replace('`', "\"");
    let tables = tables(&sql);
    if let Some(table) = tables.iter().find(|table| !table.is_scoped(&sql)) {
        return Some(format!("{} is touched without its account: {sql}", table.name));
    }
    // Ids show their noun, so an account among the values is seen: "account:0192…".
    let mut accounts =
        values.split("account:").skip(1).filter_map(|rest| rest.get(..36)?.parse::<AccountId>().ok());
    let first = accounts.next();
    if first.into_iter().chain(accounts).any(|other| other != account) {
        return Some(format!("another account is named: {sql}"));
    }
    (first.is_none() && !tables.is_empty()).then(|| format!("the account is not among the values: {sql}"))
}

/// A table in a statement, under the name that the statement gives it.
struct Mention<'s> {
    name: &'s str,
    alias: &'s str,
    inserted: bool,
}

impl Mention<'_> {
    fn is_scoped(&self, sql: &str) -> bool {
        let column = "account_id";
        if self.inserted {
            let columns = sql.split_once("INTO").and_then(|(_, rest)| rest.split_once(')'));
            return columns.is_some_and(|(columns, _)| columns.contains(&format!("\"{column}\"")));
        }
        let column = format!("\"{}\".\"{column}\"", self.alias);
        // `or_filter` would undo the filter: `((account) OR (other))`.
        let left = sql.split(&format!("({column} = ")).skip(1).any(|rest| {
            let rest = rest.split_once(')').map_or("", |(_, rest)| rest);
            !rest.starts_with(" OR ")
        });
        left || sql.contains(&format!(" = {column}"))
    }
}

/// The tables that a statement mentions: whatever is quoted after FROM, JOIN, UPDATE or INTO.
fn tables(sql: &str) -> Vec<Mention<'_>> {
    let mut parts = sql.split('"').peekable();
    let mut found = Vec::new();
    while let (Some(before), Some(name)) = (parts.next(), parts.next()) {
        let before = before.trim_end_matches([' ', '(']);
        let inserted = before.ends_with("INTO");
        if inserted || ["FROM", "JOIN", "UPDATE"].iter().any(|word| before.ends_with(word)) {
            let mut ahead = parts.clone();
            let alias = match (ahead.next(), ahead.next()) {
                (Some(" AS "), Some(alias)) => alias,
                _ => name,
            };
            found.push(Mention { name, alias, inserted });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "00000000-0000-7000-8000-000000000001";

    fn judge(sql: &str) -> Option<String> {
        complaint(sql, ACCOUNT.parse().unwrap())
    }

    #[test]
    fn statements_with_their_account_pass() {
        for sql in [
            "SELECT `item`.`id` FROM `item` WHERE (`item`.`account_id` = ?)",
            r#"SELECT 1 FROM ("item" INNER JOIN "tag" ON ("tag"."account_id" = "item"."account_id")) WHERE ("item"."account_id" = $1)"#,
            r#"UPDATE "item" SET "hits" = $1 WHERE (("item"."account_id" = $2) AND ("item"."id" = $3))"#,
            r#"DELETE FROM "item" WHERE ("item"."account_id" = $1)"#,
            r#"INSERT INTO "item" ("account_id", "id") VALUES ($1, $2)"#,
            r#"SELECT 1 FROM "item" AS "i" WHERE ("i"."account_id" = $1)"#,
            r#"SELECT 1 FROM "account" WHERE ("account"."account_id" = $1)"#,
        ] {
            assert_eq!(judge(&format!("{sql} -- binds: [account:{ACCOUNT}]")), None);
        }
        assert_eq!(judge("SAVEPOINT s"), None);
    }

    #[test]
    fn statements_without_it_do_not() {
        let mine = format!("-- binds: [account:{ACCOUNT}]");
        for sql in [
            format!(r#"SELECT "item"."id" FROM "item" {mine}"#),
            format!(r#"SELECT 1 FROM "item" WHERE (("item"."account_id" = $1) OR ("item"."done" = $2)) {mine}"#),
            format!(r#"SELECT 1 FROM ("item" INNER JOIN "tag" ON ("tag"."item_id" = "item"."id")) WHERE ("item"."account_id" = $1) {mine}"#),
            format!(r#"INSERT INTO "item" ("id") VALUES ($1) {mine}"#),
            r#"SELECT 1 FROM "item" WHERE ("item"."account_id" = $1) -- binds: [account:00000000-0000-7000-8000-000000000002]"#.into(),
            r#"SELECT 1 FROM "item" WHERE ("item"."account_id" = $1) -- binds: [[1, 2]]"#.into(),
        ] {
            assert!(judge(&sql).is_some(), "{sql}");
        }
    }
}
