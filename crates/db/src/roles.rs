//! The roles of PostgreSQL, without which row level security protects nothing.
//!
//! The everyday role must be bound by it: no superuser, no `BYPASSRLS`, no owner of tables. The role for work across
//! accounts must not be bound: a policy would silently hide rows from a count or a backfill. `row_security = off` makes
//! the server refuse such a statement instead.

use crate::postgres::{Address, Wire};
use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::Bool};
use kernel::{Error, Result, ResultExt};

#[derive(QueryableByName)]
struct Role {
    #[diesel(sql_type = Bool)]
    bypasses: bool,
    #[diesel(sql_type = Bool)]
    owns: bool,
}

fn role(wire: &mut Wire) -> Result<Role> {
    sql_query(
        "SELECT rolsuper OR rolbypassrls AS bypasses, EXISTS (SELECT 1 FROM pg_class WHERE relowner = r.oid) AS owns \
         FROM pg_roles r WHERE rolname = current_user",
    )
    .get_result(wire)
    .or_unavailable()
}

/// Refuses an everyday role that row level security does not bind.
pub(crate) fn check_app(wire: &mut Wire) -> Result<()> {
    match role(wire)? {
        Role { bypasses: true, .. } => {
            Err(Error::unavailable("the role of `url` bypasses row level security"))
        }
        Role { owns: true, .. } => Err(Error::unavailable("the role of `url` owns tables")),
        Role { bypasses: false, owns: false } => Ok(()),
    }
}

/// Refuses a system role that row level security binds.
pub(crate) fn check_system(wire: &mut Wire) -> Result<()> {
    match role(wire)? {
        Role { bypasses: false, .. } => Err(Error::unavailable("the role of `system_url` lacks BYPASSRLS")),
        Role { owns: true, .. } => Err(Error::unavailable("the role of `system_url` owns tables")),
        Role { bypasses: true, owns: false } => Ok(()),
    }
}

/// Opens a session across accounts.
pub(crate) fn open_system(address: &Address) -> Result<Wire> {
    let mut wire = Wire::open(address)?;
    wire.batch_execute("SET row_security = off").or_unavailable()?;
    Ok(wire)
}
