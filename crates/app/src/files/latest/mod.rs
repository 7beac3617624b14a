//! The files of a project that were changed last: what somebody who comes back looks for first.

mod routes;

pub(crate) use routes::routes;

use super::{Entry, store};
use crate::{Tx, people, projects::Project};
use access::Visible;
use kernel::Result;

/// The live files that were changed last, the newest first, wherever in the project they are.
pub fn list(tx: &mut Tx<'_, '_>, project: &Visible<Project>, limit: usize) -> Result<Vec<Entry>> {
    let rows = store::newest_files(tx, project.id, limit)?;
    let people = people::refs(tx)?;
    let mut files: Vec<Entry> =
        rows.iter().map(|row| store::open(tx, row, &people)).collect::<Result<_>>()?;
    store::add_sites(tx, &mut files)?;
    Ok(files)
}
