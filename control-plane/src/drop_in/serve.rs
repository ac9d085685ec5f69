//! Serving under the name `haproxy`: files are read at the start and on SIGHUP or SIGUSR2, not watched.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use anyhow::Context as _;
use sluicegate_control_runtime::control::Sources;
use sluicegate_control_runtime::files::Reload;
use sluicegate_provider_file::load::Loaded;
use tokio::sync::mpsc;
use tracing_subscriber::filter::LevelFilter;

use super::arguments::{Arguments, Volume};
use super::{daemon, pid_file, read, system};
use crate::standalone::Standalone;
use crate::{admin, identity, log, say};

/// Exit code 1 where the configuration is refused, or cannot be served.
pub(super) fn serve(arguments: Arguments) -> anyhow::Result<ExitCode> {
    // The first process has read the files already, and told what it found.
    let parent = daemon::parent();
    let Some((inputs, loaded)) =
        read(&Arguments { volume: quieter(&arguments, parent.is_some()), ..arguments.clone() })
    else {
        return Ok(ExitCode::FAILURE);
    };
    if !loaded.listens {
        say::err(format_args!("error: nothing listens: give a frontend a `bind` line"));
        return Ok(ExitCode::FAILURE);
    }
    if parent.is_none() && wants_background(&arguments, &loaded) {
        if inputs.once.is_used() {
            say::err(format_args!(
                "error: a pipe cannot be read a second time by the process in the background: give -f a file, or -db"
            ));
            return Ok(ExitCode::FAILURE);
        }
        return daemon::spawn().context("going to the background");
    }
    let level = if arguments.volume == Volume::Quiet { LevelFilter::ERROR } else { LevelFilter::INFO };
    log::start(level, log::Scope::Standalone);
    for (option, reason) in &arguments.inert {
        tracing::info!("{option} has no effect: {reason}");
    }
    let (reload, demands) = mpsc::channel(1);
    let predecessors = arguments.relieve.iter().flat_map(|old| &old.pids);
    let standalone = Standalone {
        predecessors: predecessors.filter_map(|pid| u32::try_from(*pid).ok()).collect(),
        admin: admin::of_environment(),
        workers: None::<NonZeroUsize>,
        user: identity::default_of_environment(),
        program: loaded.program.clone(),
        reload: Some(reload),
        sources: Sources {
            files: Some((inputs, loaded.clone(), Reload::OnDemand(demands))),
            docker: None,
            certificates: Vec::new(),
            entrypoints: Vec::new(),
            admin_http: None,
        },
    };
    standalone.serve(|| {
        if let Some(file) = pid_file(&arguments, &loaded) {
            let written =
                system::write_pid(&file).with_context(|| format!("the pid file {}", file.display()));
            match (written, daemon::foreground_reason()) {
                // HAProxy writes none in the foreground; files from elsewhere name folders that a container may not write.
                (Err(error), Some(_)) => tracing::warn!("{error:#}"),
                (written, _) => written?,
            }
        }
        if let Some(old) = &arguments.relieve {
            system::relieve(old);
        }
        if arguments.notify {
            system::notify("READY=1").context("telling systemd")?;
        }
        parent.map_or(Ok(()), |parent| parent.release().context("going to the background"))
    })
}

fn quieter(arguments: &Arguments, told: bool) -> Volume {
    if told { Volume::Quiet } else { arguments.volume }
}

/// `-D` or `daemon`, unless an option or the surroundings keep the process in the foreground.
fn wants_background(arguments: &Arguments, loaded: &Loaded) -> bool {
    let wanted = !arguments.foreground && (arguments.daemon || loaded.program.daemon);
    // HAProxy's master stays in the foreground unless `-D` is given on the command line.
    let wanted = wanted && (arguments.daemon || !arguments.master_worker);
    match daemon::foreground_reason() {
        Some(reason) if wanted => {
            say::err(format_args!("notice: `daemon` has no effect: {reason}"));
            false
        }
        _ => wanted,
    }
}
