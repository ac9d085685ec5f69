//! The control plane, the standalone load balancer and the tools around them.

mod admin;
mod check;
mod command;
mod console;
mod control;
mod drop_in;
mod explain;
mod healthcheck;
mod identity;
mod log;
mod rights;
mod run;
mod say;
mod sources;
mod standalone;
mod status;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;

use command::{Action, Command, PkiAction};

fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    let outcome = if Path::new(&name).file_name() == Some(OsStr::new("haproxy")) {
        drop_in::main()
    } else {
        perform(Command::parse().action)
    };
    outcome.unwrap_or_else(|error| {
        say::err(format_args!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

fn perform(action: Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::Run(options) => run::run(options),
        Action::Check(options) => Ok(check::check(&options)),
        Action::Control(options) => control::control(options),
        Action::Status(options) => status::status(&options.asked),
        Action::Explain(options) => explain::explain(&options),
        Action::Healthcheck(options) => healthcheck::healthcheck(&options),
        Action::Pki(options) => {
            let PkiAction::Init { folder, names } = options.action;
            for file in sluicegate_grpc::pki::init(&folder, &names)? {
                say::out(file.display());
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}
