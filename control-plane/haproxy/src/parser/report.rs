//! What the parser says.

use crate::ast::SectionKind;
use crate::diagnostic::{Code, Diagnostic};
use crate::keywords::{Effect, Keyword, Place, Support, allowed_in, nearest};
use crate::raw;
use crate::source::{Defect, MAX_FILE_BYTES, Source, Span, floor_boundary};
use crate::word::Word;

/// The longest part of a word that a message repeats, in bytes.
const MAX_SHOWN: usize = 80;

/// A word of the configuration as a message shows it: bounded, without control characters.
pub(super) fn shown(text: &str) -> String {
    let end = floor_boundary(text, MAX_SHOWN);
    let tail = if end < text.len() { "..." } else { "" };
    let safe = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    text[..end].chars().map(safe).chain(tail.chars()).collect()
}

pub(super) fn defect(source: &Source, defect: &Defect) -> Diagnostic {
    match defect {
        Defect::TooLarge { bytes } => {
            let span = Span::new(source.id(), 0..0);
            let message = format!("the file has {bytes} bytes; at most {MAX_FILE_BYTES} are read");
            Diagnostic::error(Code::FileTooLarge, span, message)
                .help("is it a configuration? Long lists of patterns belong in files given with `-f`")
        }
        Defect::Nul { at } => {
            let span = Span::new(source.id(), *at..*at + 1);
            Diagnostic::error(Code::NulByte, span, "a NUL byte")
                .note("no text file has one; the file may be damaged")
        }
    }
}

/// The first byte that is not UTF-8 in a word of the file, where there is one in this line.
pub(super) fn not_text(source: &Source, words: &[Word]) -> Option<Diagnostic> {
    let written = |word: &Word| {
        let range = word.span().range();
        let at = range.start + raw::find(source.text().get(range)?)?;
        source.text()[at..].chars().next().map(|c| (at, c))
    };
    let (at, c) = words.iter().find_map(written)?;
    let span = Span::new(source.id(), at..at + c.len_utf8());
    let byte = raw::bytes(c.encode_utf8(&mut [0; 4])).first().copied().unwrap_or_default();
    let message = format!("the byte 0x{byte:02x} is not UTF-8");
    Some(
        Diagnostic::warning(Code::NotUtf8, span, message)
            .label("such bytes go out as they are; where text must stand they are read as ISO 8859-1")
            .note("there may be more of them in this file")
            .help("save the file as UTF-8, for example with `iconv -f latin1 -t utf-8`, if clients are to see UTF-8"),
    )
}

pub(super) fn outside_section(words: &[Word]) -> Diagnostic {
    let first = &words[0];
    let message = format!("`{}` stands before any section", shown(first.text()));
    Diagnostic::error(Code::OutsideSection, first.span(), message)
        .help("a file starts with a section: `global`, `defaults`, `frontend NAME`, `listen NAME` or `backend NAME`")
}

pub(super) fn header_usage(kind: SectionKind) -> String {
    match kind {
        SectionKind::Global => "global".to_owned(),
        SectionKind::Defaults => "defaults [<name>] [from <defaults>]".to_owned(),
        SectionKind::Ring => "ring <name>".to_owned(),
        SectionKind::Cache => "cache <name>".to_owned(),
        SectionKind::Resolvers => "resolvers <name>".to_owned(),
        SectionKind::CrtStore => "crt-store [<name>]".to_owned(),
        other => format!("{} <name> [from <defaults>]", other.as_str()),
    }
}

pub(super) fn duplicate(name: &str, first: Span, again: Span) -> Diagnostic {
    Diagnostic::warning(Code::Duplicate, again, format!("`{name}` is given again; the last one wins"))
        .label("this one counts")
        .related(first, "this one does not")
}

pub(super) fn unknown(place: Place, word: &Word, advise: bool) -> Diagnostic {
    let text = word.text();
    let noun = place.noun();
    let message = format!("unknown {noun} `{}` in `{place}`", shown(text));
    let finding = Diagnostic::error(Code::UnknownKeyword, word.span(), message);
    if !advise {
        return finding;
    }
    if let Some(near) = nearest(text, place) {
        return finding.help(format!("did you mean `{near}`?"));
    }
    let others = place_family(place).iter().filter(|other| **other != place);
    let elsewhere = others.filter_map(|other| nearest(text, *other).map(|near| (near, *other))).next();
    match elsewhere {
        Some((near, other)) => finding.help(format!("`{near}` exists in `{other}`")),
        None => match list(working(place)) {
            none if none.is_empty() => finding,
            names => finding.help(format!("what works here: {names}")),
        },
    }
}

fn working(place: Place) -> impl Iterator<Item = &'static Keyword> {
    let works = |entry: &&Keyword| entry.modern.is_none() && matches!(entry.support, Support::Works { .. });
    allowed_in(place).filter(works)
}

