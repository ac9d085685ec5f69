//! Sample expressions: a fetch, its arguments, and converters (`hdr(host,-1),lower`).

use sluicegate_proto::catalog::{self, FetchSpec, ValueType};
use sluicegate_proto::limits::MAX_CONVERTERS;
use sluicegate_proto::v1;

use super::bounds::unknown;
use super::check::{castable, type_words};
use super::constant::constant_fetch;
use super::{Finding, NoFiles, Phase, Place, Problem, Reader, Scope, Text, known, nearest, nth};
use crate::keywords::{self, Effect};

/// A sample expression and what is known of it.
pub(super) struct Expression {
    pub(super) sample: v1::Sample,
    /// What comes out of the last converter.
    pub(super) yields: ValueType,
    /// They are bytes that are no text.
    pub(super) binary: bool,
    /// It is a version, which patterns write with a dot.
    pub(super) dotted: bool,
    /// The method in an ACL keyword's name (`path_beg`).
    pub(super) method: Option<v1::Match>,
    /// A part of it has no value here, which has been told.
    pub(super) lacks: Option<Lack>,
    /// Offset after it.
    pub(super) end: usize,
}

impl Expression {
    /// Takes 0 for it.
    pub(super) fn count_nothing(&mut self) {
        let zero = v1::Argument { value: Some(v1::argument::Value::Integer(0)) };
        let fetch = v1::Call { name: "int".into(), arguments: vec![zero] };
        self.sample = v1::Sample { fetch: Some(fetch), converters: Vec::new() };
        self.yields = ValueType::Int;
    }
}

/// What stands for a value that is not worked out here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    /// There is none, and nothing that would give it one.
    Nothing,
    /// It counts, and nothing is counted: 0.
    Zero,
    /// It has one, which is not known.
    Unknown,
}

impl Lack {
    pub(super) fn of(effect: Effect) -> Self {
        match effect {
            Effect::NotFound => Self::Nothing,
            Effect::NotCounted => Self::Zero,
            _ => Self::Unknown,
        }
    }
}

