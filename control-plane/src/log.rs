//! What the program says of itself, on stderr.

use std::io::{self, IsTerminal as _};

use sluicegate_haproxy::diagnostic::render::Style;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Sends events to stderr from now on; `RUST_LOG` chooses, else everything from `level` up.
pub(crate) fn start(level: LevelFilter) {
    let filter = EnvFilter::builder().with_default_directive(level.into()).from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(style() == Style::Colour)
        .with_target(false)
        .init();
}

/// Colours for people alone.
pub(crate) fn style() -> Style {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted && io::stderr().is_terminal() { Style::Colour } else { Style::Plain }
}
