//! Directives as lines of a backend.

use super::matcher::{Matcher, named};
use super::tree::Node;
use super::{Branch, Site};
use crate::labels::is_name;
use crate::vocabulary::text::{escaped, line, word};
use crate::wanted::Line;

/// In the order in which Caddy runs them, whatever the order of the labels.
pub(super) const ORDER: [&str; 12] = [
    "header",
    "redir",
    "rewrite",
    "uri",
    "basicauth",
    "basic_auth",
    "forward_auth",
    "request_header",
    "encode",
    "handle",
    "handle_path",
    "route",
];

impl Site<'_> {
    /// Adds what a directive does to a branch; false: it is none that does something to a request.
    pub(super) fn line(&mut self, name: &str, node: &Node, branch: &mut Branch) -> bool {
        match name {
            "header" => self.headers(node, "http-after-response", branch),
            "request_header" => self.headers(node, "http-request", branch),
            "redir" => self.redirect(node, branch),
            "rewrite" => self.rewrite(node, branch),
            "uri" => self.strip_uri(node, branch),
            "respond" => self.respond(node, branch),
            "encode" => self.encode(node, branch),
            "basicauth" | "basic_auth" | "forward_auth" => {
                self.tell_word(name, node);
                branch.lines.push(line(&node.label, "http-request deny"));
            }
            _ => return false,
        }
        true
    }

    /// The words behind a matcher, and a condition with a space in front; none where that cannot be read, which is told.
    fn matched(&mut self, node: &Node, branch: &mut Branch) -> Option<(Vec<String>, String)> {
        let Some(mut words) = node.texts() else {
            self.tell(node, "templates are not worked out, but for upstreams");
            return None;
        };
        let matcher = match words.first().map(|first| Matcher::of(first, self.root)) {
            None | Some(Ok(None)) => return Some((words, String::new())),
            Some(Ok(Some(matcher))) => matcher,
            Some(Err(what)) => {
                self.tell(node, &what);
                return None;
            }
        };
        words.remove(0);
        if matcher.tests.is_empty() {
            return Some((words, String::new()));
        }
        self.matchers += 1;
        let (lines, terms) = named(&matcher, &format!("m{}-", self.matchers));
        branch.lines.extend(lines.into_iter().map(|text| line(&node.label, format!("acl {text}"))));
        Some((words, format!(" if {terms}")))
    }

    fn redirect(&mut self, node: &Node, branch: &mut Branch) {
        let Some((words, when)) = self.matched(node, branch) else { return };
        let code = match words.get(1).map(|code| &code[..]) {
            None | Some("temporary") => Some(302),
            Some("permanent") => Some(301),
            Some(code) => code.parse().ok().filter(|code| [301, 302, 303, 307, 308].contains(code)),
        };
        let target = words.first().and_then(|target| placeholders(target));
        let (Some(target), Some(code)) = (target, code) else {
            return self.tell(node, "such a redirect is not made here");
        };
        branch.answers = true;
        let text = format!("http-request redirect location {} code {code}{when}", word(&target));
        branch.lines.push(line(&node.label, text));
    }

    fn rewrite(&mut self, node: &Node, branch: &mut Branch) {
        let Some((words, when)) = self.matched(node, branch) else { return };
        let [to] = &words[..] else { return self.tell(node, "such a rewrite is not made here") };
        let Some(target) = placeholders(to).filter(|_| to.starts_with('/')) else {
            return self.tell(node, "such a rewrite is not made here");
        };
        let action = if to.contains("uri}") || to.contains('?') { "set-pathq" } else { "set-path" };
        branch.lines.push(line(&node.label, format!("http-request {action} {}{when}", word(&target))));
    }

    fn strip_uri(&mut self, node: &Node, branch: &mut Branch) {
        let Some((words, when)) = self.matched(node, branch) else { return };
        match &words[..] {
            [kind, prefix] if kind == "strip_prefix" && prefix.starts_with('/') => {
                branch.lines.push(strip(&node.label, prefix, &when));
            }
            _ => self.tell(node, "only strip_prefix is done"),
        }
    }

    fn respond(&mut self, node: &Node, branch: &mut Branch) {
        let Some((words, when)) = self.matched(node, branch) else { return };
        let (body, status) = match &words[..] {
            [status] if status.parse::<u16>().is_ok() => ("", &status[..]),
            [body] => (&body[..], "200"),
            [body, status] => (&body[..], &status[..]),
            _ => ("", ""),
        };
        let Some(status) = status.parse::<u16>().ok().filter(|status| (200..600).contains(status)) else {
            return self.tell(node, "such an answer is not given here");
        };
        branch.answers = true;
        let body = if body.is_empty() {
            String::new()
        } else {
            format!(" content-type 'text/plain; charset=utf-8' string {}", word(body))
        };
        branch.lines.push(line(&node.label, format!("http-request return status {status}{body}{when}")));
    }

    fn encode(&mut self, node: &Node, branch: &mut Branch) {
        let mut encodings = node.texts().unwrap_or_default();
        encodings.extend(node.inner.keys().map(|slot| slot.name.clone()));
        encodings.retain(|encoding| ["gzip", "zstd", "br"].contains(&&encoding[..]));
        if encodings.is_empty() {
            encodings = vec!["zstd".to_owned(), "gzip".to_owned()];
        }
        branch.lines.push(line(&node.label, format!("compression algo {}", encodings.join(" "))));
    }

    /// `X-Name value`, on the line itself or as lines within.
    pub(super) fn headers(&mut self, node: &Node, when: &str, branch: &mut Branch) {
        if !node.value.is_empty() {
            let Some((words, condition)) = self.matched(node, branch) else { return };
            // Answers are of requests that are there no more.
            if !condition.is_empty() && when != "http-request" {
                return self.tell(node, "headers of answers are set whatever was asked; this one is not");
            }
            if let Some((name, values)) = words.split_first() {
                let text = header(when, name, values).map(|text| format!("{text}{condition}"));
                self.put(node, text, branch);
            }
        }
        for (slot, inner) in &node.inner {
            match inner.texts() {
                Some(values) => self.put(inner, header(when, &slot.name, &values), branch),
                None => self.tell(inner, "templates are not worked out, but for upstreams"),
            }
        }
    }

    fn put(&mut self, node: &Node, text: Option<String>, branch: &mut Branch) {
        match text {
            Some(text) => branch.lines.push(line(&node.label, text)),
            None => self.tell(node, "such a header is not set here"),
        }
    }
}

