//! Health checks.

use super::header_line::{literal, split};
use super::rule::{Modern, Old, Rule};
use crate::word::Word;

pub(super) const RULES: &[Rule] = &[Rule {
    names: &["option httpchk"],
    form: "option httpchk <method> <uri> HTTP/1.1\\r\\nHost:\\ <host>",
    becomes: "option httpchk <method> <uri> HTTP/1.1, and `http-check send hdr Host <host>`",
    differs: "",
    rewrite: hidden_headers,
}];

/// Headers and a body after the version.
fn hidden_headers(old: &Old<'_>) -> Option<Modern> {
    let word = old.words.get(4)?;
    let (version, rest) = word.text().split_once("\r\n").or_else(|| word.text().split_once('\n'))?;
    let (headers, body) = rest.split_once("\r\n\r\n").map_or((rest, ""), |(headers, body)| (headers, body));
    let new = |text: &str| Word::made(text, word.span());
    let mut check = old.words[..4].to_vec();
    check.push(new(version));
    let mut send = vec![new("http-check"), new("send")];
    for header in headers.split(['\r', '\n']).filter(|header| !header.is_empty()) {
        let (name, value) = split(header)?;
        send.extend([new("hdr"), new(name), new(&literal(value.trim_end()))]);
    }
    if !body.is_empty() {
        send.extend([new("body"), new(body)]);
    }
    let lines = if send.len() > 2 { vec![check, send] } else { vec![check] };
    Some(old.exact(lines).of_words(old, 2))
}
