//! From the text of a configuration to the Fragment that it stands for.

use sluicegate_core::fragment::Fragment;

use crate::diagnostic::Diagnostics;
use crate::environment::Environment;
use crate::expr::Load;
use crate::lower::{PROVIDER, lower};
use crate::parser::parse;
use crate::program::Program;
use crate::source::SourceMap;

/// One file of a configuration.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The name that messages and origins show.
    pub path: &'a str,
    /// Its bytes, as they are.
    pub text: &'a [u8],
}

/// What a configuration came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What it stands for; `None` where there are errors.
    pub fragment: Option<Fragment>,
    /// All findings.
    pub diagnostics: Diagnostics,
    /// What it asks of the program itself.
    pub program: Program,
    /// The text, to draw the findings on.
    pub sources: SourceMap,
}

/// Reads all files as one configuration: a section may begin in one and go on in the next.
pub fn load(inputs: &[Input<'_>], environment: Environment, loader: &dyn Load) -> Outcome {
    let mut sources = SourceMap::default();
    for input in inputs {
        sources.add(input.path, input.text);
    }
    let parsed = parse(&sources, environment);
    let mut diagnostics = parsed.diagnostics;
    let program = Program::of(&parsed.file);
    let lowered = lower(&parsed.file, &sources, loader);
    diagnostics.append(lowered.diagnostics);
    let fragment = (!diagnostics.has_errors())
        .then(|| Fragment { provider: PROVIDER.to_owned(), resources: lowered.resources });
    Outcome { fragment, diagnostics, program, sources }
}