impl Reader<'_> {
    /// The sample expression that `words[at]` is; `None` too where it has no value here.
    pub fn sample(&mut self, words: &[&str], at: usize, scope: Scope) -> Option<v1::Sample> {
        let text = nth(words, at);
        let mut expression = self.expression(text, 0, false)?;
        if expression.end < text.text.len() {
            self.trailing(text, expression.end);
            return None;
        }
        if expression.lacks.is_some() || !self.settle_value(&mut expression.sample, scope, text.whole())? {
            return None;
        }
        Some(expression.sample)
    }

    /// Whether a value comes of counting alone, so that there is none yet.
    pub(crate) fn is_counting(expression: &str) -> bool {
        let mut reader = Reader::new(&NoFiles);
        let read = reader.expression(Text { word: 0, text: expression }, 0, false);
        read.is_some_and(|expression| expression.lacks == Some(Lack::Zero))
    }

    /// Something stands after the end.
    pub(super) fn trailing(&mut self, text: Text<'_>, from: usize) {
        let rest = text.text[from..].to_owned();
        self.report(text.place(from, text.text.len()), Problem::Trailing { text: rest });
    }

    /// The expression at `start` of a word, up to what cannot belong to it. With `acl`, names may carry a method.
    pub(super) fn expression(&mut self, text: Text<'_>, start: usize, acl: bool) -> Option<Expression> {
        let name = identifier(text.text, start);
        if name.is_empty() {
            let end = text.text[start..].chars().next().map_or(start, |c| start + c.len_utf8());
            self.report(text.place(start, end), Problem::ExpressionMissing);
            return None;
        }
        let place = text.place(start, start + name.len());
        let (spec, method) = match self.fetch_named(name, acl) {
            Ok(found) => found,
            Err(problem) => {
                let lack = known::lacking_fetch(name, acl).filter(|_| problem.is_degraded());
                let lack = lack.map(|(_, effect)| Lack::of(effect));
                self.report(place, problem);
                return self.without_value(text, start + name.len(), name, lack?);
            }
        };
        let (arguments, mut end) =
            self.call(text, (name, spec.canonical, spec.arguments), start + name.len())?;
        let call = match self.constant(name, &arguments) {
            Some(Ok(call)) => Some(call),
            Some(Err(problem)) => {
                let unset = matches!(problem, Problem::VariableUnset { .. });
                let lack = if unset { Lack::Nothing } else { Lack::Unknown };
                self.report(text.place(start, end), problem);
                return self.without_value(text, end, name, lack);
            }
            None => None,
        };
        // A plain synonym keeps its name: whether `hdr` reads the request is known where the expression is used.
        let name = if method.is_some() { spec.name } else { name };
        let call = call.unwrap_or_else(|| v1::Call { name: name.to_owned(), arguments });
        let mut sample = v1::Sample { fetch: Some(call), converters: Vec::new() };
        let mut yields = spec.yields;
        while text.text[end..].starts_with(',') {
            end += text.text[end..].len() - text.text[end..].trim_start_matches(',').len();
            let name = identifier(text.text, end);
            if name.is_empty() {
                break;
            }
            let Some(spec) = catalog::converter(name) else {
                let problem = unknown_converter(name);
                let effect = keywords::sample(keywords::Place::Converter, name).map(|entry| entry.instead);
                let lack = effect.filter(|_| problem.is_degraded()).map(Lack::of);
                let problem = match problem {
                    Problem::ConverterLacking { name, why } if acl && lack == Some(Lack::Zero) => {
                        Problem::NotCounted { name, why }
                    }
                    other => other,
                };
                self.report(text.place(end, end + name.len()), problem);
                return self.without_value(text, end + name.len(), name, lack?);
            };
            let (arguments, after) = self.call(text, (name, name, spec.arguments), end + name.len())?;
            let place = text.place(end, end + name.len());
            if !castable(yields, spec.takes) {
                let (takes, gets) = (type_words(spec.takes), type_words(yields));
                self.report(place, Problem::Cast { name: name.to_owned(), takes, gets });
                return None;
            }
            if sample.converters.len() == MAX_CONVERTERS {
                self.report(place, Problem::TooMany { what: "converters", limit: MAX_CONVERTERS });
                return None;
            }
            sample.converters.push(v1::Call { name: name.to_owned(), arguments });
            (yields, end) = (spec.yields, after);
        }
        let binary = spec.binary && sample.converters.is_empty();
        let dotted = spec.canonical == "req.ssl_ver" && sample.converters.is_empty();
        Some(Expression { sample, yields, binary, dotted, method, lacks: None, end })
    }

    /// The rest of an expression that has no value here: arguments at `at`, and converters.
    fn without_value<'t>(
        &mut self,
        text: Text<'t>,
        at: usize,
        mut name: &'t str,
        mut lack: Lack,
    ) -> Option<Expression> {
        let (mut end, mut counts) = (at, false);
        loop {
            if text.text[end..].starts_with('(') {
                end = self.written_arguments(text, name, end)?.1;
            }
            let rest = text.text[end..].trim_start_matches(',');
            let start = text.text.len() - rest.len();
            name = identifier(text.text, start);
            if start == end || name.is_empty() {
                break;
            }
            let Some(entry) = keywords::sample(keywords::Place::Converter, name) else {
                self.report(text.place(start, start + name.len()), unknown_converter(name));
                return None;
            };
            counts |= entry.instead == Effect::NotCounted;
            end = start + name.len();
        }
        // What counts, or hangs on what counts, is a limit.
        if lack == Lack::Unknown && (counts || self.surroundings.counts(&text.text[..end])) {
            lack = Lack::Zero;
            if let Some(Finding { problem, .. }) = self.findings.last_mut()
                && let Problem::FetchUnknown { name, why } = problem
            {
                *problem = Problem::NotCounted { name: std::mem::take(name), why };
            }
        }
        let (sample, yields) = (v1::Sample::default(), ValueType::Str);
        Some(Expression {
            sample,
            yields,
            binary: false,
            dotted: false,
            method: None,
            lacks: Some(lack),
            end,
        })
    }

    fn fetch_named(&self, name: &str, acl: bool) -> Result<(&'static FetchSpec, Option<v1::Match>), Problem> {
        let of_check = catalog::check_fetch(name).filter(|_| self.surroundings.checks);
        if let Some(spec) = of_check.or_else(|| catalog::fetch(name)).or_else(|| constant_fetch(name)) {
            return Ok((spec, None));
        }
        if acl && let Some((spec, method)) = catalog::matched_fetch(name) {
            return Ok((spec, Some(method)));
        }
        let name = name.to_owned();
        if let Some((why, effect)) = known::lacking_fetch(&name, acl) {
            return Err(lacking(name, why, effect, acl));
        }
        let near = nearest(&name, catalog::FETCHES.iter().map(|spec| spec.name).chain(known::acl_names(acl)));
        Err(Problem::UnknownFetch { name, near })
    }

    /// The arguments of a call whose name ends at `at`, checked, and the offset after them.
    fn call(
        &mut self,
        text: Text<'_>,
        call: (&str, &str, &[catalog::ArgumentSpec]),
        at: usize,
    ) -> Option<(Vec<v1::Argument>, usize)> {
        let (mut written, end) = if text.text[at..].starts_with('(') {
            self.written_arguments(text, call.0, at)?
        } else {
            (Vec::new(), at)
        };
        self.complete(call.2, &mut written);
        Some((self.typed_arguments(text, call, written, end)?, end))
    }

    /// Gives the fetch the name that stands for all its synonyms, in a place that wants its value. Whether there is one.
    pub(super) fn settle_value(
        &mut self,
        sample: &mut v1::Sample,
        scope: Scope,
        place: Place,
    ) -> Option<bool> {
        let name = sample.fetch.as_ref().map(|call| call.name.clone()).unwrap_or_default();
        match self.settled(&name, scope) {
            Settled::Fetch(canonical) => {
                rename(sample, canonical);
                Some(true)
            }
            Settled::Absent => {
                self.report(place, Problem::NotKnownHere { name, place: scope.place() });
                None
            }
            Settled::Lacking(name, why, effect) => {
                self.report(place, lacking(name, why, effect, false));
                Some(false)
            }
        }
    }

    /// The same for a test: one of what is not there is false, one of what is not known has no answer.
    pub(super) fn settle_test(&mut self, test: &mut v1::Test, scope: Scope, place: Place) {
        let Some(sample) = &mut test.sample else { return };
        let name = sample.fetch.as_ref().map(|call| call.name.clone()).unwrap_or_default();
        match self.settled(&name, scope) {
            Settled::Fetch(canonical) => rename(sample, canonical),
            Settled::Absent => {
                self.report(place, Problem::NeverMatches { name, place: scope.place() });
                *test = constant(false, &test.name);
            }
            Settled::Lacking(name, why, effect) => {
                self.report(place, lacking(name, why, effect, true));
                *test = match Lack::of(effect) {
                    Lack::Nothing => constant(false, &test.name),
                    Lack::Zero | Lack::Unknown => unknown(&test.name),
                };
            }
        }
    }

    /// What `name` means in a scope. `hdr`, `cook` and their kin read the message of the side that they stand on.
    fn settled(&self, name: &str, scope: Scope) -> Settled {
        if let Some(spec) = catalog::check_fetch(name).filter(|_| scope.phase == Phase::Check) {
            return Settled::Fetch(spec.canonical);
        }
        let both_sides = matches!(name, "hdr" | "hdr_cnt" | "hdr_ip" | "hdr_val" | "cook" | "cook_cnt");
        let of_response = both_sides && !matches!(scope.phase, Phase::Request | Phase::Connection);
        let name = if of_response { format!("res.{name}") } else { name.to_owned() };
        if let Some((_, why)) =
            self.surroundings.hidden.iter().find(|(hidden, _)| hidden.covers(&name)).copied()
        {
            return Settled::Lacking(name, why, Effect::LeftOut);
        }
        let Some(spec) = catalog::fetch(&name) else {
            let (why, effect) =
                known::lacking_fetch(&name, false).unwrap_or(("it is not evaluated yet", Effect::LeftOut));
            return Settled::Lacking(name, why, effect);
        };
        let phases = spec.phases;
        let there = match scope.phase {
            // In HTTP mode these rules run when a request is there.
            Phase::Connection => phases.request && (scope.http || !phases.first_bytes && !phases.http_only),
            Phase::Request => phases.request,
            Phase::Response => phases.response,
            Phase::Log => phases.log,
            Phase::Check => phases.check,
        };
        // HAProxy reads the first bytes as a request too (manual 7.3.6).
        let in_bytes = scope.phase == Phase::Request;
        // These two have a value for HAProxy.
        let of_http = matches!(spec.canonical, "req.len" | "wait_end");
        if there && scope.http && of_http {
            Settled::Lacking(name, "in HTTP mode no bytes are counted or waited for", Effect::LeftOut)
        } else if there && (scope.http || !phases.http_only || in_bytes) {
            Settled::Fetch(spec.canonical)
        } else if scope.phase == Phase::Check {
            Settled::Lacking(name, "a check is part of no request", Effect::NotFound)
        } else {
            Settled::Absent
        }
    }
}

