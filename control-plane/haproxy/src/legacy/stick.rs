//! `appsession`: clients stay with their server by a cookie of the application.

use super::rule::{Modern, Old, Rule, Verdict, join};
use crate::word::Word;

pub(super) const RULES: &[Rule] = &[
    Rule {
        names: &["appsession"],
        form: "appsession <cookie> len <length> timeout <time> [request-learn] [prefix] [mode <mode>]",
        becomes: "stick-table type string len <length> size 1m expire <time>, and `stick` lines",
        differs: "the table is bounded, and `prefix` has no like",
        rewrite: session,
    },
    Rule {
        names: &["timeout appsession"],
        form: "timeout appsession <time>",
        becomes: "",
        differs: "",
        rewrite: |old| {
            let modern = old.without(Verdict::Needless("the `appsession` line tells its time"));
            Some(modern.of_words(old, 2))
        },
    },
];

/// What the options of the line say.
struct Session<'l> {
    len: &'l str,
    timeout: Option<&'l str>,
    learns: bool,
    query: bool,
}

fn session(old: &Old<'_>) -> Option<Modern> {
    let cookie = old.words.get(1)?;
    let options = options(old)?;
    let default = old.facts.session_timeout.as_ref().map(Word::text);
    let expire = options.timeout.or(default).unwrap_or("3h");
    let line = |texts: &[&str]| -> Vec<Word> {
        let rest: Vec<_> = texts[1..].iter().map(|text| Word::made(text, cookie.span())).collect();
        join(old.new_words(&texts[..1]), &rest)
    };
    let name = cookie.text();
    let (asked, answered) = (format!("req.cook({name})"), format!("res.cook({name})"));
    let in_url = if options.query { format!("urlp({name})") } else { format!("urlp({name},;)") };
    let mut lines = vec![
        line(&["stick-table", "type", "string", "len", options.len, "size", "1m", "expire", expire]),
        line(&["stick", "match", &asked]),
        line(&["stick", "match", &in_url]),
        line(&["stick", "store-response", &answered]),
    ];
    if options.learns {
        lines.push(line(&["stick", "store-request", &asked]));
    }
    Some(old.approximate(lines, "the table holds a million sessions, and `prefix` has no like"))
}

fn options<'l>(old: &Old<'l>) -> Option<Session<'l>> {
    let mut session = Session { len: "64", timeout: None, learns: false, query: false };
    let mut rest = old.args(2).iter().map(Word::text);
    while let Some(word) = rest.next() {
        match word {
            "len" => session.len = rest.next()?,
            "timeout" => session.timeout = Some(rest.next()?),
            "request-learn" => session.learns = true,
            "mode" => session.query = rest.next()? == "query-string",
            "prefix" => {}
            _ => return None,
        }
    }
    Some(session)
}
