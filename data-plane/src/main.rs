//! `sluicegate-proxy`: the data plane alone, led by a control plane elsewhere.

mod command;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use sluicegate_proxy_runtime::Proxy;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use command::{Command, LogFormat};

fn main() -> ExitCode {
    let command = Command::parse();
    log(command.log_format);
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sluicegate-proxy: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let settings = command.settings()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before the start: a signal that comes during it is not lost.
        let mut soft = signal(SignalKind::user_defined1())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // Its default would end the process; there is no file to be read again.
        let mut hangup = signal(SignalKind::hangup())?;
        let proxy = Proxy::start(settings).context("cannot start")?;
        loop {
            tokio::select! {
                () = proxy.ended() => break,
                _ = soft.recv() => proxy.soft_stop(),
                _ = terminate.recv() => proxy.hard_stop(),
                _ = interrupt.recv() => proxy.hard_stop(),
                _ = hangup.recv() => tracing::info!("SIGHUP: the configuration comes from the control plane"),
            }
        }
        if !proxy.join() {
            bail!("the control thread ended by a defect");
        }
        Ok(())
    })
}

/// The library of HTTP/2 warns of what clients send: they could fill the log.
const LOGGED: &str = "info,h2=off";

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        // A reader of stderr that goes away ends no service: the report of that would panic.
        .log_internal_errors(false);
    match format {
        LogFormat::Full => lines.init(),
        LogFormat::Short => lines.without_time().with_target(false).init(),
    }
}
