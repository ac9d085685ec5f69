//! Sample expressions: a fetch, its arguments, and converters (`hdr(host,-1),lower`).

use sluicegate_proto::catalog::{self, FetchSpec, ValueType};
use sluicegate_proto::limits::MAX_CONVERTERS;
use sluicegate_proto::v1;

use super::check::{castable, type_words};
use super::{Phase, Place, Problem, Reader, Scope, Text, known, nearest, nth};

/// A sample expression and what is known of it.
pub(super) struct Expression {
    pub(super) sample: v1::Sample,
    /// What comes out of the last converter.
    pub(super) yields: ValueType,
    /// The method in an ACL keyword's name (`path_beg`).
    pub(super) method: Option<v1::Match>,
    /// Offset after it.
    pub(super) end: usize,
}

impl Reader<'_> {
    /// The sample expression that `words[at]` is.
    pub fn sample(&mut self, words: &[&str], at: usize, scope: Scope) -> Option<v1::Sample> {
        let text = nth(words, at);
        let mut expression = self.expression(text, 0, false)?;
        if expression.end < text.text.len() {
            self.trailing(text, expression.end);
            return None;
        }
        self.settle_value(&mut expression.sample, scope, text.whole())?;
        Some(expression.sample)
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
                self.report(place, problem);
                return None;
            }
        };
        let (arguments, mut end) =
            self.call(text, (name, spec.canonical, spec.arguments), start + name.len())?;
        // A plain synonym keeps its name: whether `hdr` reads the request is known where the expression is used.
        let name = if method.is_some() { spec.name } else { name };
        let mut sample =
            v1::Sample { fetch: Some(v1::Call { name: name.to_owned(), arguments }), converters: Vec::new() };
        let mut yields = spec.yields;
        while text.text[end..].starts_with(',') {
            end += text.text[end..].len() - text.text[end..].trim_start_matches(',').len();
            let name = identifier(text.text, end);
            if name.is_empty() {
                break;
            }
            let Some(spec) = catalog::converter(name) else {
                let place = text.place(end, end + name.len());
                self.report(place, unknown_converter(name));
                return None;
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
        Some(Expression { sample, yields, method, end })
    }

    fn fetch_named(&self, name: &str, acl: bool) -> Result<(&'static FetchSpec, Option<v1::Match>), Problem> {
        if let Some(spec) = catalog::fetch(name) {
            return Ok((spec, None));
        }
        if acl && let Some((spec, method)) = catalog::matched_fetch(name) {
            return Ok((spec, Some(method)));
        }
        let name = name.to_owned();
        if known::is_fetch(&name) {
            return Err(Problem::UnsupportedFetch { name });
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
        let (written, end) = if text.text[at..].starts_with('(') {
            self.written_arguments(text, call.0, at)?
        } else {
            (Vec::new(), at)
        };
        Some((self.typed_arguments(text, call, written, end)?, end))
    }

    /// Gives the fetch the name that stands for all its synonyms, in a place that wants its value.
    pub(super) fn settle_value(&mut self, sample: &mut v1::Sample, scope: Scope, place: Place) -> Option<()> {
        let name = sample.fetch.as_ref().map(|call| call.name.clone()).unwrap_or_default();
        match self.settled(&name, scope) {
            Settled::Fetch(canonical) => {
                rename(sample, canonical);
                Some(())
            }
            Settled::Absent => {
                self.report(place, Problem::NotKnownHere { name, place: scope.place() });
                None
            }
            Settled::Unsupported(name) => {
                self.report(place, Problem::UnsupportedFetch { name });
                None
            }
        }
    }

    /// The same for a test: one that can see nothing is false.
    pub(super) fn settle_test(&mut self, test: &mut v1::Test, scope: Scope, place: Place) -> Option<()> {
        let sample = test.sample.get_or_insert_default();
        let name = sample.fetch.as_ref().map(|call| call.name.clone()).unwrap_or_default();
        match self.settled(&name, scope) {
            Settled::Fetch(canonical) => rename(sample, canonical),
            Settled::Absent => {
                self.report(place, Problem::NeverMatches { name, place: scope.place() });
                *test = never(&test.name);
            }
            Settled::Unsupported(name) => {
                self.report(place, Problem::UnsupportedFetch { name });
                return None;
            }
        }
        Some(())
    }

    /// What `name` means in a scope. `hdr`, `cook` and their kin read the message of the side that they stand on.
    fn settled(&self, name: &str, scope: Scope) -> Settled {
        let both_sides = matches!(name, "hdr" | "hdr_cnt" | "hdr_ip" | "hdr_val" | "cook" | "cook_cnt");
        let of_response = both_sides && scope.phase != Phase::Request;
        let spec = if of_response {
            let name = format!("res.{name}");
            match catalog::fetch(&name) {
                Some(spec) => spec,
                None => return Settled::Unsupported(name),
            }
        } else {
            match catalog::fetch(name) {
                Some(spec) => spec,
                None => return Settled::Unsupported(name.to_owned()),
            }
        };
        let phases = spec.phases;
        let there = match scope.phase {
            Phase::Request => phases.request,
            Phase::Response => phases.response,
            Phase::Log => phases.log,
        };
        if there && (scope.http || !phases.http_only) {
            Settled::Fetch(spec.canonical)
        } else {
            Settled::Absent
        }
    }
}

/// A test that is never true.
pub(super) fn never(name: &str) -> v1::Test {
    v1::Test {
        sample: Some(v1::Sample {
            fetch: Some(v1::Call { name: "always_false".into(), arguments: Vec::new() }),
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
    /// The catalog has no such fetch for this side.
    Unsupported(String),
}

fn rename(sample: &mut v1::Sample, canonical: &str) {
    if let Some(call) = &mut sample.fetch {
        canonical.clone_into(&mut call.name);
    }
}

fn unknown_converter(name: &str) -> Problem {
    let name = name.to_owned();
    if known::is_converter(&name) {
        return Problem::UnsupportedConverter { name };
    }
    let near = nearest(&name, catalog::CONVERTERS.iter().map(|spec| spec.name));
    Problem::UnknownConverter { name, near }
}

/// The longest name at `start` (HAProxy: letters, digits, `.`, `_`, `-`).
fn identifier(text: &str, start: usize) -> &str {
    let rest = &text[start..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')));
    &rest[..end.unwrap_or(rest.len())]
}
