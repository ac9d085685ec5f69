//! What the program says of itself, on stderr.

use std::io::{self, IsTerminal as _};

use sluicegate_haproxy::diagnostic::render::Style;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Whose events a log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All, for a control plane of several proxies.
    All,
    /// Not those of the session inside a standalone process: it says itself what comes of it.
    Standalone,
}

/// The library of HTTP/2 warns of what clients send: they could fill the log.
const HTTP2: &str = "h2=off";

/// Sends events to stderr from now on; `RUST_LOG` chooses, else everything from `level` up.
pub(crate) fn start(level: LevelFilter, scope: Scope) {
    let quiet = match scope {
        Scope::All => "",
        Scope::Standalone => ",sluicegate_grpc=off,sluicegate_sync=off",
    };
    let chosen = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_else(|_| format!("{level},{HTTP2}{quiet}"));
    let filter = EnvFilter::builder().parse_lossy(chosen);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(style() == Style::Colour)
        .with_target(false)
        // A reader of stderr that goes away ends no service: the report of that would panic.
        .log_internal_errors(false)
        .init();
}

/// Colours for people alone.
pub(crate) fn style() -> Style {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted && io::stderr().is_terminal() { Style::Colour } else { Style::Plain }
}
