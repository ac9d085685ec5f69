//! Arguments of a fetch or converter: what stands between its parentheses.

use sluicegate_proto::catalog::{ArgumentSpec, ArgumentType};
use sluicegate_proto::v1::{self, argument};

use super::{Problem, Reader, Text, check};
use crate::raw;

/// One argument, unquoted, and where it was written.
pub(super) struct Written {
    text: String,
    start: usize,
    end: usize,
}

impl Reader<'_> {
    /// Reads the arguments whose `(` is at `open`, and gives the offset after the `)`.
    ///
    /// A second level of quotes exists here (HAProxy 2.2): `'…'` keeps everything, `"…"` keeps commas and parentheses.
    pub(super) fn written_arguments(
        &mut self,
        text: Text<'_>,
        call: &str,
        open: usize,
    ) -> Option<(Vec<Written>, usize)> {
        let mut arguments = Vec::new();
        let mut current = Written { text: String::new(), start: open + 1, end: open + 1 };
        let mut quote: Option<(char, usize)> = None;
        let mut chars = text.text[open + 1..].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let at = open + 1 + at;
            match (c, quote) {
                (c, Some((open, _))) if c == open => quote = None,
                ('"' | '\'', None) => quote = Some((c, at)),
                ('\\', None | Some(('"', _))) => {
                    let escaped = chars.peek().map(|(_, next)| *next);
                    current.text.push(unescaped(escaped).unwrap_or('\\'));
                    if unescaped(escaped).is_some() {
                        chars.next();
                    }
                }
                (',', None) => {
                    current.end = at;
                    let next = Written { text: String::new(), start: at + 1, end: at + 1 };
                    arguments.push(std::mem::replace(&mut current, next));
                }
                (')', None) => {
                    current.end = at;
                    arguments.push(current);
                    return Some((arguments, at + 1));
                }
                (c, _) => current.text.push(c),
            }
        }
        let end = text.text.len();
        let call = call.to_owned();
        match quote {
            Some((quote, at)) => self.report(text.place(at, end), Problem::UnclosedQuote { call, quote }),
            None => self.report(text.place(open, end), Problem::UnclosedParenthesis { call }),
        }
        None
    }

    /// Names the proxy that the expression is for where it names none.
    pub(super) fn complete(&self, specs: &[ArgumentSpec], written: &mut Vec<Written>) {
        let own = self.surroundings.own;
        let Some(kind) = specs.first().map(|spec| spec.kind) else { return };
        if written.iter().all(|argument| argument.text.is_empty()) && self.is_known(kind, own) == Some(true) {
            *written = vec![Written { text: own.to_owned(), start: 0, end: 0 }];
        }
        if let (ArgumentType::Server, Some(argument)) = (kind, written.first_mut())
            && !argument.text.contains('/')
            && !own.is_empty()
        {
            argument.text = format!("{own}/{}", argument.text);
        }
    }

    /// Whether there is a proxy or server of that name; `None` where that is not known.
    fn is_known(&self, kind: ArgumentType, name: &str) -> Option<bool> {
        let proxies = self.surroundings.proxies.as_ref()?;
        let names = match kind {
            ArgumentType::Backend => &proxies.backends,
            ArgumentType::Frontend => &proxies.frontends,
            ArgumentType::Server => &proxies.servers,
            ArgumentType::Text | ArgumentType::Integer | ArgumentType::Map => return None,
        };
        Some(names.contains(name))
    }

    /// Checks arguments against what the call takes.
    pub(super) fn typed_arguments(
        &mut self,
        text: Text<'_>,
        (call, canonical, specs): (&str, &str, &[ArgumentSpec]),
        written: Vec<Written>,
        end: usize,
    ) -> Option<Vec<v1::Argument>> {
        let required = specs.iter().filter(|spec| spec.required).count();
        // `()` is one empty argument where one is required, else none.
        let empty = written.len() == 1 && written[0].text.is_empty() && required == 0;
        let written = if empty { Vec::new() } else { written };
        if let Some(extra) = written.get(specs.len()) {
            let problem = Problem::TooManyArguments { call: call.to_owned(), allowed: specs.len() };
            self.report(text.place(extra.start, extra.end.max(extra.start + 1)), problem);
            return None;
        }
        if written.len() < required {
            let expected = specs[written.len()].name;
            let problem = Problem::ArgumentMissing { call: call.to_owned(), expected };
            self.report(text.place(end.saturating_sub(1), end), problem);
            return None;
        }
        let mut typed = Vec::with_capacity(written.len());
        let places: Vec<_> =
            written.iter().map(|argument| text.place(argument.start, argument.end)).collect();
        let texts: Vec<_> = written.iter().map(|argument| argument.text.clone()).collect();
        for (argument, spec) in written.into_iter().zip(specs) {
            let place = text.place(argument.start, argument.end);
            match self.typed(call, canonical, spec.kind, argument.text) {
                Ok(value) => typed.push(v1::Argument { value: Some(value) }),
                Err(problem) => {
                    self.report(place, problem);
                    return None;
                }
            }
        }
        if let Some((at, expected)) = check::arguments(canonical, &typed) {
            let (call, text) = (call.to_owned(), texts[at].clone());
            self.report(places[at], Problem::ArgumentInvalid { call, text, expected });
            return None;
        }
        Some(typed)
    }

    fn typed(
        &mut self,
        call: &str,
        canonical: &str,
        kind: ArgumentType,
        text: String,
    ) -> Result<argument::Value, Problem> {
        let unknown = self.is_known(kind, &text) == Some(false);
        match kind {
            ArgumentType::Backend | ArgumentType::Frontend | ArgumentType::Server if unknown => {
                let expected = match kind {
                    ArgumentType::Backend => "the name of a backend",
                    ArgumentType::Frontend => "the name of a frontend",
                    _ => "a backend and one of its servers, as in `app/app01`",
                };
                Err(Problem::ArgumentInvalid { call: call.to_owned(), text, expected })
            }
            ArgumentType::Text | ArgumentType::Backend | ArgumentType::Frontend | ArgumentType::Server => {
                Ok(argument::Value::Text(raw::bytes(&text).into_owned().into()))
            }
            ArgumentType::Map => self.map(canonical, &text).map(argument::Value::List),
            ArgumentType::Integer => text.trim().parse().map(argument::Value::Integer).map_err(|_| {
                Problem::ArgumentInvalid { call: call.to_owned(), text, expected: "an integer" }
            }),
        }
    }
}

/// What a backslash and this character stand for together; `None` where the backslash is kept.
fn unescaped(c: Option<char>) -> Option<char> {
    match c? {
        c @ ('\\' | '"' | '\'' | ' ') => Some(c),
        'r' => Some('\r'),
        'n' => Some('\n'),
        't' => Some('\t'),
        _ => None,
    }
}
