//! The lines of one section, rewritten.

use super::condition::Alternatives;
use super::rule::{Facts, Modern, Old, Rank, Verdict};
use super::{deny, expressions, order, rename, rules};
use crate::diagnostic::{Code, Diagnostic};
use crate::keywords::Place;
use crate::source::Span;
use crate::word::Word;

/// Lines as they were written.
pub(crate) struct Section {
    /// Where they stand.
    pub(crate) place: Place,
    /// Whether the proxy speaks HTTP where it does not say so itself.
    pub(crate) http: bool,
    /// The line that opened it.
    pub(crate) header: Span,
    /// Old lines of its `defaults` that are lines of proxies today.
    pub(crate) inherited: Vec<Vec<Word>>,
    /// The words of each line.
    pub(crate) lines: Vec<Vec<Word>>,
}

/// What rewriting gave.
#[derive(Debug, Default)]
pub(crate) struct Rewritten {
    /// The lines of today.
    pub(crate) lines: Vec<Vec<Word>>,
    pub(crate) findings: Vec<Diagnostic>,
    pub(crate) edits: Vec<Edit>,
    /// Lines that `global` gets.
    pub(crate) global: Vec<Vec<Word>>,
}

/// A change of the text that makes of the old lines what was made of them.
#[derive(Debug)]
pub(crate) struct Edit {
    /// From the first word to the last of the line that it is about.
    pub(crate) at: Span,
    pub(crate) how: How,
    pub(crate) lines: Vec<Vec<Word>>,
    /// What people have to know about it.
    pub(crate) comment: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// New lines stand above the line.
    Before,
    /// New lines stand in its place.
    Replace,
    /// The line becomes a comment.
    Silence,
    /// The same words are written by today's rules for quotes, where nothing else changes the line.
    Requote,
    /// New lines stand below it.
    After,
}

/// A line of today, and the line that it was made of.
pub(super) struct Slot {
    pub(super) words: Vec<Word>,
    pub(super) from: usize,
    pub(super) rank: Option<Rank>,
    /// It was made by a rule: it may be put elsewhere.
    pub(super) made: bool,
}

/// Rewrites lines by all rules.
pub(crate) fn rewrite(section: Section) -> Rewritten {
    let facts = facts(&section);
    let mut out = Rewritten::default();
    let spans: Vec<_> = section.lines.iter().map(|words| whole(words)).collect();
    let mut slots = Vec::with_capacity(section.lines.len());
    let mut notes: Vec<(usize, Note)> = Vec::new();
    let mut allowed: Vec<Alternatives> = Vec::new();
    for words in &section.inherited {
        let old = Old { words, facts: &facts, allowed: &[] };
        if let Some(modern) = rules::of(words).find_map(|rule| (rule.rewrite)(&old)) {
            let lines = modern.lines;
            out.lines.extend(lines.iter().cloned());
            out.edits.push(Edit { at: section.header, how: How::After, lines, comment: None });
        }
    }
    for (from, words) in section.lines.into_iter().enumerate() {
        let old = Old { words: &words, facts: &facts, allowed: &allowed };
        let lets_in = deny::lets_in(&old);
        let applied = rules::of(&words).find_map(|rule| (rule.rewrite)(&old));
        allowed.extend(lets_in);
        match applied {
            None => {
                let (words, changed) = modern_names(words, facts.place, &mut out.findings);
                let rank = Rank::of(&words);
                slots.push(Slot { words, from, rank, made: false });
                if changed {
                    notes.push((from, Note::Changed(None)));
                }
            }
            Some(modern) => {
                out.findings.push(finding(&words, &modern));
                notes.push((from, note(&modern.verdict)));
                out.global.extend(modern.global);
                for line in modern.lines {
                    let (words, _) = modern_names(line, facts.place, &mut out.findings);
                    slots.push(Slot { words, from, rank: modern.rank, made: true });
                }
            }
        }
    }
    order::place(slots, &spans, &notes_by_line(notes), &mut out);
    out
}

/// What an edit says of a line.
#[derive(Clone, Debug)]
pub(super) enum Note {
    /// It is another one now.
    Changed(Option<String>),
    /// It says nothing any more.
    Gone,
    /// It could not be carried.
    Silenced(String),
    /// It stands as it was and is refused.
    Refused,
}

fn notes_by_line(notes: Vec<(usize, Note)>) -> std::collections::BTreeMap<usize, Note> {
    notes.into_iter().collect()
}

