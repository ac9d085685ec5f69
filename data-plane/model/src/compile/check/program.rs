//! Programs that are run as checks.

use std::os::unix::ffi::OsStrExt;

use sluicegate_health::script::{Place, Program};
use sluicegate_proto::v1::{self, program_probe::Listens};

use super::super::address;
use super::super::reason::Fault;
use super::super::scope::Scope;
use crate::listener::UnixName;

pub(super) fn program(wire: &v1::ProgramProbe, scope: &mut Scope<'_>) -> Option<Program> {
    let what = "command";
    let command = match scope.text(what, &wire.command)? {
        None => return scope.fault(Fault::Empty { what }),
        Some(name) if !name.contains('/') && wire.path.is_empty() => {
            return scope.fault(Fault::Meaningless { what: "a command to be looked for without a path" });
        }
        Some(command) => command,
    };
    let path = scope.text("path", &wire.path);
    let listens = match &wire.listens {
        None => Some(Place::Nowhere),
        Some(Listens::Ip(ip)) => address::socket(ip, 0, scope).map(|at| Place::Ip(at.ip(), at.port().into())),
        Some(Listens::Unix(unix)) => address::unix_peer(unix, scope).map(|name| place(&name)),
    };
    Some(Program {
        command,
        path: path?.unwrap_or_default(),
        listens: listens?,
        keeps_environment: wire.keeps_environment,
    })
}

/// A name without a path is told as an empty one, as HAProxy does.
fn place(name: &UnixName) -> Place {
    match name {
        UnixName::Path(path) => Place::Unix(path.as_os_str().as_bytes().into()),
        UnixName::Abstract(_) => Place::Unix(Box::default()),
    }
}
