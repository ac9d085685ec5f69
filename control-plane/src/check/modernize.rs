//! `sluicegate check --modernize`: one file in today's syntax.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use sluicegate_haproxy::Input;
use sluicegate_haproxy::diagnostic::render::{self, Style};
use sluicegate_haproxy::legacy;

use crate::say;

/// Prints the file on standard output, and what there is to say about it on standard error. Exit code 0: the whole file
/// was read; 1: it has errors, and the lines that they are on are printed as they are; 2: it could not be read.
pub(crate) fn modernize(files: &[PathBuf]) -> ExitCode {
    let [file] = files else {
        say::err("error: `--modernize` takes one file");
        return ExitCode::from(2);
    };
    let text = match fs::read(file) {
        Ok(text) => text,
        Err(error) => {
            say::err(format_args!("error: {}: {error}", file.display()));
            return ExitCode::from(2);
        }
    };
    let path = file.display().to_string();
    let environment = std::env::vars().collect();
    let modern = legacy::modernize(Input { path: &path, text: &text }, environment);
    let findings = render::all(&modern.diagnostics, &modern.sources, Style::Plain);
    if !findings.is_empty() {
        say::err(findings);
    }
    if io::stdout().write_all(&modern.text).is_err() {
        return ExitCode::from(2);
    }
    if modern.diagnostics.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
