//! Files → Fragments.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluicegate_core::Fragment;
use sluicegate_haproxy::diagnostic::render::{self, Style};
use sluicegate_haproxy::diagnostic::{Severity, Verdict};
use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::lower as haproxy;
use sluicegate_haproxy::program::Program;
use sluicegate_haproxy::{Input, Reading, Strictness};
use sluicegate_proto::build;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{self, resource::Body};

use crate::discover::{self, Found, Language, Once, Unreadable, is_stream};
use crate::finding::Finding;
use crate::manifest;
use crate::recording::Recording;
use crate::watch::Seen;

/// What to load, and how.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Files and folders in their order.
    pub paths: Vec<PathBuf>,
    /// What all of them are, whatever their names say.
    pub language: Option<Language>,
    /// What `$VAR` stands for in haproxy.cfg.
    pub environment: Environment,
    /// How findings are drawn.
    pub style: Style,
    /// What the command line sets over the files.
    pub limits: Limits,
    /// Whether what is not done as written is an error.
    pub strictness: Strictness,
    /// For whom findings are made.
    pub told: Told,
    /// Whether the program has the name `haproxy`, and heeds what is for the process alone.
    pub drop_in: bool,
    /// What was read from pipes.
    pub once: Once,
}

/// For whom findings are made: each form takes its time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Told {
    /// Drawn, in [`Loaded::findings`].
    #[default]
    People,
    /// In parts, in [`Loaded::list`].
    Programs,
}

/// Limits of the command line (HAProxy: `-n`, `-N`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Connections of the process, whatever `global` says.
    pub process: Option<u32>,
    /// Connections of each frontend that sets no limit.
    pub frontend: Option<u32>,
}

/// How many findings there were of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// The load is refused if there is one.
    pub errors: usize,
    /// All that is told as a warning.
    pub warnings: usize,
}

/// What the files come to.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// One for each language that there is a file of; empty if there was an error.
    pub fragments: Vec<Fragment>,
    /// All findings, rendered for people; where they are for programs, those alone that are not about a place.
    pub findings: Vec<String>,
    /// The same for programs, where they are asked for.
    pub list: Vec<Finding>,
    /// How many findings there are, in the order of `Verdict::ALL`.
    pub counts: [usize; 4],
    /// Findings among them that were too many to keep, in the same order.
    pub dropped: [usize; 4],
    /// How many weigh how much.
    pub tally: Tally,
    /// Every path that was read, or would have been, as it was before: what to watch.
    pub seen: Seen,
    /// Whether something listens: HAProxy's `-c` tells apart a file that would not start for want of it.
    pub listens: bool,
    /// What haproxy.cfg asks of the program itself.
    pub program: Program,
}

impl Loaded {
    /// Nothing stands against serving it.
    pub fn is_good(&self) -> bool {
        self.tally.errors == 0
    }
}

/// Reads everything, and collects all that is wrong with it.
pub fn load(inputs: &Inputs) -> Loaded {
    let mut loaded = Loaded::default();
    inputs.paths.iter().filter(|path| !is_stream(path)).for_each(|path| loaded.seen.note(path));
    let found = match discover::discover(&inputs.paths, inputs.language, &inputs.once) {
        Ok(found) => found,
        Err(errors) => {
            errors.iter().for_each(|error| loaded.error(error.to_string()));
            return loaded;
        }
    };
    let (haproxy, manifests): (Vec<Found>, Vec<Found>) =
        found.into_iter().partition(|found| found.language == Language::Haproxy);
    if !haproxy.is_empty() {
        loaded.haproxy(&haproxy, inputs);
    }
    if !manifests.is_empty() {
        loaded.manifests(&manifests, inputs);
    }
    if !loaded.is_good() {
        loaded.fragments.clear();
    }
    loaded
}

impl Loaded {
    fn error(&mut self, message: String) {
        self.findings.push(format!("error: {message}"));
        self.refuse(Finding::fatal("unreadable-file", message));
    }

    fn refuse(&mut self, finding: Finding) {
        self.tally.errors += 1;
        self.counts[finding.verdict as usize] += 1;
        self.list.push(finding);
    }

