//! Rules as conditions of the configuration language, which have no parentheses: groups of named conditions, any of which holds.

use super::rule::{InvalidRule, Matcher, Rule};
use crate::labels::{is_host, is_name};
use crate::vocabulary::text;
use crate::wanted::Line;

/// A line has 64 words, some of which are not of the condition.
const MAX_WORDS: usize = 56;
/// Most groups on the way there.
const MAX_TERMS: usize = 64;

/// What a rule comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Condition {
    /// Hosts, one of which is asked for whatever else holds; empty: any.
    pub(super) hosts: Vec<String>,
    pub(super) acls: Vec<Line>,
    /// Groups of names.
    terms: Vec<Vec<String>>,
}

/// Whose rule it is: what can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Http,
    /// TLS goes on to the server; the name is read from its first message.
    Passed,
    /// TLS ends at the entry point.
    Ended,
}

/// Matchers of which one holds, or none.
#[derive(Debug, Clone)]
struct Group {
    matchers: Vec<Matcher>,
    negated: bool,
}

enum Form {
    Group(Group),
    All(Vec<Form>),
    Any(Vec<Form>),
}

impl Condition {
    /// Of a rule that stands in a label.
    pub(super) fn of(rule: &Rule, label: &str, asked: Asked) -> Result<Self, InvalidRule> {
        let mut condition = Self::default();
        let mut groups = Vec::new();
        let form = match condition.take_hosts(simplified(rule, false), asked) {
            Some(form) => form,
            None => return Ok(condition),
        };
        let terms = terms(form, &mut groups)?;
        for (at, group) in groups.iter().enumerate() {
            condition.acls.extend(acls(group, label, &format!("r{at}"), asked)?);
        }
        let named = |(at, negated): &(usize, bool)| format!("{}r{at}", if *negated { "!" } else { "" });
        condition.terms = terms.iter().map(|term| term.iter().map(named).collect()).collect();
        condition.checked()
    }

    /// With a sample that holds in all groups.
    pub(super) fn and(mut self, label: &str, sample: &str) -> Result<Self, InvalidRule> {
        if self.terms.is_empty() {
            self.terms.push(Vec::new());
        }
        self.acls.extend(text::acl(label, sample, sample, &[]));
        self.terms.iter_mut().for_each(|group| group.push(sample.to_owned()));
        self.checked()
    }

    fn checked(self) -> Result<Self, InvalidRule> {
        let words: usize = self.terms.iter().map(|term| term.len() + 1).sum();
        if words > MAX_WORDS { Err(InvalidRule::TooManyTerms) } else { Ok(self) }
    }

    /// As a line has it; none where nothing besides hosts is asked.
    pub(super) fn text(&self) -> Option<String> {
        let terms: Vec<String> = self.terms.iter().map(|term| term.join(" ")).collect();
        (!terms.is_empty()).then(|| terms.join(" || "))
    }

    /// Hosts are looked up, so they are better not in a condition.
    fn take_hosts(&mut self, form: Form, asked: Asked) -> Option<Form> {
        let name = if asked == Asked::Http { "Host" } else { "HostSNI" };
        let is_of_hosts = |form: &Form| match form {
            Form::Group(group) => {
                !group.negated
                    && group.matchers.iter().all(|matcher| {
                        matcher.name.eq_ignore_ascii_case(name)
                            && matches!(&matcher.values[..], [host] if is_host(host))
                    })
            }
            _ => false,
        };
        // Where TLS has ended the name is elsewhere than sections look for it.
        if asked == Asked::Ended {
            return Some(form);
        }
        let (taken, rest) = match form {
            form if is_of_hosts(&form) => (Some(form), None),
            Form::All(mut parts) => {
                let at = parts.iter().position(is_of_hosts);
                let taken = at.map(|at| parts.remove(at));
                (taken, Some(Form::All(parts)))
            }
            other => (None, Some(other)),
        };
        if let Some(Form::Group(group)) = taken {
            let hosts = group.matchers.into_iter().flat_map(|matcher| matcher.values);
            self.hosts = hosts.map(|host| host.to_ascii_lowercase()).collect();
        }
        rest
    }
}

