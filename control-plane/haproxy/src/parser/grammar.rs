//! Words after a keyword that nothing else reads: whether they are what the table says.

use crate::diagnostic::{Code, Diagnostic};
use crate::keywords::{Form, Keyword, Opt};
use crate::lower::value::{self, InvalidTime};
use crate::source::Span;
use crate::word::Word;

/// What is wrong with the words of a keyword. `name` is the last word of the keyword itself.
pub(super) fn check(keyword: &'static Keyword, name: Option<&Word>, args: &[Word]) -> Vec<Diagnostic> {
    let grammar = keyword.grammar;
    let mut checker = Checker { keyword, findings: Vec::new() };
    if let (Some((form, required)), Some(word)) = (grammar.call, name) {
        checker.call(word, form, required);
    }
    let mut rest = args;
    for form in grammar.words {
        if rest.is_empty() && !matches!(form, Form::Options(_) | Form::Each(_)) {
            break;
        }
        let Some(after) = checker.form(*form, rest) else { break };
        rest = after;
    }
    for apart in grammar.apart {
        checker.apart(apart, args);
    }
    checker.findings
}

struct Checker {
    keyword: &'static Keyword,
    findings: Vec<Diagnostic>,
}

impl Checker {
    fn bad(&mut self, span: Span, message: String, help: String) {
        self.findings.push(Diagnostic::error(Code::BadValue, span, message).help(help));
    }

