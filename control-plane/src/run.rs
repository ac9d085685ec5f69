//! `sluicegate run`: both planes in one process.

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use sluicegate_control_runtime::files::Reload;
use tracing_subscriber::filter::LevelFilter;

use crate::command::Run;
use crate::drop_in::write_pid;
use crate::standalone::Standalone;
use crate::{log, sources};

/// Serves until a signal. Exit code 1 where the first configuration is refused.
pub(crate) fn run(mut options: Run) -> anyhow::Result<ExitCode> {
    log::start(LevelFilter::INFO, log::Scope::Standalone);
    let (admin, user) = (options.sources.admin.take(), options.sources.user.take());
    let Some(sources) = sources::sources(options.sources, Reload::Watch)? else {
        return Ok(ExitCode::FAILURE);
    };
    let workers = options.workers.map(usize::from).and_then(NonZeroUsize::new);
    let program = sources.files.as_ref().map(|(_, loaded, _)| loaded.program.clone()).unwrap_or_default();
    let pid_file = program.pid_file.clone();
    Standalone { sources, admin, workers, user, predecessors: Vec::new(), program, reload: None }.serve(
        || {
            pid_file.map_or(Ok(()), |file| {
                write_pid(Path::new(&file)).with_context(|| format!("the pid file {file}"))
            })
        },
    )
}
