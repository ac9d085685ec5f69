//! What the files ask of the process, and what root keeps when it becomes somebody else.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Gid;
use sluicegate_haproxy::program::Program;
use sluicegate_proxy_runtime::rights::Kept;

/// What the files of this program need, and the engine of containers.
pub(crate) fn kept(program: &Program, engine: Option<Gid>) -> Kept {
    Kept {
        raw: program.foreign_sources,
        groups: engine.into_iter().collect(),
        may_gain: program.may_gain_rights,
        dumpable: program.dumpable,
    }
}

/// Sets the limit of open files as `ulimit-n` and `fd-hard-limit` say; what cannot be had is told.
pub(crate) fn limit_files(program: &Program) {
    let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    let wanted = match (program.files, program.most_files) {
        (Some(files), _) => files,
        (None, Some(most)) => most.min(hard),
        (None, None) => return,
    };
    if let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, wanted, wanted) {
        tracing::warn!(%error, wanted, hard, "`ulimit-n` cannot be had: the limit of open files is another");
    }
}
