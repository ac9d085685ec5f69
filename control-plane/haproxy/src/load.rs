//! From the text of a configuration to the Fragment that it stands for.

use sluicegate_core::fragment::Fragment;

use crate::diagnostic::Diagnostics;
use crate::environment::Environment;
use crate::expr::{Load, Reader};
use crate::lower::{PROVIDER, lower, tell_apart};
use crate::parser::parse;
use crate::program::{self, Program};
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
    load_as(inputs, environment, loader, Reading::default())
}

/// How files are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What becomes of what is not done as written.
    pub strictness: Strictness,
    /// The program that reads them has the name `haproxy`: what is for such a process alone is heeded.
    pub drop_in: bool,
    /// Whose objects they are; `None`: [`PROVIDER`]'s.
    pub provider: Option<&'static str>,
}

/// What is not done as written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// It is taken with a warning.
    #[default]
    Lenient,
    /// The configuration is refused for it.
    Strict,
}

/// As [`load`], with a word about how.
pub fn load_as(
    inputs: &[Input<'_>],
    environment: Environment,
    loader: &dyn Load,
    reading: Reading,
) -> Outcome {
    let mut sources = SourceMap::default();
    for input in inputs {
        sources.add(input.path, input.text);
    }
    let mut parsed = parse(&sources, environment);
    let mut diagnostics = parsed.diagnostics;
    tell_apart(&mut parsed.file, &mut diagnostics);
    let program = Program::of(&parsed.file, &sources);
    if !reading.drop_in {
        program::unheeded(&parsed.file).for_each(|finding| diagnostics.push(finding));
    }
    let provider = reading.provider.unwrap_or(PROVIDER);
    let lowered = lower(&parsed.file, &sources, Reader::of(provider, loader));
    diagnostics.append(lowered.diagnostics);
    if reading.strictness == Strictness::Strict {
        diagnostics.be_strict();
    }
    let fragment = (!diagnostics.has_errors())
        .then(|| Fragment { provider: provider.to_owned(), resources: lowered.resources });
    Outcome { fragment, diagnostics, program, sources }
}
