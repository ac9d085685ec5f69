//! `reqrep`, `reqadd`, `reqdel` and their like: rules on whole lines of a message.

use super::condition::and;
use super::header_line::{self, literal};
use super::request_line::{self, renumber};
use super::rule::{Modern, Old, Rank, Rule, Verdict, join};
use super::status_line;
use crate::word::Word;

pub(super) const RULES: &[Rule] = &[
    Rule {
        names: &["reqadd", "rspadd"],
        form: "reqadd <name>:\\ <value> [<condition>]",
        becomes: "http-request add-header <name> <value> [<condition>]",
        differs: "",
        rewrite: add,
    },
    Rule {
        names: &["reqdel", "reqidel", "rspdel", "rspidel"],
        form: "reqidel ^<name>:<value> [<condition>]",
        becomes: "http-request del-header <name> [<condition>]",
        differs: "names are compared without their case; where the value is looked at, all lines of the header go",
        rewrite: delete,
    },
    Rule {
        names: &["reqrep", "reqirep", "cliexp", "rsprep", "rspirep", "srvexp"],
        form: "reqirep ^<name>:<value> <name>:\\ <template> [<condition>]",
        becomes: "http-request replace-header <name> <value> <template> [<condition>]",
        differs: REPLACED,
        rewrite: replace,
    },
    Rule {
        names: &["reqrep", "reqirep", "cliexp"],
        form: "reqrep ^(<method>)\\ <target> \\1\\ <template> [<condition>]",
        becomes: "http-request replace-pathq <target> <template> [<condition>]",
        differs: REPLACED,
        rewrite: replace_target,
    },
    Rule {
        names: &["rsprep", "rspirep", "srvexp"],
        form: "rsprep ^HTTP/1.1\\ <status> HTTP/1.1\\ <status>\\ <reason> [<condition>]",
        becomes: "http-response set-status <status> reason <reason> if { status <status> }",
        differs: "the version stays, and the reason of the response is not looked at",
        rewrite: replace_status,
    },
    Rule {
        names: &["reqrep", "reqirep", "cliexp", "rsprep", "rspirep", "srvexp"],
        form: "any other `reqrep`, `rsprep`",
        becomes: "",
        differs: "left out: what it looks for is not a header by its name, or a method and a target",
        rewrite: |old| {
            let why = "what it looks for is not a header by its name, or a method and a target";
            (old.words.len() >= 3).then(|| old.without(Verdict::LeftOut(why.to_owned())))
        },
    },
    Rule {
        names: &["reqpass", "reqipass"],
        form: "reqpass <regex>",
        becomes: "",
        differs: "",
        rewrite: |old| Some(old.without(Verdict::Needless("it had none since HAProxy 1.3"))),
    },
];

const REPLACED: &str = "the rest of the message is not looked at, and names are compared without their case";

/// `http-request` or `http-response`, and the action.
fn rule(old: &Old<'_>, action: &str) -> Vec<Word> {
    let list = if is_response(old) { "http-response" } else { "http-request" };
    old.new_words(&[list, action])
}

fn is_response(old: &Old<'_>) -> bool {
    let name = old.words[0].text();
    name.starts_with("rsp") || name == "srvexp"
}

/// The verbs with an `i` do not mind the case.
fn ignores_case(old: &Old<'_>) -> bool {
    matches!(old.words[0].text(), "reqidel" | "rspidel" | "reqirep" | "rspirep")
}

fn add(old: &Old<'_>) -> Option<Modern> {
    let line = old.words.get(1)?;
    let mut lines = Vec::new();
    for header in line.text().split(['\r', '\n']).filter(|header| !header.is_empty()) {
        let (name, value) = header_line::split(header)?;
        let mut words = rule(old, "add-header");
        words.push(Word::made(name, line.span()));
        // A word of a line is never empty.
        let value = if value.is_empty() { "%[str()]".to_owned() } else { literal(value) };
        words.push(Word::made(&value, line.span()));
        lines.push(join(words, old.condition(2)));
    }
    Some(old.exact(lines).ranked(Rank::added(is_response(old))))
}

