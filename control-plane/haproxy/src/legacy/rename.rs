//! Spellings that changed and nothing else: entries of the keyword table that name a modern one.

use crate::diagnostic::{Code, Diagnostic};
use crate::keywords::{Found, Keyword, Place, lookup, named};
use crate::word::Word;

/// The line with the modern spelling of its keyword and of its options.
pub(super) fn line(mut words: Vec<Word>, place: Place, findings: &mut Vec<Diagnostic>) -> Vec<Word> {
    let skip = usize::from(words.len() > 1 && matches!(words[0].text(), "no" | "default"));
    let texts: Vec<_> = words.iter().skip(skip).take(3).map(Word::text).collect();
    let Found::Here(keyword) = lookup(place, &texts) else { return words };
    if let Some(modern) = modern(keyword, place) {
        let count = keyword.words();
        let head = &words[skip..skip + count];
        let span = head[0].span().to(head[count - 1].span());
        let new: Vec<_> = respelled(head, modern.name);
        words.splice(skip..skip + count, new);
        let message = format!("`{}` is an old spelling of `{}`", keyword.name, modern.name);
        let written = words.iter().take(8).map(|word| super::quote::quoted(word.text()));
        let help = format!("write `{}`", written.collect::<Vec<_>>().join(" "));
        findings.push(Diagnostic::warning(Code::OldSpelling, span, message).help(help));
    }
    if let Some((options, fixed)) = keyword.options {
        self::options(&mut words, skip + keyword.words() + usize::from(fixed), options, findings);
    }
    words
}

/// The words of a name, each where a word of the old name stood.
fn respelled(head: &[Word], name: &str) -> Vec<Word> {
    let all = head[0].span().to(head[head.len() - 1].span());
    let names: Vec<_> = name.split(' ').collect();
    let same = names.len() == head.len();
    let place = |at: usize| if same { head[at].span() } else { all };
    names.iter().enumerate().map(|(at, name)| Word::made(name, place(at))).collect()
}

fn options(words: &mut [Word], from: usize, place: Place, findings: &mut Vec<Diagnostic>) {
    let mut at = from;
    while at < words.len() {
        let Found::Here(written) = lookup(place, &[words[at].text()]) else { return };
        if let Some(modern) = modern(written, place) {
            let span = words[at].span();
            words[at] = Word::made(modern.name, span);
            let message = format!("`{}` is an old spelling of `{}`", written.name, modern.name);
            let help = format!("write `{}`", modern.name);
            findings.push(Diagnostic::warning(Code::OldSpelling, span, message).help(help));
        }
        at += 1 + usize::from(written.args.min);
    }
}

fn modern(keyword: &'static Keyword, place: Place) -> Option<&'static Keyword> {
    named(place, keyword.modern?)
}