/// A header that is set, or with a sign in front of its name added, removed, or set where it is not there.
fn header(when: &str, name: &str, values: &[String]) -> Option<String> {
    let name = name.trim_start_matches('>');
    let sign = name.chars().next().filter(|first| "+-?".contains(*first));
    let name = if sign.is_some() { name.get(1..)? } else { name };
    let value = match values {
        [] => String::new(),
        // What was asked is not known any more when an answer comes.
        [value] if when == "http-request" || !value.contains('{') => placeholders(value)?,
        _ => return None,
    };
    if !is_name(name) || (value.is_empty() && sign != Some('-')) {
        return None;
    }
    let value = word(&value);
    Some(match sign {
        Some('-') => format!("{when} del-header {name}"),
        Some('+') => format!("{when} add-header {name} {value}"),
        Some('?') if when == "http-after-response" => {
            format!("{when} set-header {name} {value} if !{{ res.hdr({name}) -m found }}")
        }
        _ => format!("{when} set-header {name} {value}"),
    })
}

/// Takes a prefix away.
pub(super) fn strip(label: &str, prefix: &str, when: &str) -> Line {
    let pattern = format!("^{}/?(.*)$", regex::escape(prefix.trim_end_matches('/')));
    line(label, format!("http-request replace-path {} '/\\1'{when}", word(&pattern)))
}

/// A value as a format; none where it has a placeholder that is not known here.
fn placeholders(value: &str) -> Option<String> {
    const KNOWN: [(&str, &str); 12] = [
        ("{uri}", "%[pathq]"),
        ("{http.request.uri}", "%[pathq]"),
        ("{path}", "%[path]"),
        ("{http.request.uri.path}", "%[path]"),
        ("{query}", "%[query]"),
        ("{http.request.uri.query}", "%[query]"),
        ("{host}", "%[req.hdr(host),host_only]"),
        ("{http.request.host}", "%[req.hdr(host),host_only]"),
        ("{hostport}", "%[req.hdr(host)]"),
        ("{http.request.hostport}", "%[req.hdr(host)]"),
        ("{remote_host}", "%[src]"),
        ("{http.request.remote.host}", "%[src]"),
    ];
    let (mut text, mut rest) = (String::new(), value);
    while let Some(at) = rest.find('{') {
        let (before, tail) = rest.split_at_checked(at)?;
        let (name, format) = KNOWN.iter().find(|(name, _)| tail.starts_with(name))?;
        text += &escaped(before);
        text += format;
        rest = tail.get(name.len()..)?;
    }
    text += &escaped(rest);
    Some(text)
}