    /// Reads what a form takes; the words after it, `None` where one is not of it.
    fn form<'w>(&mut self, form: Form, words: &'w [Word]) -> Option<&'w [Word]> {
        match form {
            Form::Each(allowed) => {
                for word in words {
                    self.one(Form::OneOf(allowed), word)?;
                }
                Some(&[])
            }
            Form::Condition => {
                self.one(Form::OneOf(&["if", "unless"]), words.first()?)?;
                Some(&[])
            }
            Form::Options(options) => self.options(options, words),
            form => {
                let (word, rest) = words.split_first()?;
                self.one(form, word)?;
                Some(rest)
            }
        }
    }

    fn options<'w>(&mut self, options: &'static [Opt], mut words: &'w [Word]) -> Option<&'w [Word]> {
        while let [word, rest @ ..] = words {
            let Some(option) = options.iter().find(|option| option.name == word.text()) else {
                let names: Vec<_> = options.iter().map(|option| option.name).collect();
                self.not_one_of(word.text(), word.span(), &names);
                return None;
            };
            words = rest;
            for form in option.args {
                if words.is_empty() {
                    let message = format!("`{}` needs a value", option.name);
                    let form = self.keyword.form();
                    let finding = Diagnostic::error(Code::MissingArgument, word.span().after(), message);
                    self.findings.push(finding.label("here").help(format!("the form is `{form}`")));
                    return None;
                }
                words = self.form(*form, words)?;
            }
        }
        Some(words)
    }

    fn one(&mut self, form: Form, word: &Word) -> Option<()> {
        self.text(form, word.text(), word.span())
    }

    fn text(&mut self, form: Form, text: &str, span: Span) -> Option<()> {
        let number =
            |low: i64, high: i64| text.parse().is_ok_and(|number: i64| (low..=high).contains(&number));
        match form {
            Form::Any | Form::Condition | Form::Each(_) | Form::Options(_) => return Some(()),
            Form::Number(low, high) if number(low, high) => return Some(()),
            Form::NumberOr(low, high, words) if number(low, high) || words.contains(&text) => return Some(()),
            Form::OneOf(words) if words.contains(&text) => return Some(()),
            Form::Size if value::size(text).is_some() => return Some(()),
            Form::Threads if text.split('/').all(is_set) => return Some(()),
            Form::Processors if text.split(',').all(is_range) => return Some(()),
            Form::Time => return self.time(text, span),
            Form::List(words) => {
                let stem = |part: &str| part.split('(').next().unwrap_or_default().to_owned();
                // A comma within parentheses parts nothing.
                let unknown = parts(text).into_iter().map(stem).find(|part| !words.contains(&part.as_str()));
                let Some(unknown) = unknown else { return Some(()) };
                self.not_one_of(&unknown, span, words);
                return None;
            }
            Form::OneOf(words) => self.not_one_of(text, span, words),
            Form::Number(low, high) => {
                let range = match high {
                    i64::MAX => format!("from {low}"),
                    high => format!("from {low} to {high}"),
                };
                let message = format!("`{text}` is not a number {range}");
                self.bad(span, message, self.help());
            }
            Form::NumberOr(low, high, words) => {
                let names = words.iter().map(|word| format!(", or `{word}`")).collect::<String>();
                self.bad(span, format!("`{text}` is not a number from {low} to {high}{names}"), self.help());
            }
            Form::Size => {
                let help = "write a number of bytes, as in `64k` or `1m`".to_owned();
                self.bad(span, format!("`{text}` is not a size"), help);
            }
            Form::Threads => {
                let help = "write `all`, `odd`, `even`, a number or a range such as `1-4`".to_owned();
                self.bad(span, format!("`{text}` is no set of processes or threads"), help);
            }
            Form::Processors => {
                let help = "write numbers and ranges, such as `0-3` or `0,2`".to_owned();
                self.bad(span, format!("`{text}` is no set of processors"), help);
            }
        }
        None
    }

    fn help(&self) -> String {
        format!("the form is `{}`", self.keyword.form())
    }

    fn time(&mut self, text: &str, span: Span) -> Option<()> {
        match value::milliseconds(text) {
            Ok(_) | Err(InvalidTime::TooLong(_)) => Some(()),
            Err(InvalidTime::Unit(_)) if value::beginning(text).is_some() => Some(()),
            Err(error) => {
                self.bad(span, error.to_string(), error.help().to_owned());
                None
            }
        }
    }

    fn not_one_of(&mut self, text: &str, span: Span, allowed: &[&str]) {
        let help = match crate::expr::nearest(text, allowed.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("allowed are {}", crate::lower::listed(allowed)),
        };
        let message = format!("`{}` takes no `{}`", self.keyword.name, super::report::shown(text));
        self.bad(span, message, help);
    }

    /// `balance hdr(name)`
    fn call(&mut self, word: &Word, form: Form, required: bool) {
        let inner = word.text().split_once('(').map(|(_, inner)| inner.strip_suffix(')').unwrap_or(inner));
        match inner.filter(|inner| !(inner.is_empty() && required)) {
            Some(inner) => {
                self.text(form, inner, word.span());
            }
            None if required => {
                let message = format!("`{}` needs an argument in parentheses", self.keyword.name);
                let finding = Diagnostic::error(Code::MissingArgument, word.span().after(), message);
                self.findings.push(finding.label("here").help(self.help()));
            }
            None => {}
        }
    }

    /// Words that do not go together.
    fn apart(&mut self, apart: &[&str], args: &[Word]) {
        let mut given = args.iter().skip(1).filter(|word| apart.contains(&word.text()));
        let Some(first) = given.next() else { return };
        if let Some(second) = given.find(|word| word.text() != first.text()) {
            let message = format!("`{}` and `{}` do not go together", first.text(), second.text());
            let finding = Diagnostic::error(Code::BadValue, second.span(), message);
            self.findings.push(finding.related(first.span(), "here"));
        }
    }
}

/// The parts between commas outside of parentheses.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_u32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `all`, `odd`, `even`, `1`, `1-4`, `1-`; several with commas.
fn is_set(text: &str) -> bool {
    let text = text.strip_prefix("auto:").unwrap_or(text);
    text.split(',').all(|part| matches!(part, "all" | "odd" | "even") || is_range(part))
}

fn is_range(text: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('-') {
        None => number(text),
        Some((low, high)) => number(low) && (high.is_empty() || number(high)),
    }
}
