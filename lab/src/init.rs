//! The first process of a lab's own process namespace: with it, all others end. It starts the keeper and buries whoever is left
//! by a parent that was killed, as PostgreSQL's processes are; Patroni waits for them to be gone.

use crate::Result;
use rustix::process::{Pid, WaitOptions, wait};
use std::{
    path::Path,
    process::{Command, ExitCode},
};

/// Runs until the keeper ends.
pub(crate) fn run(folder: &Path) -> Result<ExitCode> {
    let keeper = Command::new(std::env::current_exe()?).arg("keep").arg(folder).spawn()?;
    let keeper = Pid::from_child(&keeper);
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == keeper => {
                let code = status.exit_status().and_then(|code| u8::try_from(code).ok());
                return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
