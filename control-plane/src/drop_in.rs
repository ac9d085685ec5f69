//! The program under the name `haproxy`: its command line, its exit codes, its signals.

pub(crate) mod arguments;
mod daemon;
mod serve;
mod system;
mod texts;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use sluicegate_haproxy::predicate::{self, LANGUAGE_BRANCH, LANGUAGE_VERSION};
use sluicegate_provider_file::load::{Inputs, Limits, Loaded, load};

use crate::check::{NOTHING_LISTENS, compile};
use crate::command::Format;
use crate::say;
use crate::sources;
pub(crate) use system::write_pid;

use arguments::{Action, Arguments, Volume};

/// Does what HAProxy would with this command line.
pub(crate) fn main() -> anyhow::Result<ExitCode> {
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let arguments = match arguments::parse(words) {
        Ok(arguments) => arguments,
        Err(error) => {
            say::err(format_args!("error: {error}"));
            say::err(texts::USAGE.trim_end());
            return Ok(ExitCode::FAILURE);
        }
    };
    if let Some(folder) = &arguments.directory {
        std::env::set_current_dir(folder).with_context(|| format!("-C {}", folder.display()))?;
    }
    match &arguments.action {
        Action::Usage => {
            say::err(texts::USAGE.trim_end());
            Ok(ExitCode::FAILURE)
        }
        Action::Version => {
            say::out(texts::version());
            Ok(ExitCode::SUCCESS)
        }
        Action::BuildInfo => {
            say::out(texts::build_info().trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Action::Evaluate(condition) => Ok(evaluate(condition)),
        Action::Check => Ok(check(&arguments)),
        Action::Serve => serve::serve(arguments),
    }
}

/// `-cc`: 0 for true, 1 for false, 2 for a condition that cannot be read.
fn evaluate(condition: &str) -> ExitCode {
    match predicate::evaluate_line(condition, &sources::environment()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say::err(format_args!("error: {error}"));
            ExitCode::from(2)
        }
    }
}

/// `-c`.
fn check(arguments: &Arguments) -> ExitCode {
    let Some((_, mut loaded)) = read(arguments) else { return ExitCode::FAILURE };
    let refused = compile(&mut loaded);
    refused.iter().for_each(say::err);
    if !refused.is_empty() {
        return ExitCode::FAILURE;
    }
    if !loaded.listens {
        say::err(format_args!(
            "Configuration file has no error but will not start (no listener) => exit({NOTHING_LISTENS})."
        ));
        return ExitCode::from(NOTHING_LISTENS);
    }
    if arguments.volume != Volume::Quiet {
        say::out("Configuration file is valid");
    }
    ExitCode::SUCCESS
}

/// What the files hold, if nothing stands against serving it, and what was read; findings go to stderr.
fn read(arguments: &Arguments) -> Option<(Inputs, Loaded)> {
    if arguments.files.is_empty() {
        say::err(format_args!("error: no configuration file: name one with -f"));
        return None;
    }
    let inputs = inputs(arguments);
    let loaded = load(&inputs);
    // Errors are told whatever `-q` and `quiet` say.
    let quiet = arguments.volume == Volume::Quiet && loaded.is_good();
    if !quiet {
        loaded.findings.iter().for_each(say::err);
    }
    if !loaded.is_good() {
        return None;
    }
    if loaded.tally.warnings > 0 && (arguments.zero_warning || loaded.program.zero_warning) {
        say::err(format_args!(
            "error: {} warning(s), and none is allowed (-dW, zero-warning)",
            loaded.tally.warnings
        ));
        return None;
    }
    Some((inputs, loaded))
}

fn inputs(arguments: &Arguments) -> Inputs {
    let mut inputs = sources::inputs(arguments.files.clone(), Some(Format::Haproxy), false);
    inputs.drop_in = true;
    inputs.limits =
        Limits { process: arguments.max_connections, frontend: arguments.frontend_max_connections };
    let host = || nix::unistd::gethostname().unwrap_or_default().to_string_lossy().into_owned();
    inputs.environment.set("HAPROXY_STARTUP_VERSION", LANGUAGE_VERSION);
    inputs.environment.set("HAPROXY_BRANCH", LANGUAGE_BRANCH);
    if arguments.master_worker {
        inputs.environment.set("HAPROXY_MWORKER", "1");
    }
    inputs.environment.set("HAPROXY_LOCALPEER", &arguments.peer_name.clone().unwrap_or_else(host));
    inputs
}

/// `-p`, else `pidfile`.
fn pid_file(arguments: &Arguments, loaded: &Loaded) -> Option<PathBuf> {
    arguments.pid_file.clone().or_else(|| loaded.program.pid_file.as_ref().map(PathBuf::from))
}
