//! A full disk.

use crate::{Result, lab::Lab, plan::Site, services::store};
use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::PathBuf,
};

fn filler(lab: &Lab, site: Site) -> PathBuf {
    store::disk(lab, site).join("filler")
}

/// Fills the disk of a site's store, to the last byte.
pub(crate) fn fill(lab: &Lab, site: Site) -> Result<()> {
    let mut file = File::create(filler(lab, site))?;
    for size in [1 << 20, 1 << 12, 1] {
        let zeros = vec![0; size];
        loop {
            match file.write_all(&zeros) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// Makes room again.
pub(crate) fn empty(lab: &Lab, site: Site) -> Result<()> {
    Ok(fs::remove_file(filler(lab, site))?)
}
