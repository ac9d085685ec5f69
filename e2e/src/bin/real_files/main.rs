//! Checks and starts every `*.cfg` of a folder: `cargo run -p sluicegate-e2e --bin real_files -- FOLDER`.
//!
//! For files as people have them, of other hosts: what such a file names and this host has not (certificates, maps, error
//! pages, users, host names, variables) is stood for by dummies, and it is started in a network of its own where every
//! address and port is free. What `--modernize` makes of it is shown to this program and to Debian's HAProxy, which tell what
//! they refuse. Prints the findings of each file by class; the exit code is 1 if one of them does not serve.

mod dummies;
mod start;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use serde_json::Value;

use dummies::Prepared;

/// The classes, the worst first.
const CLASSES: [&str; 4] = ["fatal", "degraded", "inert", "note"];

fn main() -> ExitCode {
    let Some(folder) = env::args_os().nth(1) else {
        eprintln!("usage: real_files FOLDER");
        return ExitCode::FAILURE;
    };
    match try_all(Path::new(&folder)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{}: {error}", Path::new(&folder).display());
            ExitCode::FAILURE
        }
    }
}

/// Whether all files passed and served.
fn try_all(folder: &Path) -> io::Result<bool> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "cfg"));
    files.sort();
    let (mut passed, mut served) = (0, 0);
    for file in &files {
        let prepared = dummies::prepare(&fs::read(file)?)?;
        let (code, report) = start::check(&prepared)?;
        let started = start::serves(&prepared)?;
        passed += usize::from(code != 1);
        served += usize::from(started.is_ok());
        tell(file, &prepared, (code, &report), &started);
        print!("{}", start::modern(&prepared)?);
    }
    println!("{} file(s): {passed} pass `check`, {served} start", files.len());
    Ok(passed == files.len() && served == files.len())
}

fn tell(file: &Path, prepared: &Prepared, (code, report): (i32, &Value), started: &Result<String, String>) {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let counts: Vec<String> =
        CLASSES.iter().map(|class| format!("{} {class}", report["counts"][class])).collect();
    println!("{name}: check {code} ({})", counts.join(", "));
    match started {
        Ok(said) => println!("  starts: {said}"),
        Err(said) => println!("  DOES NOT START:\n{said}"),
    }
    for dummy in &prepared.dummies {
        println!("  provided: {dummy}");
    }
    for class in CLASSES {
        for (message, lines) in by_message(report, class) {
            println!("  {class}: {message} [{lines}]");
        }
    }
}

/// The messages of a class, and the lines that they are about.
fn by_message(report: &Value, class: &str) -> BTreeMap<String, String> {
    let mut messages: BTreeMap<String, String> = BTreeMap::new();
    for finding in report["findings"].as_array().into_iter().flatten().filter(|f| f["class"] == class) {
        let message = finding["message"].as_str().unwrap_or_default().to_owned();
        let lines = messages.entry(message).or_default();
        let comma = if lines.is_empty() { "line " } else { ", " };
        lines.push_str(&format!("{comma}{}", finding["line"]));
    }
    messages
}
