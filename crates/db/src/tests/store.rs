//! Two owned tables and one that is not, and the queries that a store would have: what follows is also the pattern to
//! write one by.

use crate::{Backend, SystemTx, Tx, columns};
use diesel::{dsl::count_star, prelude::*, upsert::excluded};
use kernel::{AccountId, Id, Noun, Page, Result, Timestamp};

diesel::table! { item (account_id, id) {
    account_id -> Binary, id -> Binary, slug -> Text, body -> Binary, created_at -> BigInt, done -> Bool,
    note -> Nullable<Text>, hits -> BigInt,
} }
diesel::table! { tag (account_id, id) { account_id -> Binary, id -> Binary, item_id -> Binary, } }
diesel::table! { host (name) { name -> Text, account_id -> Binary, } }
diesel::allow_tables_to_appear_in_same_query!(item, tag);
crate::owned!(item, tag);

#[derive(Debug)]
pub(super) enum ItemNoun {}
impl Noun for ItemNoun {
    const NAME: &'static str = "item";
}
pub(super) type ItemId = Id<ItemNoun>;

/// The row, in and out, without its account: the transaction knows it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = item, treat_none_as_default_value = false)]
pub(super) struct Item {
    pub id: ItemId,
    pub slug: String,
    pub body: Vec<u8>,
    pub created_at: Timestamp,
    pub done: bool,
    pub note: Option<String>,
    pub hits: i64,
}

#[derive(Insertable)]
#[diesel(table_name = tag)]
struct Tag {
    id: ItemId,
    item_id: ItemId,
}

#[derive(Insertable)]
#[diesel(table_name = host)]
struct Host<'a> {
    name: &'a str,
    account_id: AccountId,
}

pub(super) fn new(tx: &Tx<'_>, slug: &str) -> Item {
    Item {
        id: tx.id(),
        slug: slug.into(),
        body: vec![7; 64],
        created_at: tx.now(),
        done: false,
        note: None,
        hits: 0,
    }
}

pub(super) fn add(tx: &mut Tx<'_>, item: &Item) -> Result<()> {
    tx.insert(item::table, item)
}

pub(super) fn add_new(tx: &mut Tx<'_>, slug: &str) -> Result<ItemId> {
    let item = new(tx, slug);
    add(tx, &item)?;
    Ok(item.id)
}

pub(super) fn add_all(tx: &mut Tx<'_>, items: &[Item]) -> Result<()> {
    tx.insert_all(item::table, items)
}

pub(super) fn add_tag(tx: &mut Tx<'_>, item_id: ItemId) -> Result<()> {
    let tag = Tag { id: tx.id(), item_id };
    tx.insert(tag::table, &tag)
}

pub(super) fn add_host(tx: &mut SystemTx<'_>, name: &str, account_id: AccountId) -> Result<()> {
    tx.insert(host::table, &Host { name, account_id })
}

pub(super) fn find_host(tx: &mut SystemTx<'_>, name: &str) -> Result<Option<AccountId>> {
    tx.first(host::table.filter(host::name.eq(name)).select(host::account_id))
}

pub(super) fn put(tx: &mut Tx<'_>, item: &Item) -> Result<Item> {
    let row = diesel::insert_into(item::table).values(tx.owned(item::table, item));
    let put =
        row.on_conflict((item::account_id, item::slug)).do_update().set(item::note.eq(excluded(item::note)));
    tx.upsert_get(put.returning(columns::<Item>()))
}

pub(super) fn add_if_absent(tx: &mut Tx<'_>, item: &Item) -> Result<bool> {
    let row = diesel::insert_into(item::table).values(tx.owned(item::table, item));
    Ok(tx.upsert(row.on_conflict_do_nothing())? == 1)
}

pub(super) fn get(tx: &mut Tx<'_>, id: ItemId) -> Result<Option<Item>> {
    tx.first(tx.of(item::table).filter(item::id.eq(id)).select(Item::as_select()))
}

pub(super) fn hit(tx: &mut Tx<'_>, id: ItemId) -> Result<usize> {
    tx.execute(diesel::update(tx.of(item::table).filter(item::id.eq(id))).set(item::hits.eq(item::hits + 1)))
}

pub(super) fn remove(tx: &mut Tx<'_>, id: ItemId) -> Result<Item> {
    tx.get(diesel::delete(tx.of(item::table).filter(item::id.eq(id))).returning(columns::<Item>()))
}

/// Newest first.
pub(super) fn page(
    tx: &mut Tx<'_>,
    done: Option<bool>,
    before: Option<(Timestamp, ItemId)>,
    limit: usize,
) -> Result<Page<Item>> {
    let mut query = tx.of(item::table).select(Item::as_select()).into_boxed::<Backend>();
    if let Some(done) = done {
        query = query.filter(item::done.eq(done));
    }
    if let Some((at, id)) = before {
        query = query.filter(item::created_at.lt(at).or(item::created_at.eq(at).and(item::id.lt(id))));
    }
    let one_more = i64::try_from(limit).unwrap() + 1;
    let items = tx.load(query.order((item::created_at.desc(), item::id.desc())).limit(one_more))?;
    Ok(Page::cut(items, limit, |item: &Item| kernel::Cursor::new(&item.id.bytes())))
}

pub(super) fn with_slug_like(tx: &mut Tx<'_>, pattern: &str) -> Result<Vec<String>> {
    let like = item::slug.like(pattern.to_owned()).escape('\\');
    tx.load(tx.of(item::table).filter(like).order(item::slug).select(item::slug))
}

pub(super) fn with_ids(tx: &mut Tx<'_>, ids: &[ItemId]) -> Result<Vec<ItemId>> {
    tx.load(tx.of(item::table).filter(item::id.eq_any(ids.to_vec())).order(item::id).select(item::id))
}

/// A join says that the accounts are equal, beside the ids.
pub(super) fn tagged(tx: &mut Tx<'_>) -> Result<Vec<(String, ItemId)>> {
    let same = tag::account_id.eq(item::account_id).and(tag::item_id.eq(item::id));
    tx.load(
        tx.of(item::table).inner_join(tag::table.on(same)).order(item::slug).select((item::slug, tag::id)),
    )
}

pub(super) fn untagged(tx: &mut Tx<'_>) -> Result<i64> {
    let same = tag::account_id.eq(item::account_id).and(tag::item_id.eq(item::id));
    tx.get(tx.of(item::table).left_join(tag::table.on(same)).filter(tag::id.nullable().is_null()).count())
}

pub(super) fn totals(tx: &mut Tx<'_>) -> Result<Vec<(bool, i64, Option<Timestamp>)>> {
    let totals = (item::done, count_star(), diesel::dsl::max(item::created_at));
    tx.load(tx.of(item::table).group_by(item::done).order(item::done).select(totals))
}

pub(super) fn count(tx: &mut Tx<'_>) -> Result<i64> {
    tx.get(tx.of(item::table).count())
}

pub(super) fn has(tx: &mut Tx<'_>, slug: &str) -> Result<bool> {
    tx.get(diesel::select(diesel::dsl::exists(tx.of(item::table).filter(item::slug.eq(slug.to_owned())))))
}

/// What nobody should write.
pub(super) fn count_of_all(tx: &mut Tx<'_>) -> Result<i64> {
    tx.get(item::table.count())
}