/// A test whose truth hangs on nothing.
pub(super) fn constant(truth: bool, name: &str) -> v1::Test {
    let fetch = if truth { "always_true" } else { "always_false" };
    v1::Test {
        sample: Some(v1::Sample {
            fetch: Some(v1::Call { name: fetch.into(), arguments: Vec::new() }),
            converters: Vec::new(),
        }),
        r#match: v1::Match::Bool.into(),
        name: name.to_owned(),
        ..v1::Test::default()
    }
}

enum Settled {
    /// Its canonical name.
    Fetch(&'static str),
    /// There is nothing to read.
    Absent,
    /// It has no value here, why, and what is done in its place.
    Lacking(String, &'static str, Effect),
}

fn rename(sample: &mut v1::Sample, canonical: &str) {
    if let Some(call) = &mut sample.fetch {
        canonical.clone_into(&mut call.name);
    }
}

/// What there is to say of a fetch without a value, in a test or in a place that wants the value.
fn lacking(name: String, why: &'static str, effect: Effect, tested: bool) -> Problem {
    match Lack::of(effect) {
        Lack::Zero if tested => Problem::NotCounted { name, why },
        Lack::Unknown if tested => Problem::FetchUnknown { name, why },
        _ => Problem::FetchLacking { name, why },
    }
}

fn unknown_converter(name: &str) -> Problem {
    let name = name.to_owned();
    if let Some(why) = keywords::lacking(keywords::Place::Converter, &name) {
        return Problem::ConverterLacking { name, why };
    }
    let near = nearest(&name, catalog::CONVERTERS.iter().map(|spec| spec.name));
    Problem::UnknownConverter { name, near }
}

/// The longest name at `start`: letters, digits, `.`, `_`, `-`, and `+` as in `base32+src`.
fn identifier(text: &str, start: usize) -> &str {
    let rest = &text[start..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+')));
    &rest[..end.unwrap_or(rest.len())]
}