    fn bytes(&mut self, path: &Path, once: &Once) -> Option<Arc<[u8]>> {
        if !is_stream(path) {
            self.seen.note(path);
        }
        once.contents(path).map_err(|error: Unreadable| self.error(error.to_string())).ok()
    }

    /// All files of HAProxy's language are one configuration, as they are for `haproxy -f a -f b`.
    fn haproxy(&mut self, files: &[Found], inputs: &Inputs) {
        let mut texts = Vec::new();
        for file in files {
            if let Some(bytes) = self.bytes(&file.path, &inputs.once) {
                texts.push((file.path.to_string_lossy(), bytes));
            }
        }
        let files: Vec<Input<'_>> = texts.iter().map(|(path, text)| Input { path, text }).collect();
        let loader = Recording::after(std::mem::take(&mut self.seen));
        let mut environment = inputs.environment.clone();
        let names: Vec<&str> = files.iter().map(|file| file.path).collect();
        environment.set("HAPROXY_CFGFILES", &names.join(";"));
        let reading =
            Reading { strictness: inputs.strictness, drop_in: inputs.drop_in, ..Reading::default() };
        let outcome = sluicegate_haproxy::load_as(&files, environment, &loader, reading);
        self.seen = loader.seen();
        self.tally.errors += outcome.diagnostics.errors();
        self.tally.warnings += outcome.diagnostics.count(Severity::Warning);
        self.dropped = outcome.diagnostics.dropped_by_verdict();
        for verdict in Verdict::ALL {
            self.counts[verdict as usize] +=
                outcome.diagnostics.count_of(verdict) + self.dropped[verdict as usize];
        }
        if inputs.told == Told::Programs {
            let sorted = outcome.diagnostics.sorted().into_iter();
            self.list.extend(sorted.map(|found| Finding::of(found, &outcome.sources)));
        } else if !outcome.diagnostics.is_empty() {
            let mut drawn = render::all(&outcome.diagnostics, &outcome.sources, inputs.style);
            drawn.truncate(drawn.trim_end().len());
            self.findings.push(drawn);
        }
        self.program = outcome.program;
        self.push(outcome.fragment.map(|fragment| inputs.limits.apply(fragment)));
    }

    fn manifests(&mut self, files: &[Found], inputs: &Inputs) {
        let mut resources = Vec::new();
        for file in files {
            let Some(bytes) = self.bytes(&file.path, &inputs.once) else { continue };
            match manifest::load(&file.path.to_string_lossy(), &bytes) {
                Ok(made) => resources.extend(made),
                Err(errors) => {
                    for error in &errors {
                        self.findings.push(format!("error: {error}"));
                        self.refuse(Finding::from(error));
                    }
                }
            }
        }
        self.push(Some(Fragment { provider: manifest::PROVIDER.to_owned(), resources }));
    }

    fn push(&mut self, fragment: Option<Fragment>) {
        let Some(fragment) = fragment else { return };
        self.listens |= fragment.resources.iter().any(|made| matches!(made.body, Some(Body::Listener(_))));
        self.fragments.push(fragment);
    }
}

impl Limits {
    fn apply(self, mut fragment: Fragment) -> Fragment {
        let is_process = |made: &v1::Resource| matches!(made.body, Some(Body::Process(_)));
        if self.process.is_some() && !fragment.resources.iter().any(is_process) {
            fragment.resources.extend(process());
        }
        for body in fragment.resources.iter_mut().filter_map(|made| made.body.as_mut()) {
            match (body, self) {
                (Body::Process(process), Self { process: Some(limit), .. }) => {
                    process.max_connections = limit
                }
                (Body::Frontend(frontend), Self { frontend: Some(limit), .. })
                    if frontend.max_connections == 0 =>
                {
                    frontend.max_connections = limit;
                }
                _ => {}
            }
        }
        fragment
    }
}

/// The settings of a process that no `global` section describes.
fn process() -> Option<v1::Resource> {
    let key = ObjectKey::new(haproxy::PROVIDER, "", v1::Kind::Process, "process").ok()?;
    let origin = v1::Origin { place: Some(v1::origin::Place::Option("-n".to_owned())) };
    build::resource(&key, origin, "", Body::Process(v1::Process::default())).ok()
}

#[cfg(test)]
mod tests;