fn place_family(place: Place) -> &'static [Place] {
    match place.noun() {
        "keyword" => &[Place::Global, Place::Defaults, Place::Frontend, Place::Backend],
        _ => &[],
    }
}

/// The first word begins keywords, but what follows it ends none.
pub(super) fn unfinished(place: Place, words: &[Word], advise: bool) -> Diagnostic {
    let first = words[0].text();
    let known = || allowed_in(place).filter(|entry| starts(entry, first) && entry.modern.is_none());
    let choices = list(known());
    let help = format!("in `{place}` there are {choices}");
    let Some(second) = words.get(1) else {
        let message = format!("`{first}` needs a second word");
        return Diagnostic::error(Code::MissingArgument, words[0].span().after(), message)
            .label("here")
            .help(help);
    };
    let name = format!("{first} {}", shown(second.text()));
    let finding =
        Diagnostic::error(Code::UnknownKeyword, second.span(), format!("there is no `{name}` in `{place}`"));
    if !advise {
        return finding;
    }
    match nearest(&name, place).filter(|near| near.starts_with(first)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None if choices.is_empty() => finding,
        None => finding.help(help),
    }
}

fn starts(entry: &Keyword, first: &str) -> bool {
    entry.name.split(' ').next() == Some(first)
}

fn list<'a>(entries: impl Iterator<Item = &'a Keyword>) -> String {
    let names: Vec<_> =
        entries.filter(|entry| !entry.refused_here()).map(|entry| format!("`{}`", entry.name)).collect();
    names.join(", ")
}

pub(super) fn misplaced(keyword: &'static Keyword, place: Place, words: &[Word]) -> Diagnostic {
    let span = match (words.first(), words.last()) {
        (Some(first), Some(last)) => first.span().to(last.span()),
        _ => return unknown(place, &words[0], true),
    };
    let name = keyword.name;
    let help = format!("it belongs in {}", keyword.places);
    let lenient = matches!(place, Place::Frontend | Place::Backend)
        && (keyword.places.contains(Place::Frontend) || keyword.places.contains(Place::Backend))
        && !keyword.strict;
    if lenient {
        let message = format!("`{name}` has no effect in `{place}`");
        return Diagnostic::warning(Code::WrongSection, span, message).label("left out").help(help);
    }
    Diagnostic::error(Code::WrongSection, span, format!("`{name}` may not stand in `{place}`")).help(help)
}

pub(super) fn bad_prefix(keyword: &'static Keyword, prefix: &Word) -> Diagnostic {
    let message = format!("`{}` may not stand before `{}`", prefix.text(), keyword.name);
    Diagnostic::error(Code::BadPrefix, prefix.span(), message)
        .help("`no` and `default` are for switches such as `option redispatch`")
}

pub(super) fn missing(keyword: &'static Keyword, end: Span, keyword_span: Span) -> Diagnostic {
    let min = keyword.args.min;
    let count = if min == 1 { "an argument".to_owned() } else { format!("{min} arguments") };
    let finding = Diagnostic::error(Code::MissingArgument, end, format!("`{}` needs {count}", keyword.name));
    let finding = if end.start == keyword_span.end { finding } else { finding.related(keyword_span, "") };
    finding.label("missing here").help(format!("the form is `{}`", keyword.form()))
}

pub(super) fn extra(keyword: &'static Keyword, words: &[Word]) -> Diagnostic {
    let span = words[0].span().to(words[words.len() - 1].span());
    let max = keyword.args.max;
    let count = match max {
        0 => "no argument".to_owned(),
        1 => "one argument".to_owned(),
        more => format!("at most {more} arguments"),
    };
    Diagnostic::error(Code::ExtraArgument, span, format!("`{}` takes {count}", keyword.name))
        .label("too many")
        .help(format!("the form is `{}`", keyword.form()))
}

/// What there is to say about a keyword that does not simply work.
pub(super) fn support(keyword: &'static Keyword, span: Span, place: Place) -> Option<Diagnostic> {
    let name = match place.noun() {
        "keyword" => format!("`{}`", keyword.name),
        noun => format!("the `{place}` {noun} `{}`", keyword.name),
    };
    match keyword.support {
        Support::Works { .. } => None,
        Support::Degraded { why } => {
            let message = format!("{name} is not done as written: {why}");
            let finding = Diagnostic::warning(Code::DegradedKeyword, span, message);
            Some(match keyword.instead {
                Effect::LeftOut => finding,
                effect => finding.label(effect.words()),
            })
        }
        Support::Inert { why } => {
            Some(Diagnostic::notice(Code::InertKeyword, span, format!("{name} has no effect: {why}")))
        }
        Support::NotSupported { why } => {
            Some(Diagnostic::error(Code::UnsupportedKeyword, span, format!("{name} is not supported: {why}")))
        }
    }
}
