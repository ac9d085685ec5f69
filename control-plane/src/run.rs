//! `sluicegate run`: both planes in one process.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use sluicegate_control_runtime::files::Reload;
use tracing_subscriber::filter::LevelFilter;

use crate::command::Run;
use crate::standalone::Standalone;
use crate::{log, sources};

/// Serves until a signal. Exit code 1 where the first configuration is refused.
pub(crate) fn run(mut options: Run) -> anyhow::Result<ExitCode> {
    log::start(LevelFilter::INFO, log::Scope::Standalone);
    let admin = options.sources.admin.take();
    let Some(sources) = sources::sources(options.sources, Reload::Watch)? else {
        return Ok(ExitCode::FAILURE);
    };
    let workers = options.workers.map(usize::from).and_then(NonZeroUsize::new);
    Standalone { sources, admin, workers, predecessors: Vec::new(), reload: None }.serve(|| Ok(()))
}
