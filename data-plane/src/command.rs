//! The command line of `sluicegate-proxy`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::{Parser, Subcommand};
use sluicegate_proxy_runtime::Settings;
use sluicegate_sync::tls::ClientTls;
use sluicegate_sync::{ControlAddress, Target};

/// Proxy of a Sluicegate control plane: receives its configuration, serves it, reports health and statistics back.
///
/// It serves on while the control plane is away, and comes back to it by itself. What it listens on is the control plane's to
/// say, the listener for monitoring among it (`sluicegate control --admin-http`).
#[derive(Debug, Parser)]
#[command(name = "sluicegate-proxy", version, after_long_help = AFTER, subcommand_negates_reqs = true)]
pub(crate) struct Command {
    #[command(subcommand)]
    pub(crate) action: Option<Action>,
    /// The control plane: unix:PATH, HOST:PORT, https://HOST:PORT (mutual TLS) or http://HOST:PORT (with --insecure)
    #[arg(long, value_name = "ADDR", env = "SLUICEGATE_CONTROL", required = true)]
    control: Option<String>,
    /// Keep the last good snapshot here: a restart serves it at once, even without the control plane
    #[arg(long, value_name = "DIR", env = "SLUICEGATE_STATE_DIR")]
    state_dir: Option<PathBuf>,
    /// Folder with ca.pem, proxy.pem and proxy.key, as `sluicegate pki init` makes it
    #[arg(long, value_name = "DIR", env = "SLUICEGATE_TLS", conflicts_with_all = ["ca", "cert", "key"])]
    tls: Option<PathBuf>,
    /// Certificate of the authority that signed the control plane's certificate (PEM)
    #[arg(long, value_name = "FILE", env = "SLUICEGATE_CA", requires_all = ["cert", "key"])]
    ca: Option<PathBuf>,
    /// This proxy's certificate (PEM)
    #[arg(long, value_name = "FILE", env = "SLUICEGATE_CERT", requires_all = ["ca", "key"])]
    cert: Option<PathBuf>,
    /// The private key of --cert (PEM)
    #[arg(long, value_name = "FILE", env = "SLUICEGATE_KEY", requires_all = ["ca", "cert"])]
    key: Option<PathBuf>,
    /// Speak plain TCP: everyone on the way can read the configuration, and change it
    #[arg(long, env = "SLUICEGATE_INSECURE", conflicts_with_all = ["tls", "ca"])]
    insecure: bool,
    /// Serve the configuration of this group of proxies
    #[arg(long, value_name = "NAME", env = "SLUICEGATE_SCOPE", default_value = "default")]
    scope: String,
    /// Name of this proxy in `sluicegate status` [default: the one kept in --state-dir, else the host's name and a number]
    #[arg(long, value_name = "ID", env = "SLUICEGATE_ID")]
    id: Option<String>,
    /// Threads that move traffic [default: one a CPU]
    #[arg(long, value_name = "N", env = "SLUICEGATE_WORKERS")]
    workers: Option<NonZeroUsize>,
    /// Run the programs that the control plane names as health checks (HAProxy: external-check), as this process's user
    #[arg(long, env = "SLUICEGATE_ALLOW_EXTERNAL_CHECK")]
    allow_external_check: bool,
    /// Whom root becomes at the start, a name or a number; ports below 1024 can be bound all the same
    #[arg(long, value_name = "NAME", env = "SLUICEGATE_USER")]
    pub(crate) user: Option<String>,
    /// Answer `sluicegate-proxy healthcheck` at this unix socket
    #[arg(long, value_name = "SOCKET", env = "SLUICEGATE_HEALTH", global = true)]
    pub(crate) health: Option<PathBuf>,
    /// How this process writes about itself on standard error; what is written is chosen by RUST_LOG
    #[arg(long, value_enum, value_name = "FORMAT", env = "SLUICEGATE_LOG_FORMAT", default_value_t = LogFormat::Full)]
    pub(crate) log_format: LogFormat,
}

/// What to do instead of serving.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Say by the exit code whether the proxy at --health serves something: 0 yes, 1 no (for containers and supervisors)
    Healthcheck,
}

const AFTER: &str = "\
Signals:
  SIGUSR1          stop softly: accept nothing new, finish what is there
  SIGTERM, SIGINT  stop at once

Exit codes:
  0  stopped by a signal
  1  could not start, or ended by a defect; standard error says why
  2  wrong arguments

Environment:
  SLUICEGATE_...   every option, by its name
  RUST_LOG         what is logged, such as warn or sluicegate_proxy_runtime=debug [default: info]";

/// How lines about this process look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// Time, level, place and text
    Full,
    /// Level and text, for who adds the time himself (journald, Docker)
    Short,
}

impl Command {
    /// What the proxy is started with.
    ///
    /// # Errors
    /// Where options do not go together, or certificates cannot be used.
    pub(crate) fn settings(self) -> Result<Settings> {
        let address = self.address()?;
        ensure!(
            sluicegate_proto::identity::is_scope(&self.scope),
            "--scope: '{}' is no name of a scope: 1 to 64 letters, digits, '.', '-' and '_'",
            self.scope
        );
        if let Some(id) = &self.id {
            let fits = (1..=128).contains(&id.len()) && !id.chars().any(char::is_control);
            ensure!(fits, "--id: 1 to 128 bytes without control characters");
        }
        let tls =
            self.client_tls().map(|tls| tls.load()).transpose().context("the certificates cannot be used")?;
        let mut settings = Settings::new(Target::new(address, tls)?, self.scope);
        settings.proxy_id = self.id;
        settings.state_dir = self.state_dir;
        settings.workers = self.workers;
        settings.runs_programs = self.allow_external_check;
        Ok(settings)
    }

    fn address(&self) -> Result<ControlAddress> {
        let written = self.control.as_deref().context("--control")?;
        let whole = match written.contains("://") || written.starts_with("unix:") {
            true => written.to_owned(),
            false if self.insecure => format!("http://{written}"),
            false => format!("https://{written}"),
        };
        let address: ControlAddress = whole.parse().context("--control")?;
        match address {
            ControlAddress::Tcp { tls: false, .. } if !self.insecure => bail!(
                "--control {written} is not encrypted: everyone on the way can read the configuration, and change it; \
                 use https:// with --tls, or say --insecure"
            ),
            ControlAddress::Tcp { tls: true, .. } if self.client_tls().is_none() => bail!(
                "--control {written} needs certificates: give --tls DIR (made by `sluicegate pki init DIR`), or \
                 --insecure for plain TCP"
            ),
            _ => Ok(address),
        }
    }

    fn client_tls(&self) -> Option<ClientTls> {
        if let Some(folder) = &self.tls {
            let file = |name| folder.join(name);
            return Some(ClientTls { ca: file("ca.pem"), cert: file("proxy.pem"), key: file("proxy.key") });
        }
        let (ca, cert, key) = (self.ca.clone()?, self.cert.clone()?, self.key.clone()?);
        Some(ClientTls { ca, cert, key })
    }
}

#[cfg(test)]
mod tests;
