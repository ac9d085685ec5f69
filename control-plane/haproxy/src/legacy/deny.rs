//! `reqdeny`, `reqallow`, `reqtarpit`, `rspdeny`, `reqsetbe`: verdicts on lines of a message.
//!
//! What such a rule keeps out must stay out: where what it looks for has no modern form, the file is refused.

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
        becomes: "",
        differs: "left out: the `reqdeny` lines below it turn away what it let in",
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
    let Some(condition) = looks_for(old, regex, response).and_then(|test| and(&test, old.condition(2)))
    else {
        return Some(old.without(Verdict::Refused(UNCLEAR.to_owned())));
    };
    let words = join(old.new_words(action), &condition);
    Some(old.approximate(vec![words], ONE_PLACE).ranked(Rank::lines(response)))
}

const ONE_PLACE: &str = "the rest of the message is not looked at";

fn allow(old: &Old<'_>) -> Option<Modern> {
    Some(old.without(if old.facts.denies {
        Verdict::LeftOut("the lines below it turn away what it let in".to_owned())
    } else {
        Verdict::Needless("no line of this proxy turns requests away by their lines")
    }))
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

/// The most words of a joined condition.
const MAX_CONDITION: usize = 48;

/// `if` all of `terms` and the condition hold; `None` where that cannot be written.
pub(super) fn and(terms: &[Word], condition: &[Word]) -> Option<Vec<Word>> {
    let Some((word, old)) = condition.split_first() else {
        let Some(first) = terms.first() else { return Some(Vec::new()) };
        return Some(join(vec![Word::made("if", first.span())], terms));
    };
    if terms.is_empty() {
        return Some(condition.to_vec());
    }
    let either = |word: &Word| matches!(word.text(), "or" | "||");
    let mut words = vec![Word::made("if", word.span())];
    if word.text() == "if" {
        for (at, all) in old.split(either).enumerate() {
            if at > 0 {
                words.push(Word::made("||", word.span()));
            }
            words.extend(terms.iter().chain(all).cloned());
        }
    } else {
        words.extend_from_slice(terms);
        for term in old.split(either) {
            let [term] = term else { return None };
            let text =
                term.text().strip_prefix('!').map_or_else(|| format!("!{}", term.text()), str::to_owned);
            words.push(Word::made(&text, term.span()));
        }
    }
    (words.len() <= MAX_CONDITION).then_some(words)
}
