//! The files of a project that were changed last: what somebody who comes back looks for first.

mod routes;

pub(crate) use routes::routes;

use super::{Entry, store};
use crate::{Tx, people, projects::Project};
use access::Visible;
use kernel::{Result, VersionId};

/// The live files that were changed last, the newest first, wherever in the project they are.
pub fn list(tx: &mut Tx<'_, '_>, project: &Visible<Project>, limit: usize) -> Result<Vec<Entry>> {
    let rows = store::newest_files(tx, project.id, limit)?;
    let versions: Vec<VersionId> = rows.iter().filter_map(|row| row.version_id).collect();
    let (people, mut sites) = (people::refs(tx)?, store::sites(tx, &versions)?);
    let open = |row: &store::Row| {
        let mut entry = store::open(tx, row, &people)?;
        entry.sites = entry.version_id.and_then(|version| sites.remove(&version)).unwrap_or_default();
        Ok(entry)
    };
    rows.iter().map(open).collect()
}
