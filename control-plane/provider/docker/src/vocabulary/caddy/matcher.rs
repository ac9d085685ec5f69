//! Which requests a directive is for.

use super::tree::Node;
use crate::labels::is_name;
use crate::vocabulary::text::{is_network, is_plain, word};

/// Conditions that all hold, each a sample with flags and what it may be; `!` in front of its name: none of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Matcher {
    pub(super) tests: Vec<Test>,
    /// What is asked of the path, for the order of routes.
    pub(super) path: String,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Test {
    pub(super) negated: bool,
    /// Alternatives: a sample with flags, and patterns.
    pub(super) any: Vec<(String, Vec<String>)>,
}

impl Matcher {
    /// Of a directive's first word; none where that is no matcher. `site`: where matchers with a name are.
    pub(super) fn of(first: &str, site: &Node) -> Result<Option<Self>, String> {
        if first == "*" {
            return Ok(Some(Self::default()));
        }
        if first.starts_with('/') {
            let test = path(&[first.to_owned()])?;
            return Ok(Some(Self { tests: vec![test], path: first.trim_end_matches('*').to_owned() }));
        }
        if !first.starts_with('@') {
            return Ok(None);
        }
        let node = site.get(first).ok_or_else(|| format!("there is no matcher '{first}'"))?;
        let mut matcher = Self::default();
        let words = node.texts().ok_or("a matcher with a template is not read")?;
        if let Some((kind, values)) = words.split_first() {
            matcher.tests.push(test(kind, values)?);
        }
        for (slot, inner) in &node.inner {
            let values = inner.texts().ok_or("a matcher with a template is not read")?;
            if inner.inner.is_empty() {
                matcher.tests.push(test(&slot.name, &values)?);
            } else {
                // Of a header or a query by its name, or what must not hold.
                for (field, value) in &inner.inner {
                    let mut values = value.texts().ok_or("a matcher with a template is not read")?;
                    values.insert(0, field.name.clone());
                    matcher.tests.push(test(&slot.name, &values)?);
                }
            }
        }
        if matcher.tests.is_empty() {
            return Err(format!("matcher '{first}' says nothing"));
        }
        first.clone_into(&mut matcher.path);
        Ok(Some(matcher))
    }

    /// Both hold.
    pub(super) fn and(&self, other: &Self) -> Self {
        let tests = self.tests.iter().chain(&other.tests).cloned().collect();
        Self { tests, path: format!("{}{}", self.path, other.path) }
    }
}

fn test(kind: &str, values: &[String]) -> Result<Test, String> {
    let plain = |sample: &str, patterns: Vec<String>| Test {
        negated: false,
        any: vec![(sample.to_owned(), patterns)],
    };
    if values.is_empty() || !values.iter().all(|value| is_plain(value) && !value.is_empty()) {
        return Err(format!("matcher '{kind}' needs values of one line"));
    }
    Ok(match kind {
        "path" => path(values)?,
        "path_regexp" => plain("path -m reg", vec![values.last().cloned().unwrap_or_default()]),
        "method" => plain("method", values.iter().map(|value| value.to_ascii_uppercase()).collect()),
        "host" => plain(
            "req.hdr(host),host_only,lower -m str",
            values.iter().map(|host| host.to_ascii_lowercase()).collect(),
        ),
        "protocol" if values == ["https"] => plain("ssl_fc", Vec::new()),
        "protocol" if values == ["http"] => Test { negated: true, ..plain("ssl_fc", Vec::new()) },
        "remote_ip" | "client_ip" => {
            let networks = values.iter().flat_map(|value| match &value[..] {
                "private_ranges" => PRIVATE.iter().map(|network| (*network).to_owned()).collect(),
                other => vec![other.to_owned()],
            });
            let networks: Vec<String> = networks.collect();
            if !networks.iter().all(|network| is_network(network)) {
                return Err(format!("matcher '{kind}' needs addresses and networks"));
            }
            plain("src", networks)
        }
        "header" => header(values)?,
        "query" => query(values)?,
        "not" => match values.split_first() {
            Some((kind, values)) if kind != "not" => {
                let inner = test(kind, values)?;
                Test { negated: !inner.negated, ..inner }
            }
            _ => return Err("matcher 'not' needs another one".to_owned()),
        },
        _ => return Err(format!("matcher '{kind}' is not known here")),
    })
}

const PRIVATE: [&str; 6] =
    ["192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "127.0.0.1/8", "fd00::/8", "::1"];

/// Paths, which may begin and end with anything; letters of either case are the same.
fn path(values: &[String]) -> Result<Test, String> {
    let any = values.iter().map(|value| {
        if !is_plain(value) || value.is_empty() {
            return Err("a path is not text of one line".to_owned());
        }
        Ok(globbed("path -i", value))
    });
    Ok(Test { negated: false, any: any.collect::<Result<_, String>>()? })
}

/// `*` at either end stands for anything.
fn globbed(sample: &str, value: &str) -> (String, Vec<String>) {
    let inner = value.trim_matches('*');
    let (kind, text) = match (value.starts_with('*'), value.ends_with('*'), inner.contains('*')) {
        (_, _, true) => {
            let parts: Vec<String> = value.split('*').map(regex::escape).collect();
            ("reg", format!("^{}$", parts.join(".*")))
        }
        (true, true, _) if !inner.is_empty() => ("sub", inner.to_owned()),
        (true, false, _) => ("end", inner.to_owned()),
        (false, true, _) => ("beg", inner.to_owned()),
        (false, false, _) => ("str", inner.to_owned()),
        (true, true, _) => ("found", String::new()),
    };
    let patterns = if text.is_empty() { Vec::new() } else { vec![text] };
    (format!("{sample} -m {kind}"), patterns)
}

fn header(values: &[String]) -> Result<Test, String> {
    let (name, values) = values.split_first().ok_or("matcher 'header' needs a name")?;
    let (negated, name) = name.strip_prefix('!').map_or((false, &name[..]), |name| (true, name));
    if !is_name(name) {
        return Err(format!("'{name}' is not the name of a header"));
    }
    let sample = format!("req.fhdr({name})");
    if values.is_empty() {
        return Ok(Test { negated, any: vec![(format!("{sample} -m found"), Vec::new())] });
    }
    Ok(Test { negated, any: values.iter().map(|value| globbed(&sample, value)).collect() })
}

fn query(values: &[String]) -> Result<Test, String> {
    let one = |value: &String| {
        let (name, value) = value.split_once('=').ok_or("matcher 'query' needs NAME=VALUE")?;
        if !is_name(name) || value.is_empty() {
            return Err(format!("'{name}' is not the name of a parameter with a value"));
        }
        Ok(globbed(&format!("url_param({name})"), value))
    };
    Ok(Test { negated: false, any: values.iter().map(one).collect::<Result<_, String>>()? })
}

/// Lines that name the conditions of a matcher, and the terms that they come to.
pub(super) fn named(matcher: &Matcher, begin: &str) -> (Vec<String>, String) {
    let (mut lines, mut terms) = (Vec::new(), Vec::new());
    for (at, test) in matcher.tests.iter().enumerate() {
        let name = format!("{begin}{at}");
        for (sample, patterns) in &test.any {
            if patterns.is_empty() {
                lines.push(format!("{name} {sample}"));
            }
            for patterns in patterns.chunks(40) {
                let patterns: Vec<String> = patterns.iter().map(|pattern| word(pattern)).collect();
                lines.push(format!("{name} {sample} -- {}", patterns.join(" ")));
            }
        }
        terms.push(format!("{}{name}", if test.negated { "!" } else { "" }));
    }
    (lines, terms.join(" "))
}