/// A rule without `!` but at groups, and with as few groups as can be.
fn simplified(rule: &Rule, negated: bool) -> Form {
    match rule {
        Rule::Is(matcher) => Form::Group(Group { matchers: vec![matcher.clone()], negated }),
        Rule::Not(rule) => simplified(rule, !negated),
        Rule::All(parts) | Rule::Any(parts) => {
            let is_any = matches!(rule, Rule::Any(_)) != negated;
            merged(parts.iter().map(|part| simplified(part, negated)), is_any)
        }
    }
}

/// What of one or the other holds is one group, and so is what of neither does.
fn merged(parts: impl Iterator<Item = Form>, is_any: bool) -> Form {
    let mut all: Vec<Form> = Vec::new();
    for part in parts {
        let flat = match part {
            Form::Any(parts) if is_any => parts,
            Form::All(parts) if !is_any => parts,
            other => vec![other],
        };
        for part in flat {
            let same = all.iter_mut().find_map(|known| match known {
                Form::Group(known) if known.negated != is_any => Some(known),
                _ => None,
            });
            match (part, same) {
                (Form::Group(group), Some(known)) if group.negated != is_any => {
                    known.matchers.extend(group.matchers);
                }
                (part, _) => all.push(part),
            }
        }
    }
    match (all.len(), all.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            all.extend(last);
            if is_any { Form::Any(all) } else { Form::All(all) }
        }
    }
}

/// A group's number, and whether it must not hold.
type Literal = (usize, bool);

fn terms(form: Form, groups: &mut Vec<Group>) -> Result<Vec<Vec<Literal>>, InvalidRule> {
    let terms = match form {
        Form::Group(group) => {
            let negated = group.negated;
            groups.push(group);
            vec![vec![(groups.len() - 1, negated)]]
        }
        Form::Any(parts) => {
            let mut any = Vec::new();
            for part in parts {
                any.extend(terms(part, groups)?);
            }
            any
        }
        Form::All(parts) => {
            let mut all: Vec<Vec<Literal>> = vec![Vec::new()];
            for part in parts {
                let part = terms(part, groups)?;
                if all.len() * part.len() > MAX_TERMS {
                    return Err(InvalidRule::TooManyTerms);
                }
                let both = |one: &Vec<Literal>| -> Vec<Vec<Literal>> {
                    part.iter().map(|other| [&one[..], &other[..]].concat()).collect()
                };
                all = all.iter().flat_map(both).collect();
            }
            all
        }
    };
    if terms.len() > MAX_TERMS { Err(InvalidRule::TooManyTerms) } else { Ok(terms) }
}

/// The lines of a group: those of one name hold where one of them does.
fn acls(group: &Group, label: &str, name: &str, asked: Asked) -> Result<Vec<Line>, InvalidRule> {
    let mut samples: Vec<(String, Vec<String>)> = Vec::new();
    for matcher in &group.matchers {
        let (sample, pattern) = sample(matcher, asked)?;
        match samples.iter_mut().find(|(known, patterns)| *known == sample && !patterns.is_empty()) {
            Some((_, patterns)) => patterns.extend(pattern),
            None => samples.push((sample, pattern.into_iter().collect())),
        }
    }
    Ok(samples.iter().flat_map(|(sample, patterns)| text::acl(label, name, sample, patterns)).collect())
}

