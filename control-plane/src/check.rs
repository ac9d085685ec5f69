//! `sluicegate check`: what is wrong with files, by the code that would serve them.

mod github;
mod json;
mod modernize;

use std::process::ExitCode;

use sluicegate_control_runtime::control::now_unix_ms;
use sluicegate_control_runtime::pipeline::{Load, Pipeline};
use sluicegate_haproxy::diagnostic::Verdict;
use sluicegate_provider_file::finding::Finding;
use sluicegate_provider_file::load::{Inputs, Loaded, Told, load};

use crate::command::{Check, Findings};
use crate::identity;
use crate::say;
use crate::sources;

/// The exit code for files that are right and would serve nothing, because nothing in them listens (HAProxy's, for `-c`).
pub(crate) const NOTHING_LISTENS: u8 = 2;

/// What would become of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Served,
    Refused,
    NothingListens,
}

/// Everything that there is to say about the files.
struct Report {
    outcome: Outcome,
    /// Where they are for programs.
    findings: Vec<Finding>,
    /// How many there are, by kind.
    counts: [usize; 4],
    /// Beyond those that are kept, by kind.
    dropped: [usize; 4],
}

/// Exit code 0: would be served, perhaps with warnings; 1: would be refused; 2: nothing listens.
pub(crate) fn check(options: &Check) -> ExitCode {
    if options.modernize {
        return modernize::modernize(&options.files);
    }
    let told = if options.output == Findings::Text { Told::People } else { Told::Programs };
    let mut loaded =
        load(&Inputs { told, ..sources::inputs(options.files.clone(), options.format, options.strict) });
    let refused = compile(&mut loaded);
    let drawn = std::mem::take(&mut loaded.findings);
    let report = Report::of(loaded, &refused);
    match options.output {
        Findings::Text => {
            drawn.iter().chain(&refused).for_each(say::err);
            report.sum_up();
        }
        Findings::Json => json::write(&report),
        Findings::Github => {
            report.findings.iter().for_each(|finding| say::out(github::command(finding)));
            report.sum_up();
        }
    }
    match report.outcome {
        Outcome::Served => ExitCode::SUCCESS,
        Outcome::Refused => ExitCode::FAILURE,
        Outcome::NothingListens => ExitCode::from(NOTHING_LISTENS),
    }
}

impl Report {
    fn of(loaded: Loaded, refused: &[String]) -> Self {
        let outcome = match (loaded.tally.errors + refused.len(), loaded.listens) {
            (0, true) => Outcome::Served,
            (0, false) => Outcome::NothingListens,
            _ => Outcome::Refused,
        };
        let mut findings = loaded.list;
        let bare = |text: &String| text.strip_prefix("error: ").unwrap_or(text).to_owned();
        findings.extend(refused.iter().map(|text| Finding::fatal("does-not-compile", bare(text))));
        let mut counts = loaded.counts;
        counts[Verdict::Fatal as usize] += refused.len();
        Self { outcome, findings, counts, dropped: loaded.dropped }
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.counts[verdict as usize]
    }

    /// How many findings of each kind, and what becomes of the files.
    fn sum_up(&self) {
        let [fatal, degraded, inert, notes] = Verdict::ALL.map(|verdict| self.count(verdict));
        let counts = format!("{fatal} fatal, {degraded} degraded, {inert} inert, {notes} note(s)");
        let dropped: usize = self.dropped.iter().sum();
        if dropped > 0 {
            say::err(format_args!("{dropped} finding(s) are counted and not told: too many to keep"));
        }
        match self.outcome {
            Outcome::Served => say::out(format_args!("Configuration is valid: {counts}")),
            Outcome::Refused => say::err(format_args!("{counts}: this would be refused")),
            Outcome::NothingListens => {
                say::err(format_args!("{counts}, but nothing here listens: by itself it would serve nothing"))
            }
        }
    }
}

/// Compiles what was read, as the control plane does before it publishes; why it would not be published.
pub(crate) fn compile(loaded: &mut Loaded) -> Vec<String> {
    if !loaded.is_good() {
        return Vec::new();
    }
    let mut refused = identity::unknown_owners(loaded);
    let mut pipeline = Pipeline::default();
    let fragments = std::mem::take(&mut loaded.fragments);
    let fragments = Some(fragments.into_iter().map(|fragment| fragment.share()).collect());
    pipeline.take(Load { source: "files", fragments, diagnostics: Vec::new() }, 0);
    match pipeline.propose(now_unix_ms()) {
        Ok(proposal) => pipeline.accept(proposal, 0),
        Err(reasons) => refused.extend(reasons),
    }
    let unknown = identity::of(&loaded.program, None).err().into_iter().flatten();
    refused.extend(unknown.map(|unknown| unknown.to_string()));
    refused.extend(pipeline.quarantined().into_iter().map(|held| {
        let origin = held.origin.map(|origin| format!("{origin}: ")).unwrap_or_default();
        format!("error: {origin}{}", held.reason)
    }));
    // The process ends soon: giving back a large configuration piece by piece is a tenth of the whole time.
    std::mem::forget(pipeline);
    refused
}
