//! `sluicegate check`: what is wrong with files, by the code that would serve them.

use std::process::ExitCode;

use sluicegate_control_runtime::pipeline::{Load, Pipeline};
use sluicegate_provider_file::load::{Loaded, load};

use crate::command::Check;
use crate::say;
use crate::sources;

/// The exit code for files that are right and would serve nothing, because nothing in them listens (HAProxy's, for `-c`).
pub(crate) const NOTHING_LISTENS: u8 = 2;

/// Exit code 0: would be served, perhaps with warnings; 1: would be refused; 2: nothing listens.
pub(crate) fn check(options: &Check) -> ExitCode {
    let mut loaded = load(&sources::inputs(options.files.clone(), options.format));
    let refused = compile(&mut loaded);
    for finding in loaded.findings.iter().chain(&refused) {
        say::err(finding);
    }
    let errors = loaded.tally.errors + refused.len();
    let warnings = loaded.tally.warnings;
    if errors > 0 {
        say::err(format_args!("{errors} error(s), {warnings} warning(s): this would be refused"));
        return ExitCode::FAILURE;
    }
    if !loaded.listens {
        say::err(format_args!(
            "no error, {warnings} warning(s), but nothing here listens: by itself it would serve nothing"
        ));
        return ExitCode::from(NOTHING_LISTENS);
    }
    say::out(format_args!("Configuration is valid, {warnings} warning(s)"));
    ExitCode::SUCCESS
}

/// Compiles what was read, as the control plane does before it publishes; why it would not be published.
pub(crate) fn compile(loaded: &mut Loaded) -> Vec<String> {
    if !loaded.is_good() {
        return Vec::new();
    }
    let mut pipeline = Pipeline::default();
    let fragments = Some(std::mem::take(&mut loaded.fragments));
    pipeline.take(Load { source: "files", fragments, diagnostics: Vec::new() }, 0);
    let mut refused = Vec::new();
    match pipeline.propose() {
        Ok(proposal) => pipeline.accept(proposal, 0),
        Err(reasons) => refused = reasons,
    }
    refused.extend(pipeline.quarantined().into_iter().map(|held| {
        let origin = held.origin.map(|origin| format!("{origin}: ")).unwrap_or_default();
        format!("error: {origin}{}", held.reason)
    }));
    refused
}