/// What a matcher looks at, with flags, and what it has to be.
fn sample(matcher: &Matcher, asked: Asked) -> Result<(String, Option<String>), InvalidRule> {
    const HOST: &str = "req.hdr(host),host_only,lower";
    let sni = if asked == Asked::Ended { "ssl_fc_sni,lower" } else { "req.ssl_sni,lower" };
    let http = asked == Asked::Http;
    let name = matcher.name.to_ascii_lowercase();
    let sample = match (&name[..], http) {
        ("host", true) => (format!("{HOST} -m str"), Some(host(one(matcher)?)?)),
        ("hostregexp", true) => (format!("{HOST} -m reg"), Some(one(matcher)?)),
        ("path", true) => ("path -m str".to_owned(), Some(path(one(matcher)?)?)),
        ("pathprefix", true) => ("path -m beg".to_owned(), Some(path(one(matcher)?)?)),
        ("pathregexp", true) => ("path -m reg".to_owned(), Some(one(matcher)?)),
        ("method", true) => ("method".to_owned(), Some(token(one(matcher)?.to_ascii_uppercase())?)),
        ("header" | "headerregexp", true) => {
            let (key, value) = two(matcher)?;
            (format!("req.fhdr({}) -m {}", token(key)?, kind(&name)), Some(value))
        }
        ("query", true) if matcher.values.len() == 1 => {
            (format!("url_param({}) -m len", token(one(matcher)?)?), Some("0".to_owned()))
        }
        ("query" | "queryregexp", true) => {
            let (key, value) = two(matcher)?;
            (format!("url_param({}) -m {}", token(key)?, kind(&name)), Some(value))
        }
        ("clientip", _) => ("src".to_owned(), Some(network(one(matcher)?)?)),
        ("hostsni", false) if one(matcher)? == "*" => ("always_true".to_owned(), None),
        ("hostsni", false) => (format!("{sni} -m str"), Some(host(one(matcher)?)?)),
        ("hostsniregexp", false) => (format!("{sni} -m reg"), Some(one(matcher)?)),
        ("alpn", false) if asked == Asked::Ended => ("ssl_fc_alpn -m str".to_owned(), Some(one(matcher)?)),
        ("alpn", false) => {
            let listed = format!("(^|,){}(,|$)", regex::escape(&one(matcher)?));
            ("req.ssl_alpn -m reg".to_owned(), Some(listed))
        }
        ("headers" | "headersregexp" | "hostheader", _) => {
            return Err(unknown(matcher, "; it is one of Traefik v2"));
        }
        _ => return Err(unknown(matcher, "")),
    };
    match &sample.1 {
        Some(pattern) if pattern.is_empty() || !text::is_plain(pattern) => {
            Err(InvalidRule::Value { value: pattern.clone(), wanted: "text of one line" })
        }
        _ => Ok(sample),
    }
}

fn kind(name: &str) -> &'static str {
    if name.ends_with("regexp") { "reg" } else { "str" }
}

fn unknown(matcher: &Matcher, hint: &'static str) -> InvalidRule {
    InvalidRule::Matcher { name: matcher.name.clone(), hint }
}

fn one(matcher: &Matcher) -> Result<String, InvalidRule> {
    match &matcher.values[..] {
        [value] => Ok(value.clone()),
        _ => {
            Err(InvalidRule::Values { name: matcher.name.clone(), wanted: "one value; join several with ||" })
        }
    }
}

fn two(matcher: &Matcher) -> Result<(String, String), InvalidRule> {
    match &matcher.values[..] {
        [key, value] => Ok((key.clone(), value.clone())),
        _ => Err(InvalidRule::Values { name: matcher.name.clone(), wanted: "a name and a value" }),
    }
}

fn host(value: String) -> Result<String, InvalidRule> {
    if is_host(&value) {
        return Ok(value.to_ascii_lowercase());
    }
    Err(InvalidRule::Value { value, wanted: "a host name; HostRegexp and HostSNIRegexp take patterns" })
}

fn path(value: String) -> Result<String, InvalidRule> {
    if value.starts_with('/') {
        Ok(value)
    } else {
        Err(InvalidRule::Value { value, wanted: "a path that begins with '/'" })
    }
}

/// What can stand in parentheses behind a sample's name.
fn token(value: String) -> Result<String, InvalidRule> {
    if is_name(&value) {
        return Ok(value);
    }
    Err(InvalidRule::Value { value, wanted: "a name of letters, digits, '-', '_' and '.'" })
}

fn network(value: String) -> Result<String, InvalidRule> {
    if text::is_network(&value) {
        Ok(value)
    } else {
        Err(InvalidRule::Value { value, wanted: "an address or a network" })
    }
}