fn delete(old: &Old<'_>) -> Option<Modern> {
    let regex = old.words.get(1)?;
    let mut words = rule(old, "del-header");
    let Some(header) = header_line::parse(regex.text()) else {
        let Some(names) = header_line::names(regex.text()) else {
            let why = "which headers it deletes is not told by their names";
            // What a client sends and must not would pass.
            return Some(old.without(match is_response(old) {
                true => Verdict::LeftOut(why.to_owned()),
                false => Verdict::Refused(why.to_owned()),
            }));
        };
        words.extend([names.as_str(), "-m", "reg"].map(|text| Word::made(text, regex.span())));
        let rank = Rank::lines(is_response(old));
        return Some(old.exact(vec![join(words, old.condition(2))]).ranked(rank));
    };
    words.push(Word::made(header.name, regex.span()));
    if header.prefix {
        words.extend(["-m", "beg"].map(|text| Word::made(text, regex.span())));
    }
    let rank = Rank::lines(is_response(old));
    if header.value.is_empty() {
        return Some(old.exact(vec![join(words, old.condition(2))]).ranked(rank));
    }
    let side = if is_response(old) { "res" } else { "req" };
    let test = header_test(regex, side, &header, ignores_case(old));
    let Some(condition) = and(&test, old.condition(2)) else {
        let why = "its condition cannot be joined with what it looks for";
        return Some(old.without(Verdict::LeftOut(why.to_owned())));
    };
    let why = format!("where one line of `{}` matches, all of them are deleted", header.name);
    Some(old.approximate(vec![join(words, &condition)], why).ranked(rank))
}

/// `{ req.fhdr(name) -m reg -i ^value }`
pub(super) fn header_test(
    regex: &Word,
    side: &str,
    header: &header_line::HeaderLine<'_>,
    ignores_case: bool,
) -> Vec<Word> {
    let fetch = format!("{side}.fhdr({})", header.name);
    let value = header.on_value();
    let texts: Vec<&str> = match (header.value.is_empty(), ignores_case) {
        (true, _) => vec!["{", &fetch, "-m", "found", "}"],
        (false, true) => vec!["{", &fetch, "-m", "reg", "-i", &value, "}"],
        (false, false) => vec!["{", &fetch, "-m", "reg", &value, "}"],
    };
    texts.iter().map(|text| Word::made(text, regex.span())).collect()
}

fn insensitive(old: &Old<'_>, regex: String) -> String {
    if ignores_case(old) { format!("(?i){regex}") } else { regex }
}

fn replace(old: &Old<'_>) -> Option<Modern> {
    let [_, regex, template, ..] = old.words else { return None };
    if let Some(header) = header_line::in_group(regex.text()) {
        let rest = template.text().strip_prefix("\\1")?;
        let value = match header.name_only {
            true => literal(&renumber(rest.trim_start(), 1)?),
            false => format!("\\1{}", literal(rest)),
        };
        let mut words = rule(old, "replace-header");
        words.push(Word::made(header.name, regex.span()));
        words.push(Word::made(&insensitive(old, header.value), regex.span()));
        words.push(Word::made(&value, template.span()));
        let modern =
            old.approximate(vec![join(words, old.condition(3))], "names are compared without their case");
        return Some(modern.ranked(Rank::lines(is_response(old))));
    }
    let header = header_line::parse(regex.text()).filter(|header| !header.prefix)?;
    let (name, value) = header_line::split(template.text())?;
    let rank = Rank::lines(is_response(old));
    let names = "names are compared without their case";
    if name.eq_ignore_ascii_case(header.name) {
        let mut words = rule(old, "replace-header");
        let pattern = insensitive(old, header.on_value());
        words.push(Word::made(header.name, regex.span()));
        words.push(Word::made(&pattern, regex.span()));
        words.push(Word::made(&literal(value), template.span()));
        return Some(old.approximate(vec![join(words, old.condition(3))], names).ranked(rank));
    }
    rename(old, &header, (name, value)).map(|modern| modern.ranked(rank))
}

/// A header that gets another name and keeps its value, or loses it.
fn rename(old: &Old<'_>, header: &header_line::HeaderLine<'_>, to: (&str, &str)) -> Option<Modern> {
    let [_, regex, template, ..] = old.words else { return None };
    let side = if is_response(old) { "res" } else { "req" };
    let kept = matches!(header.value, "(.*)" | "(.*)$" | "(.+)" | "(.+)$") && to.1 == "\\1";
    if !kept && (to.1.contains('\\') || !header.value.is_empty()) {
        return None;
    }
    let value = if kept { format!("%[{side}.fhdr({})]", header.name) } else { literal(to.1) };
    let found = header_line::HeaderLine { value: "", ..header.clone() };
    let condition = and(&header_test(regex, side, &found, true), old.condition(3))?;
    let mut set = rule(old, "set-header");
    set.push(Word::made(to.0, template.span()));
    set.push(Word::made(&value, template.span()));
    let mut delete = rule(old, "del-header");
    delete.push(Word::made(header.name, regex.span()));
    let lines = vec![join(set, &condition), join(delete, old.condition(3))];
    Some(old.approximate(lines, "of several such headers the last one is kept"))
}

