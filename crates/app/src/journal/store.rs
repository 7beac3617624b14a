//! The table `journal_entry`.

use super::{
    Entry, Event, What,
    model::{InProject, Subject},
};
use crate::{Tx, people, projects};
use db::schema::journal_entry::{self, dsl};
use diesel::{ExpressionMethods, Insertable, QueryDsl, Queryable, Selectable, SelectableHelper};
use kernel::{EntryId, JournalEntryId, PersonId, ProjectId, Result, Timestamp};
use vault::Place;

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = journal_entry)]
struct Row {
    id: JournalEntryId,
    at: Timestamp,
    actor_id: Option<PersonId>,
    project_id: Option<ProjectId>,
    subject_id: Option<EntryId>,
    kind: String,
    details: Vec<u8>,
}

fn place(id: JournalEntryId) -> Place {
    Place::new("journal_entry", "details", id)
}

pub(super) fn insert(tx: &mut Tx<'_, '_>, what: What, event: &Event) -> Result<()> {
    let id = tx.db.id();
    let row = Row {
        id,
        at: tx.db.now(),
        actor_id: event.actor.or_else(|| tx.signed_in().map(access::Actor::person)),
        project_id: event.project,
        subject_id: event.subject.map(EntryId::from_bytes),
        kind: what.as_str().to_owned(),
        details: tx.seal(place(id), &event.name),
    };
    tx.db.insert(dsl::journal_entry, &row)
}

pub(super) fn newest_before(
    tx: &mut Tx<'_, '_>,
    project: Option<ProjectId>,
    before: JournalEntryId,
    limit: usize,
) -> Result<Vec<Entry>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = tx
        .db
        .of(dsl::journal_entry)
        .filter(dsl::id.lt(before))
        .order(dsl::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .into_boxed::<db::Backend>();
    if let Some(project) = project {
        query = query.filter(dsl::project_id.eq(project));
    } else if let Some(projects) = tx.actor()?.guest_projects() {
        query = query.filter(dsl::project_id.eq_any(projects.to_vec()));
    }
    let rows: Vec<Row> = tx.db.load(query)?;
    let people = people::refs(tx)?;
    let projects = projects::names(tx)?;
    rows.into_iter()
        .map(|row| {
            let name = tx.open(place(row.id), &row.details)?;
            Ok(Entry {
                id: row.id,
                at: row.at,
                actor: row.actor_id.and_then(|id| people.get(&id).cloned()),
                kind: row.kind,
                project: row.project_id.map(|id| InProject { id, name: projects.get(&id).cloned() }),
                subject: row.subject_id.map(|id| Subject { id: id.to_string(), name }),
            })
        })
        .collect()
}
