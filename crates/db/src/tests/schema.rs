//! `schema.rs` says the same as both engines: each table, each column, its type and whether it may be null. Nothing else
//! would notice before a query runs.

use super::{account, server, source};
use crate::{Config, Db, Engine, Migrations, Reason};
use diesel::{QueryDsl, QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
use std::collections::BTreeSet;

#[derive(QueryableByName, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Column {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    name: String,
    /// As Diesel writes it: `Nullable<BigInt>`.
    #[diesel(sql_type = Text)]
    kind: String,
}

const SQLITE: &str = "SELECT t.name AS \"table\", c.name AS name, \
    CASE c.\"notnull\" WHEN 1 THEN '' ELSE 'Nullable<' END || \
    CASE c.type WHEN 'BLOB' THEN 'Binary' WHEN 'TEXT' THEN 'Text' WHEN 'BIGINT' THEN 'BigInt' WHEN 'INTEGER' THEN 'BigInt' WHEN 'BOOLEAN' THEN 'Bool' ELSE c.type END || \
    CASE c.\"notnull\" WHEN 1 THEN '' ELSE '>' END AS kind \
    FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'";

const POSTGRES: &str = "SELECT table_name::text AS \"table\", column_name::text AS name, \
    CASE is_nullable WHEN 'NO' THEN '' ELSE 'Nullable<' END || \
    CASE data_type WHEN 'bytea' THEN 'Binary' WHEN 'text' THEN 'Text' WHEN 'bigint' THEN 'BigInt' WHEN 'boolean' THEN 'Bool' ELSE data_type END || \
    CASE is_nullable WHEN 'NO' THEN '' ELSE '>' END AS kind \
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'";

/// What `schema.rs` says.
fn expected() -> BTreeSet<Column> {
    let mut columns = BTreeSet::new();
    for text in include_str!("../schema.rs").split("table! {").skip(1) {
        let (table, rest) = text.split_once('(').unwrap();
        let body = rest.split_once('{').unwrap().1.split_once('}').unwrap().0;
        for column in body.split(',').filter(|column| !column.trim().is_empty()) {
            let (column, kind) = column.split_once("->").unwrap();
            let [table, name, kind] = [table, column, kind].map(|text| text.trim().to_owned());
            columns.insert(Column { table, name, kind });
        }
    }
    assert!(columns.len() > 100, "schema.rs was not understood: {columns:?}");
    columns
}

async fn check(engine: Engine, catalogue: &'static str) {
    let config = Config { guard: false, ..Config::new(engine) };
    let db = Db::open_with(&config, source(), Migrations::PRODUCT).await.unwrap();
    let actual =
        db.system_read(Reason::Check, move |tx| tx.run(|conn| sql_query(catalogue).load::<Column>(conn)));
    let (expected, actual) = (expected(), BTreeSet::from_iter(actual.await.unwrap()));
    let missing: Vec<_> = expected.difference(&actual).collect();
    let unknown: Vec<_> = actual.difference(&expected).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "the engine lacks {missing:#?}\nschema.rs lacks {unknown:#?}"
    );
    for table in expected.iter().map(|column| &column.table).collect::<BTreeSet<_>>() {
        let columns = expected.iter().filter(|column| column.table == *table);
        let columns = columns.map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ");
        let query = format!("SELECT {columns} FROM \"{table}\"");
        let select = move |tx: &mut crate::SystemTx<'_>| tx.run(|conn| sql_query(&query).execute(conn));
        db.system_read(Reason::Check, select).await.unwrap();
    }
}

#[tokio::test]
async fn sqlite_has_the_tables_of_the_product() {
    let folder = tempfile::tempdir().unwrap();
    check(Engine::Sqlite { path: folder.path().join("palisade.db") }, SQLITE).await;
}

#[tokio::test]
async fn postgresql_has_the_tables_of_the_product() {
    let (_server, engine) = server(Migrations::PRODUCT, "product").await;
    check(engine, POSTGRES).await;
}

/// A table with an account and without a policy would be open to every account.
#[tokio::test]
async fn every_table_with_an_account_has_a_policy() {
    let (server, engine) = server(Migrations::PRODUCT, "product").await;
    let open = "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account_id' \
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND has_table_privilege('palisade_app', c.oid, 'SELECT') \
        AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))";
    assert_eq!(server.superuser(open).unwrap(), "");
    let db = Db::open(&Config::new(engine), source()).await.unwrap();
    db.read(account(), |tx| {
        tx.load::<Vec<u8>>(tx.of(crate::schema::project::table).select(crate::schema::project::id))
    })
    .await
    .unwrap();
}
