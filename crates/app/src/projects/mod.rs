//! Projects: what a group works in. Each is the root folder of its files.

mod model;
mod routes;
mod store;

pub use model::{Draft, Dye, Project, ProjectName, State, View};
pub(crate) use routes::routes;

use crate::{
    Done, Tx,
    journal::{self, Event, What},
    people,
};
use access::{Editable, Visible};
use kernel::{Error, ProjectId, Result};
use std::collections::HashMap;

/// The project, where the actor sees it.
pub fn load(tx: &mut Tx<'_, '_>, id: ProjectId) -> Result<Visible<Project>> {
    let project = store::by_id(tx, id)?.ok_or_else(Error::not_found)?;
    tx.see(project)
}

/// The projects that the actor sees, in the order of their names.
pub fn list(tx: &mut Tx<'_, '_>, archived: bool) -> Result<Vec<Project>> {
    let actor = tx.actor()?;
    let mut projects = store::all(tx, archived)?;
    projects.retain(|project| actor.sees(project.id));
    projects.sort_by_cached_key(|project| project.name.to_lowercase());
    Ok(projects)
}

/// The names of the projects that the actor sees, archived ones too.
pub fn names(tx: &mut Tx<'_, '_>) -> Result<HashMap<ProjectId, String>> {
    let mut projects = list(tx, false)?;
    projects.append(&mut list(tx, true)?);
    Ok(projects.into_iter().map(|project| (project.id, project.name)).collect())
}

/// Projects as they are shown: with what happened last in each, and what the actor may do there.
pub fn view(tx: &mut Tx<'_, '_>, projects: Vec<Project>) -> Result<Vec<View>> {
    let (people, may_manage) = (people::refs(tx)?, tx.actor()?.manages_projects());
    let names = projects.iter().map(|project| (project.id, project.name.clone())).collect();
    let mut last = journal::last(tx, &names, &people)?;
    let view = |project: Project| View {
        created_by: people.get(&project.created_by).cloned(),
        may_edit: project.state == State::Active,
        may_manage,
        last_change: last.remove(&project.id),
        project,
    };
    Ok(projects.into_iter().map(view).collect())
}

/// Makes a project.
///
/// # Errors
/// Forbidden to guests; `name-taken`.
pub fn create(tx: &mut Tx<'_, '_>, draft: &Draft) -> Result<Done<Project>> {
    let actor = tx.actor()?;
    actor.managing_projects()?;
    let name = ProjectName::parse(&draft.name)?;
    store::refuse_taken(tx, &name, None)?;
    let dye = match draft.dye {
        Some(dye) => dye,
        None => Dye::after(store::count(tx)?),
    };
    let project = store::insert(tx, &name, dye, actor.person())?;
    let event = Event::new(What::ProjectCreated).project(project.id).subject(project.id, &project.name);
    tx.done(project, event)
}

/// Changes a project's name or dye. Guests may not.
pub fn change(
    tx: &mut Tx<'_, '_>,
    project: &Editable<Project>,
    name: Option<&str>,
    dye: Option<Dye>,
) -> Result<Done<Project>> {
    tx.actor()?.managing_projects()?;
    let name = ProjectName::parse(name.unwrap_or(&project.name))?;
    store::refuse_taken(tx, &name, Some(project.id))?;
    store::update(tx, project.id, &name, dye.unwrap_or(project.dye))?;
    let changed = load(tx, project.id)?.into_inner();
    let event = Event::new(What::ProjectChanged).project(project.id).subject(project.id, &changed.name);
    tx.done(changed, event)
}

/// Archives a project, or restores it. Guests may not.
pub fn archive(tx: &mut Tx<'_, '_>, project: &Visible<Project>, archived: bool) -> Result<Done<Project>> {
    tx.actor()?.managing_projects()?;
    store::set_archived(tx, project.id, archived)?;
    let changed = load(tx, project.id)?.into_inner();
    let what = if archived { What::ProjectArchived } else { What::ProjectRestored };
    tx.done(changed, Event::new(what).project(project.id).subject(project.id, &project.name))
}

/// Notes that the project holds so many files and bytes more, or fewer. Whoever adds, removes or replaces live files says so in
/// the same transaction.
pub fn add_content(tx: &mut Tx<'_, '_>, project: ProjectId, files: i64, bytes: i64) -> Result<()> {
    store::add_content(tx, project, files, bytes)
}
