//! `sluicegate-proxy`: the data plane alone, led by a control plane elsewhere.

mod command;
mod health;

use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use sluicegate_proxy_runtime::Proxy;
use sluicegate_proxy_runtime::rights::{self, Identity, Kept};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use command::{Action, Command, LogFormat};

fn main() -> ExitCode {
    let command = Command::parse();
    log(command.log_format);
    let outcome = match command.action {
        Some(Action::Healthcheck) => healthcheck(&command),
        None => run(command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sluicegate-proxy: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn healthcheck(command: &Command) -> Result<()> {
    let socket = command.health.as_deref().context("which proxy? name its socket with --health")?;
    let generation = health::ask(socket)?;
    // Whoever reads it may have gone: that changes nothing.
    let _nobody_reads = writeln!(std::io::stdout(), "healthy: generation {generation}");
    Ok(())
}

/// Becomes the user of the command line, where root started it.
fn become_user(name: &str) -> Result<()> {
    let identity = Identity::for_root(name)
        .with_context(|| format!("--user: there is no user `{name}` on this host"))?;
    rights::prepare(identity);
    rights::let_go(identity, &Kept::default()).context("--user")
}

fn run(mut command: Command) -> Result<()> {
    let (user, health) = (command.user.take(), command.health.take());
    // Keys that only root may read are read here.
    let settings = command.settings()?;
    become_user(user.as_deref().unwrap_or_default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before the start: a signal that comes during it is not lost.
        let mut soft = signal(SignalKind::user_defined1())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // Its default would end the process; there is no file to be read again.
        let mut hangup = signal(SignalKind::hangup())?;
        let health = health.as_deref().map(health::listen).transpose()?;
        let proxy = Proxy::start(settings).context("cannot start")?;
        if let Some(listener) = health {
            tokio::spawn(health::answer(listener, proxy.served()));
        }
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
