//! Names in expressions and log formats that HAProxy no longer has.

use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

/// Fetches: old name, new name, and the matching method that the old one implied. Aliases that HAProxy still takes are
/// not here.
pub(super) const FETCHES: [(&str, &str, &str); 10] = [
    ("set-cookie", "res.cook", ""),
    ("is_ssl", "ssl_fc", ""),
    ("ssl_sni", "ssl_fc_sni", ""),
    ("ssl_sni_end", "ssl_fc_sni_end", ""),
    ("ssl_sni_reg", "ssl_fc_sni_reg", ""),
    ("ssl_has_sni", "ssl_fc_has_sni", ""),
    ("src6", "src", ""),
    ("dst6", "dst", ""),
    ("hdr_pst", "req.hdr", "found"),
    ("urlp_ip", "urlp", "ip"),
];

/// Log variables: old name, new name.
pub(super) const VARIABLES: [(&str, &str); 11] = [
    ("Bi", "bi"),
    ("Bp", "bp"),
    ("Ci", "ci"),
    ("Cp", "cp"),
    ("Fi", "fi"),
    ("Fp", "fp"),
    ("Si", "si"),
    ("Sp", "sp"),
    ("cc", "CC"),
    ("cs", "CS"),
    ("st", "ST"),
];

const FORMATS: [&str; 4] = ["log-format", "log-format-sd", "unique-id-format", "error-log-format"];

/// The line with today's names.
pub(super) fn line(words: Vec<Word>, findings: &mut Vec<Diagnostic>) -> Vec<Word> {
    let Some(keyword) = words.first().map(|word| word.text().to_owned()) else { return words };
    if FORMATS.contains(&keyword.as_str()) {
        return words.into_iter().map(|word| format(word, findings)).collect();
    }
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        let after = at.checked_sub(1).map(|at| words[at].text());
        let stick = matches!(keyword.as_str(), "stick" | "tcp-request" | "http-request") && at >= 2;
        let fetch = matches!(after, Some("{" | "!{")) || (keyword == "acl" && at == 2) || stick;
        // `set-cookie` by itself is an argument of a redirect.
        let fetch = fetch && (word.text() != "set-cookie" || !stick);
        let found = fetch.then(|| FETCHES.iter().find(|(old, ..)| *old == stem(word.text()))).flatten();
        match found {
            None => out.push(word.clone()),
            Some((old, new, method)) => {
                let text = format!("{new}{}", &word.text()[old.len()..]);
                out.push(Word::made(&text, word.span()));
                if !method.is_empty() {
                    out.extend(["-m", method].map(|text| Word::made(text, word.span())));
                }
                findings.push(renamed(word, old, new));
            }
        }
    }
    out
}

fn renamed(word: &Word, old: &str, new: &str) -> Diagnostic {
    let message = format!("`{old}` is an old spelling of `{new}`");
    Diagnostic::warning(Code::OldSpelling, word.span(), message).help(format!("write `{new}`"))
}

fn stem(text: &str) -> &str {
    text.find(['(', ',']).map_or(text, |end| &text[..end])
}

/// A log format with today's variables.
fn format(word: Word, findings: &mut Vec<Diagnostic>) -> Word {
    let text = word.text();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let flags =
            rest[at + 1..].strip_prefix('{').and_then(|flags| flags.find('}')).map_or(0, |end| end + 2);
        let name_at = at + 1 + flags;
        out.push_str(&rest[..name_at]);
        rest = &rest[name_at..];
        if flags == 0 && rest.starts_with(['%', '[']) {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if let Some((old, new)) = VARIABLES.iter().find(|(old, _)| *old == &rest[..end]) {
            out.push_str(new);
            findings.push(renamed(&word, &format!("%{old}"), &format!("%{new}")));
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
    if out == text { word } else { Word::made(&out, word.span()) }
}