fn replace_target(old: &Old<'_>) -> Option<Modern> {
    let [_, regex, template, ..] = old.words else { return None };
    let Some(line) = request_line::parse(regex.text()) else { return replace_beginning(old) };
    let (method, rest) = template.text().split_once(' ')?;
    let kept = if line.groups == 1 { method == "\\1" } else { method == line.method };
    if !kept || line.groups > 1 {
        return None;
    }
    let (pattern, target) = match (line.version, rest.split_once(' ')) {
        (Some(_), Some((target, _))) => (format!("^{}$", line.target), target),
        (None, None) if takes_version(line.target, rest, line.groups) => (format!("^{}", line.target), rest),
        _ => return None,
    };
    let target = literal(&renumber(target, line.groups)?);
    let whole = line.target.trim_start_matches('(').starts_with("http");
    let mut words = rule(old, if whole { "replace-uri" } else { "replace-pathq" });
    words.push(Word::made(&insensitive(old, pattern), regex.span()));
    words.push(Word::made(&target, template.span()));
    let methods = match line.methods() {
        Some(methods) if !line.any_method() => method_test(regex, &methods),
        _ => Vec::new(),
    };
    let condition = and(&methods, old.condition(3))?;
    let why = "only the target is looked at, without the version";
    Some(old.approximate(vec![join(words, &condition)], why).ranked(Rank::lines(false)))
}

/// A request line whose first group takes in the method and the beginning of the target.
fn replace_beginning(old: &Old<'_>) -> Option<Modern> {
    let [_, regex, template, ..] = old.words else { return None };
    let (beginning, rest) = request_line::spanning(regex.text())?;
    let target = template.text().strip_prefix("\\1").map(|_| template.text())?;
    let (pattern, target) = match (request_line::space(rest), target.split_once(' ')) {
        (Some(at), Some((target, _))) => (format!("^{beginning}{}$", &rest[..at]), target),
        (None, None) if takes_version(rest, target, 1) => (format!("^{beginning}{rest}"), target),
        _ => return None,
    };
    let mut words = rule(old, "replace-pathq");
    words.push(Word::made(&insensitive(old, pattern), regex.span()));
    words.push(Word::made(&literal(target), template.span()));
    let why = "only the target is looked at, without method and version";
    Some(old.approximate(vec![join(words, old.condition(3))], why).ranked(Rank::lines(false)))
}

/// The first line of a response.
fn replace_status(old: &Old<'_>) -> Option<Modern> {
    let [_, regex, template, ..] = old.words else { return None };
    let line = status_line::parse(regex.text(), template.text()).filter(|_| is_response(old))?;
    let mut words = rule(old, "set-status");
    words.push(Word::made(line.to, template.span()));
    if !line.reason.is_empty() {
        words.extend(["reason", line.reason].map(|text| Word::made(text, template.span())));
    }
    let test: Vec<Word> = match &line.from {
        Some(from) => ["{", "status", from, "}"].iter().map(|text| Word::made(text, regex.span())).collect(),
        None => Vec::new(),
    };
    let condition = and(&test, old.condition(3))?;
    let why = "the version stays, and the reason of the response is not looked at";
    Some(old.approximate(vec![join(words, &condition)], why).ranked(Rank::lines(true)))
}

/// Whether the last group takes in the version and the template gives it back.
fn takes_version(target: &str, template: &str, before: usize) -> bool {
    let all = ["(.*)", "(.*)$", "(.+)", "(.+)$"];
    let last = before + request_line::groups(target);
    all.iter().any(|end| target.ends_with(end)) && template.ends_with(&format!("\\{last}"))
}

/// `{ method GET HEAD }`
pub(super) fn method_test(regex: &Word, methods: &[&str]) -> Vec<Word> {
    let texts = ["{", "method"].into_iter().chain(methods.iter().copied()).chain(["}"]);
    texts.map(|text| Word::made(text, regex.span())).collect()
}
