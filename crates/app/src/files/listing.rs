//! One page of a folder. Names are sealed, so the order is made here, after opening them.
//!
//! A cursor is the place of the last entry in that order, sealed since a name is part of it. So the next page goes on where
//! this one ended, also where that entry was renamed, moved or deleted meanwhile.

use super::{
    Entry, EntryKind, Folder, Order, Sort,
    model::{Run, sort_key},
    store,
};
use crate::{Tx, people};
use kernel::{Cursor, EntryId, Error, Page, Result};
use std::cmp::Ordering;
use vault::Place;

/// One page of a folder, folders first.
///
/// # Errors
/// `invalid-cursor`, where another list gave it.
pub fn list(
    tx: &mut Tx<'_, '_>,
    folder: &Folder,
    by: (Sort, Order),
    cursor: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Entry>> {
    let rows = store::in_folder(tx, folder.id)?;
    let people = people::refs(tx)?;
    let mut entries = rows
        .iter()
        .map(|row| store::open(tx, row, &people).map(|entry| (Spot::of(&entry, by.0), entry)))
        .collect::<Result<Vec<_>>>()?;
    entries.sort_unstable_by(|(a, _), (b, _)| a.compare(b, by.1));
    let start = match cursor {
        None => 0,
        Some(cursor) => {
            let last = Spot::read(tx, folder, by, cursor)?;
            entries.partition_point(|(spot, _)| spot.compare(&last, by.1) != Ordering::Greater)
        }
    };
    let page: Vec<Entry> = entries.into_iter().skip(start).take(limit + 1).map(|(_, entry)| entry).collect();
    let page = Page::cut(page, limit, |last| Spot::write(tx, folder, by, last));
    complete(tx, page)
}

/// Adds what the rows of the entries do not say.
fn complete(tx: &mut Tx<'_, '_>, mut page: Page<Entry>) -> Result<Page<Entry>> {
    let folders: Vec<EntryId> =
        page.items.iter().filter(|entry| entry.kind == EntryKind::Folder).map(|entry| entry.id).collect();
    let counts = store::counts(tx, &folders)?;
    store::add_sites(tx, &mut page.items)?;
    for entry in &mut page.items {
        entry.items = (entry.kind == EntryKind::Folder).then(|| counts.get(&entry.id).copied().unwrap_or(0));
    }
    Ok(page)
}

/// Where an entry stands in a list.
#[derive(Debug, PartialEq, Eq)]
struct Spot {
    kind: EntryKind,
    rank: Rank,
}

/// Where it stands among its kind. No two entries are alike in it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// What the list is ordered by, where that is not the name.
    value: i64,
    name: Vec<Run>,
    id: EntryId,
}

impl Spot {
    fn of(entry: &Entry, by: Sort) -> Self {
        let rank = Rank { value: value(entry, by), name: sort_key(&entry.name), id: entry.id };
        Self { kind: entry.kind, rank }
    }

    fn compare(&self, other: &Self, order: Order) -> Ordering {
        let rank = match order {
            Order::Asc => self.rank.cmp(&other.rank),
            Order::Desc => other.rank.cmp(&self.rank),
        };
        self.kind.cmp(&other.kind).then(rank)
    }

    /// The cursor of an entry: what it is ordered by, and which way 1 each │ kind 1 │ value 8 │ id 16 │ name; sealed for its folder.
    fn write(tx: &Tx<'_, '_>, folder: &Folder, by: (Sort, Order), entry: &Entry) -> Cursor {
        let mut plain = vec![by.0 as u8, by.1 as u8, entry.kind as u8];
        plain.extend_from_slice(&value(entry, by.0).to_be_bytes());
        plain.extend_from_slice(&entry.id.bytes());
        plain.extend_from_slice(entry.name.as_bytes());
        Cursor::new(&tx.key().seal(place(folder), &plain))
    }

    fn read(tx: &Tx<'_, '_>, folder: &Folder, by: (Sort, Order), cursor: &Cursor) -> Result<Self> {
        let invalid = || Error::invalid("invalid-cursor", "cursor");
        let plain = tx.key().open(place(folder), &cursor.bytes()?).map_err(|_| invalid())?;
        let (&[sort, order, kind], rest) = plain.split_first_chunk().ok_or_else(invalid)?;
        let (&value, rest) = rest.split_first_chunk().ok_or_else(invalid)?;
        let (&id, name) = rest.split_first_chunk().ok_or_else(invalid)?;
        let name = std::str::from_utf8(name).map_err(|_| invalid())?;
        if (sort, order) != (by.0 as u8, by.1 as u8) {
            return Err(invalid());
        }
        let kind = if kind == EntryKind::Folder as u8 { EntryKind::Folder } else { EntryKind::File };
        let (value, id) = (i64::from_be_bytes(value), EntryId::from_bytes(id));
        Ok(Self { kind, rank: Rank { value, name: sort_key(name), id } })
    }
}

fn value(entry: &Entry, by: Sort) -> i64 {
    match by {
        Sort::Name => 0,
        Sort::Changed => entry.changed_at.micros(),
        Sort::Size => entry.size.unwrap_or(0),
    }
}

fn place(folder: &Folder) -> Place {
    Place::new("entry", "cursor", folder.id)
}