fn note(verdict: &Verdict) -> Note {
    match verdict {
        Verdict::Exact => Note::Changed(None),
        Verdict::Approximate(why) => Note::Changed(Some(why.clone())),
        Verdict::Needless(_) | Verdict::Moved(_) => Note::Gone,
        Verdict::LeftOut(why) => Note::Silenced(why.clone()),
        Verdict::Refused(_) => Note::Refused,
    }
}

fn whole(words: &[Word]) -> Span {
    let first = words[0].span();
    words.last().map_or(first, |last| first.to(last.span()))
}

fn facts(section: &Section) -> Facts {
    let is = |words: &[Word], texts: &[&str]| {
        words.len() >= texts.len()
            && words.iter().map(Word::text).zip(texts).all(|(word, text)| word == *text)
    };
    let has = |texts: &[&str]| section.lines.iter().any(|words| is(words, texts));
    let mode = section.lines.iter().rev().find(|words| is(words, &["mode"])).and_then(|words| words.get(1));
    let timeout = section.lines.iter().find(|words| is(words, &["timeout", "appsession"]));
    let deny = ["reqdeny", "reqideny", "reqtarpit", "reqitarpit"];
    Facts {
        place: section.place,
        http: mode.map_or(section.http, |mode| mode.text() == "http"),
        dispatch: has(&["dispatch"]),
        denies: deny.iter().any(|name| has(&[name])),
        proxies: has(&["option", "http_proxy"]),
        agent: has(&["option", "lb-agent-chk"]),
        session_timeout: timeout.and_then(|words| words.get(2)).cloned(),
    }
}

/// The line with the modern spellings of its keyword, options and expressions; whether that changed it.
fn modern_names(words: Vec<Word>, place: Place, findings: &mut Vec<Diagnostic>) -> (Vec<Word>, bool) {
    let before = findings.len();
    let words = rename::line(words, place, findings);
    let words = expressions::line(words, findings);
    let changed = findings.len() > before;
    (words, changed)
}

/// What people are told of a line.
fn finding(words: &[Word], modern: &Modern) -> Diagnostic {
    let count = words.iter().take_while(|word| word.span().end <= modern.span.end).count();
    let name = words[..count.max(1)].iter().map(|word| shown(word.text())).collect::<Vec<_>>().join(" ");
    match &modern.verdict {
        Verdict::Exact | Verdict::Approximate(_) => {
            let message = match modern.lines.first() {
                None => format!("`{name}` is not needed any more"),
                Some(line) if head(line) == name => format!("`{name}` is written otherwise today"),
                Some(line) => format!("`{name}` is an old form of `{}`", head(line)),
            };
            let mut found = Diagnostic::warning(Code::OldSpelling, modern.span, message);
            if let Verdict::Approximate(why) = &modern.verdict {
                found = found.note(why.clone());
            }
            modern.lines.iter().fold(found, |found, line| found.help(format!("write `{}`", text(line))))
        }
        Verdict::Moved(where_to) => {
            let message = format!("`{name}` is not written so any more: {where_to}");
            Diagnostic::warning(Code::OldSpelling, modern.span, message)
        }
        Verdict::Needless(why) => {
            Diagnostic::notice(Code::InertKeyword, modern.span, format!("`{name}` has no effect: {why}"))
        }
        Verdict::LeftOut(why) => {
            let message = format!("`{name}` is not done as written: {why}");
            Diagnostic::warning(Code::DegradedKeyword, modern.span, message)
        }
        Verdict::Refused(why) => {
            let message = format!("`{name}` is not supported: {why}");
            Diagnostic::error(Code::UnsupportedKeyword, modern.span, message)
        }
    }
}

/// The words that name what a line does.
fn head(line: &[Word]) -> String {
    let two = ["http-request", "http-response", "timeout", "option", "stick", "tcp-request", "http-check"];
    let count = 1 + usize::from(line.first().is_some_and(|word| two.contains(&word.text())));
    line.iter().take(count).map(Word::text).collect::<Vec<_>>().join(" ")
}

/// A line as one would write it, bounded.
fn text(line: &[Word]) -> String {
    shown(&line.iter().map(|word| super::quote::quoted(word.text())).collect::<Vec<_>>().join(" "))
}

/// The longest part of a line that a message repeats, in bytes.
const MAX_SHOWN: usize = 200;

fn shown(text: &str) -> String {
    let end = crate::source::floor_boundary(text, MAX_SHOWN);
    let tail = if end < text.len() { "..." } else { "" };
    let safe = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    text[..end].chars().map(safe).chain(tail.chars()).collect()
}
