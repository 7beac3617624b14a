//! The table `project`.

use super::{Dye, Project, ProjectName, model::State};
use crate::Tx;
use db::schema::project::{self, dsl};
use diesel::{ExpressionMethods, Insertable, QueryDsl, Queryable, Selectable, SelectableHelper};
use kernel::{Error, PersonId, ProjectId, Result, Timestamp};
use vault::Place;

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = project, treat_none_as_default_value = false)]
struct Row {
    id: ProjectId,
    name: Vec<u8>,
    name_tag: Vec<u8>,
    dye: String,
    created_at: Timestamp,
    created_by: PersonId,
    archived_at: Option<Timestamp>,
    revision: i64,
    files: i64,
    bytes: i64,
}

fn place(id: ProjectId) -> Place {
    Place::new("project", "name", id)
}

fn tag(tx: &Tx<'_, '_>, name: &ProjectName) -> Vec<u8> {
    tx.key().tag("project.name", name.as_str().as_bytes()).to_vec()
}

fn open(tx: &Tx<'_, '_>, row: &Row) -> Result<Project> {
    Ok(Project {
        id: row.id,
        account: tx.db.account(),
        name: tx.open(place(row.id), &row.name)?,
        dye: Dye::parse(&row.dye)?,
        state: if row.archived_at.is_some() { State::Archived } else { State::Active },
        created_at: row.created_at,
        created_by: row.created_by,
        revision: row.revision,
        files: row.files,
        bytes: row.bytes,
    })
}

pub(super) fn insert(
    tx: &mut Tx<'_, '_>,
    name: &ProjectName,
    dye: Dye,
    created_by: PersonId,
) -> Result<Project> {
    let id = tx.db.id();
    let row = Row {
        id,
        name: tx.seal(place(id), name.as_str()),
        name_tag: tag(tx, name),
        dye: dye.as_str().to_owned(),
        created_at: tx.db.now(),
        created_by,
        archived_at: None,
        revision: 1,
        files: 0,
        bytes: 0,
    };
    tx.db.insert(dsl::project, &row)?;
    open(tx, &row)
}

pub(super) fn by_id(tx: &mut Tx<'_, '_>, id: ProjectId) -> Result<Option<Project>> {
    let row: Option<Row> =
        tx.db.first(tx.db.of(dsl::project).filter(dsl::id.eq(id)).select(Row::as_select()))?;
    row.map(|row| open(tx, &row)).transpose()
}

pub(super) fn all(tx: &mut Tx<'_, '_>, archived: bool) -> Result<Vec<Project>> {
    let mine = tx.db.of(dsl::project).filter(dsl::archived_at.is_not_null().eq(archived));
    let rows: Vec<Row> = tx.db.load(mine.select(Row::as_select()))?;
    rows.iter().map(|row| open(tx, row)).collect()
}

pub(super) fn count(tx: &mut Tx<'_, '_>) -> Result<usize> {
    let count: i64 = tx.db.get(tx.db.of(dsl::project).count())?;
    Ok(usize::try_from(count).unwrap_or(0))
}

pub(super) fn refuse_taken(tx: &mut Tx<'_, '_>, name: &ProjectName, except: Option<ProjectId>) -> Result<()> {
    let tag = tag(tx, name);
    let holder: Option<ProjectId> =
        tx.db.first(tx.db.of(dsl::project).filter(dsl::name_tag.eq(tag)).select(dsl::id))?;
    match holder {
        Some(id) if Some(id) != except => {
            Err(Error::conflict("name-taken").field("name").with("name", name.as_str()).with("id", id))
        }
        _ => Ok(()),
    }
}

pub(super) fn update(tx: &mut Tx<'_, '_>, id: ProjectId, name: &ProjectName, dye: Dye) -> Result<()> {
    let (sealed, tag) = (tx.seal(place(id), name.as_str()), tag(tx, name));
    let change = diesel::update(tx.db.of(dsl::project).filter(dsl::id.eq(id))).set((
        dsl::name.eq(sealed),
        dsl::name_tag.eq(tag),
        dsl::dye.eq(dye.as_str()),
        dsl::revision.eq(dsl::revision + 1),
    ));
    tx.db.execute(change).map(drop)
}

pub(super) fn set_archived(tx: &mut Tx<'_, '_>, id: ProjectId, archived: bool) -> Result<()> {
    let at = archived.then(|| tx.db.now());
    let change = diesel::update(tx.db.of(dsl::project).filter(dsl::id.eq(id)))
        .set((dsl::archived_at.eq(at), dsl::revision.eq(dsl::revision + 1)));
    tx.db.execute(change).map(drop)
}

/// Adds to what the project holds. Its revision stays: what people say of a project has not changed.
pub(super) fn add_content(tx: &mut Tx<'_, '_>, id: ProjectId, files: i64, bytes: i64) -> Result<()> {
    let change = diesel::update(tx.db.of(dsl::project).filter(dsl::id.eq(id)))
        .set((dsl::files.eq(dsl::files + files), dsl::bytes.eq(dsl::bytes + bytes)));
    tx.db.execute(change).map(drop)
}
