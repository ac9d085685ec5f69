//! Lines of a section.

use super::{Current, Parser, grammar, report};
use crate::ast::{Directive, OptionAt, Prefix, SectionKind};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::keywords::{Arity, Found, Keyword, Place, Repeat, Support, lookup};
use crate::source::Span;
use crate::word::Word;

/// The most words that a keyword's name has.
const NAME_WORDS: usize = 3;

impl Parser {
    pub(super) fn directive(&mut self, words: Vec<Word>) {
        let Current::Open(open) = &self.section else { return };
        let kind = open.section.kind;
        let Some(place) = kind.place() else { return };
        let (prefix, skip) = prefix(&words);
        let name = &words[skip..];
        let keyword = match find(place, name) {
            Found::Here(keyword) => keyword,
            Found::Elsewhere(keyword) => {
                return self.report(report::misplaced(keyword, place, &name[..keyword.words()]));
            }
            Found::Unfinished => return self.report_error(|advise| report::unfinished(place, name, advise)),
            Found::Unknown => return self.report_error(|advise| report::unknown(place, &name[0], advise)),
        };
        let head = skip + keyword.words();
        let span = words[0].span().to(words[words.len() - 1].span());
        let mut directive =
            Directive { keyword, prefix, words, action: None, head, options: Vec::new(), span };
        if self.check(&mut directive, place) {
            self.note_repeat(keyword, prefix, directive.keyword_span());
            self.environment(&directive, kind);
            if let Current::Open(open) = &mut self.section {
                open.section.directives.push(directive);
            }
        }
    }

    /// Whether the directive goes into the tree. All that is wrong with it is reported.
    fn check(&mut self, directive: &mut Directive, place: Place) -> bool {
        let keyword = directive.keyword;
        if directive.prefix != Prefix::None {
            return self.check_prefixed(directive);
        }
        if !self.support(keyword, directive.keyword_span(), place) {
            return false;
        }
        self.drop_tail(directive, place);
        if let Some(finding) = miscount(keyword, directive.args(), directive.keyword_span()) {
            self.report(finding);
            return false;
        }
        let wrong = grammar::check(keyword, directive.words[..directive.head].last(), directive.args());
        if !wrong.is_empty() {
            wrong.into_iter().for_each(|finding| self.report(finding));
            return false;
        }
        let acts = keyword.actions.is_none_or(|actions| self.action(directive, actions));
        let options =
            keyword.options.is_none_or(|(options, fixed)| self.options(directive, options, fixed.into()));
        acts && options
    }

    fn check_prefixed(&mut self, directive: &Directive) -> bool {
        let keyword = directive.keyword;
        if !keyword.negatable {
            let finding = report::bad_prefix(keyword, &directive.words[0]);
            self.report(finding);
            return false;
        }
        if let Support::Works { .. } = keyword.support {
            return true;
        }
        let message = format!("`{}` is not in use here, so taking it back changes nothing", keyword.name);
        let finding = Diagnostic::notice(Code::InertKeyword, directive.span, message);
        self.report(finding);
        false
    }

    /// Says what becomes of a keyword that does not simply work; whether it is taken at all.
    fn support(&mut self, keyword: &'static Keyword, span: Span, place: Place) -> bool {
        match report::support(keyword, span, place) {
            Some(finding) => self.report(finding),
            None => return true,
        }
        !keyword.refused_here()
    }

    fn action(&mut self, directive: &mut Directive, place: Place) -> bool {
        let args = directive.args();
        let Some(word) = args.first() else { return true };
        let action = match find(place, args) {
            Found::Here(action) => action,
            Found::Elsewhere(action) if action.places.iter().any(|other| other.noun() == "action") => {
                let finding = report::misplaced(action, place, std::slice::from_ref(word));
                self.report(finding);
                return false;
            }
            Found::Elsewhere(_) | Found::Unfinished | Found::Unknown => {
                let word = word.clone();
                self.report_error(|advise| report::unknown(place, &word, advise));
                return false;
            }
        };
        if !self.support(action, word.span(), place) {
            return false;
        }
        let operands = &args[action.words()..operands_end(args, action)];
        if let Some(finding) = miscount(action, operands, word.span()) {
            self.report(finding);
            return false;
        }
        let wrong = grammar::check(action, args[..action.words()].last(), operands);
        if !wrong.is_empty() {
            wrong.into_iter().for_each(|finding| self.report(finding));
            return false;
        }
        directive.action = Some(action);
        true
    }

