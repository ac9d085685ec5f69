//! `reqdeny`, `reqallow`, `reqtarpit`, `rspdeny`, `reqsetbe`: verdicts on lines of a message.
//!
//! What such a rule keeps out must stay out: where what it looks for has no modern form, the file is refused.

use super::condition::{Alternatives, and};
use super::header_line;
use super::request_line;
use super::rewrite::{header_test, method_test};
use super::rule::{Modern, Old, Rank, Rule, Verdict, join};
use crate::word::Word;

pub(super) const RULES: &[Rule] = &[
    Rule {
        names: &["reqdeny", "reqideny"],
        form: "reqideny <regex> [<condition>]",
        becomes: "http-request deny if { req.fhdr(<name>) -m reg -i <value> }",
        differs: "refused where the regex is for neither one header nor a method and a target",
        rewrite: |old| verdict(old, &["http-request", "deny"]),
    },
    Rule {
        names: &["reqtarpit", "reqitarpit"],
        form: "reqitarpit <regex> [<condition>]",
        becomes: "http-request tarpit if { req.fhdr(<name>) -m reg -i <value> }",
        differs: "refused where the regex is for neither one header nor a method and a target",
        rewrite: |old| verdict(old, &["http-request", "tarpit"]),
    },
    Rule {
        names: &["rspdeny", "rspideny"],
        form: "rspideny <regex> [<condition>]",
        becomes: "http-response deny if { res.fhdr(<name>) -m reg -i <value> }",
        differs: "refused where the regex is not for one header",
        rewrite: |old| verdict(old, &["http-response", "deny"]),
    },
    Rule {
        names: &["reqallow", "reqiallow"],
        form: "reqallow <regex> [<condition>]",
        becomes: "http-request deny unless { <the test> }",
        differs: "its test is negated on the `reqdeny` lines below it; left out where that cannot be written",
        rewrite: allow,
    },
    Rule {
        names: &["reqsetbe", "reqisetbe"],
        form: "reqsetbe <regex> <backend> [<condition>]",
        becomes: "use_backend <backend> if { url -m reg <target> }",
        differs: "refused where the regex is for neither one header nor a method and a target",
        rewrite: switch,
    },
];

const UNCLEAR: &str =
    "what it looks for is neither one header nor a method and a target; write a condition instead";

fn verdict(old: &Old<'_>, action: &[&str]) -> Option<Modern> {
    let regex = old.words.get(1)?;
    let response = action[0] == "http-response";
    let test = looks_for(old, regex, response);
    let holds = test.and_then(|test| Alternatives::read(old.condition(2))?.with(&test));
    let Some(holds) = holds else {
        return Some(old.without(Verdict::Refused(UNCLEAR.to_owned())));
    };
    let allowed = if response { &[] } else { old.allowed };
    let narrowed = allowed.iter().try_fold(holds.clone(), |holds, allowed| holds.and(&allowed.negated()?));
    if narrowed.as_ref().is_some_and(Alternatives::never) {
        return Some(old.without(Verdict::Needless("a `reqallow` above it lets everything in")));
    }
    let (why, condition) = match narrowed.and_then(|holds| holds.written(regex)) {
        Some(condition) => (ONE_PLACE, condition),
        // It turns away more, which is the safe side.
        None => match holds.written(regex) {
            Some(condition) => {
                ("the rest of the message is not looked at, nor what `reqallow` let in", condition)
            }
            None => return Some(old.without(Verdict::Refused(UNCLEAR.to_owned()))),
        },
    };
    let words = join(old.new_words(action), &condition);
    Some(old.approximate(vec![words], why).ranked(Rank::lines(response)))
}

const ONE_PLACE: &str = "the rest of the message is not looked at";

fn allow(old: &Old<'_>) -> Option<Modern> {
    Some(old.without(match (old.facts.denies, lets_in(old)) {
        (false, _) => Verdict::Needless("no line of this proxy turns requests away by their lines"),
        (true, Some(_)) => Verdict::Moved("its test is part of the `deny` and `tarpit` rules below it"),
        (true, None) => Verdict::LeftOut("the lines below it turn away what it let in".to_owned()),
    }))
}

/// What a `reqallow` lets in; `None` where that cannot be told, or the line is none.
pub(super) fn lets_in(old: &Old<'_>) -> Option<Alternatives> {
    let regex = old.words.get(1).filter(|_| matches!(old.words[0].text(), "reqallow" | "reqiallow"))?;
    let test = looks_for(old, regex, false)?;
    Alternatives::read(old.condition(2))?.with(&test)
}

fn switch(old: &Old<'_>) -> Option<Modern> {
    let [_, regex, backend, ..] = old.words else { return None };
    let Some(condition) = looks_for(old, regex, false).and_then(|test| and(&test, old.condition(3))) else {
        return Some(old.without(Verdict::Refused(UNCLEAR.to_owned())));
    };
    let mut words = old.new_words(&["use_backend"]);
    words.push(backend.clone());
    Some(old.approximate(vec![join(words, &condition)], ONE_PLACE).ranked(Rank::SWITCH_FIRST))
}

/// The terms that are true where the expression matches; none where everything matches.
fn looks_for(old: &Old<'_>, regex: &Word, response: bool) -> Option<Vec<Word>> {
    let insensitive = old.words[0].text().starts_with(if response { "rspi" } else { "reqi" });
    if matches!(regex.text(), "." | ".*" | "^" | "^.*" | "^.*$") {
        return Some(Vec::new());
    }
    if let Some(header) = header_line::parse(regex.text()).filter(|header| !header.prefix) {
        let side = if response { "res" } else { "req" };
        return Some(header_test(regex, side, &header, insensitive));
    }
    let line = request_line::parse(regex.text()).filter(|_| !response)?;
    let version = line.version.is_none_or(|version| version.trim_end_matches('$').starts_with("HTTP/"));
    let every = [
        "HTTP/",
        "HTTP/.*",
        "HTTP/1",
        "HTTP/1.*",
        "HTTP/1\\..",
        "HTTP/1.",
        "HTTP/1\\.",
        "HTTP/1\\.[01]",
        "HTTP/1.[01]",
    ];
    let of_any = line.version.is_none_or(|version| every.contains(&version.trim_end_matches('$')));
    if !(version && of_any) {
        return None;
    }
    let mut terms = match line.methods() {
        Some(methods) if !line.any_method() => method_test(regex, &methods),
        _ => Vec::new(),
    };
    // With a version of its own the target ends before it; without, `$` would have to come after it.
    let target = match line.version {
        Some(_) => format!("^{}$", line.target),
        None if line.target.ends_with('$') && !line.target.ends_with(".*$") => return None,
        None => format!("^{}", line.target),
    };
    if !matches!(line.target, "" | ".*" | ".*$" | "." | "/" | "/.*" | "/.*$") {
        let flag: &[&str] = if insensitive { &["-i"] } else { &[] };
        let texts =
            ["{", "url", "-m", "reg"].into_iter().chain(flag.iter().copied()).chain([target.as_str(), "}"]);
        terms.extend(texts.map(|text| Word::made(text, regex.span())));
    }
    Some(terms)
}