    /// Takes the options of `bind` and `server` apart; whether all of them are right.
    fn options(&mut self, directive: &mut Directive, place: Place, fixed: usize) -> bool {
        let mut findings = Vec::new();
        let mut unknown = false;
        let mut at = directive.head + fixed;
        while let Some(word) = directive.words.get(at) {
            let Found::Here(keyword) = lookup(place, &[word.text()]) else {
                self.parsed.diagnostics.push_error(|advise| report::unknown(place, word, advise));
                unknown = true;
                // How many words belong to it cannot be known, so what follows is not read.
                break;
            };
            let args = option_args(keyword, &directive.words[at + 1..], place);
            findings.extend(report::support(keyword, word.span(), place));
            if args < keyword.args.min.into() {
                let end = directive.words[at + args].span().after();
                findings.push(report::missing(keyword, end, word.span()));
            }
            findings.extend(grammar::check(keyword, Some(word), &directive.words[at + 1..at + 1 + args]));
            let before = directive.options.iter().rev().find(|other| other.keyword.name == keyword.name);
            if let Some(first) = before.filter(|_| keyword.repeat == Repeat::Replaces) {
                findings.push(report::duplicate(
                    keyword.name,
                    directive.words[first.word].span(),
                    word.span(),
                ));
            }
            directive.options.push(OptionAt { keyword, word: at, args });
            at += 1 + args;
        }
        let refused = unknown || findings.iter().any(|finding| finding.severity == Severity::Error);
        // On a line that is refused, what has no effect is no news.
        findings.retain(|finding| !(refused && finding.code == Code::InertKeyword));
        findings.into_iter().for_each(|finding| self.report(finding));
        !refused
    }

    /// `setenv` and its like act on the lines below them.
    fn environment(&mut self, directive: &Directive, kind: SectionKind) {
        if kind != SectionKind::Global {
            return;
        }
        let environment = &mut self.parsed.file.environment;
        match (directive.name(), directive.args()) {
            ("setenv", [name, value]) => environment.set(name.text(), value.text()),
            ("presetenv", [name, value]) => environment.preset(name.text(), value.text()),
            ("localpeer", [name]) => environment.set("HAPROXY_LOCALPEER", name.text()),
            ("unsetenv", names) => names.iter().for_each(|name| environment.unset(name.text())),
            ("resetenv", names) => environment.retain(&names.iter().map(Word::text).collect::<Vec<_>>()),
            _ => {}
        }
    }
}

fn prefix(words: &[Word]) -> (Prefix, usize) {
    match words {
        [first, _, ..] if first.text() == "no" => (Prefix::No, 1),
        [first, _, ..] if first.text() == "default" => (Prefix::Default, 1),
        _ => (Prefix::None, 0),
    }
}

fn find(place: Place, words: &[Word]) -> Found {
    let mut texts = [""; NAME_WORDS];
    let len = words.len().min(NAME_WORDS);
    for (text, word) in texts.iter_mut().zip(words) {
        *text = word.text();
    }
    lookup(place, &texts[..len])
}

/// What is wrong with the number of arguments.
fn miscount(keyword: &'static Keyword, args: &[Word], keyword_span: Span) -> Option<Diagnostic> {
    if args.len() < keyword.args.min.into() {
        let end = args.last().map_or(keyword_span, Word::span).after();
        return Some(report::missing(keyword, end, keyword_span));
    }
    if keyword.args.max != Arity::ANY && args.len() > keyword.args.max.into() {
        return Some(report::extra(keyword, &args[keyword.args.max.into()..]));
    }
    None
}

/// Where the operands of an action end: at the `if` or `unless` that comes after those that it must have.
fn operands_end(args: &[Word], action: &Keyword) -> usize {
    let own = action.words() + usize::from(action.args.min);
    let condition = |word: &Word| matches!(word.text(), "if" | "unless");
    args.iter().skip(own).position(condition).map_or(args.len(), |at| at + own)
}

/// How many of the words after an option are its own. Where it may take more than it must, the next option ends it.
fn option_args(keyword: &'static Keyword, rest: &[Word], place: Place) -> usize {
    let (min, max) = (usize::from(keyword.args.min), usize::from(keyword.args.max));
    let more = rest.iter().skip(min).take(max.saturating_sub(min));
    let optional = more.take_while(|word| !matches!(lookup(place, &[word.text()]), Found::Here(_))).count();
    rest.len().min(min + optional)
}
