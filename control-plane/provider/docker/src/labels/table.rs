//! All labels that there are: what they are called, and what they mean.

use std::fmt::Write as _;

use sluicegate_haproxy::keywords::{self, Place};

use super::MODES;
use crate::wanted::Mode;

/// A label of a route, or one with a meaning of its own.
struct Label {
    /// Without what stands before it.
    name: &'static str,
    value: &'static str,
    meaning: &'static str,
}

const fn label(name: &'static str, value: &'static str, meaning: &'static str) -> Label {
    Label { name, value, meaning }
}

/// `sluicegate.http.ROUTE.*`; the ones of TCP and UDP are among them.
const ROUTE: [Label; 9] = [
    label(
        "host",
        "names, with commas",
        "Host names; `*.example.com` stands for all names below. With TCP, the name that TLS asks for",
    ),
    label("path", "path", "What the path is, or is below"),
    label(
        "rule",
        "condition",
        "A condition of the expression language that holds besides: `{ method GET } !{ src 10.0.0.0/8 }`",
    ),
    label("port", "number", "Where the container listens [the only port that it exposes]"),
    label(
        "scheme",
        "`http`, `https`, `h2c`",
        "What it speaks there [`http`]; `https` wants `sluicegate.server.verify`",
    ),
    label(
        "priority",
        "0 to 1000000",
        "The higher is asked first [100]; of equals those with a host, then those with the longer path",
    ),
    label(
        "entrypoints",
        "names, with commas",
        "Listeners [`web`; with `tls` `websecure`; with `redirect-https` both; TCP and UDP have to name one]",
    ),
    label("tls", "`true`, `false`", "It is reached over TLS alone"),
    label("redirect-https", "`true`, `false`", "Who asks in clear is sent to https"),
];

/// What a route of TCP or UDP may have.
const OF_TCP: [&str; 5] = ["host", "rule", "port", "priority", "entrypoints"];
const OF_UDP: [&str; 4] = ["rule", "port", "priority", "entrypoints"];

/// `sluicegate.backend.*` with a meaning of their own.
const BACKEND: [Label; 10] = [
    label("check", "`true`, `false`", "Connections to it are tried, and it gets none while they fail"),
    label("check.path", "path", "The same, with a request that has to be answered 2xx or 3xx"),
    label("check.interval", "time", "Between two of them [2s]"),
    label("check.rise", "number", "So many good ones bring it back [2]"),
    label("check.fall", "number", "So many bad ones take it out [3]"),
    label("check.port", "number", "Where they go, if not to the port of the route"),
    label("sticky", "`true`, `false`", "A cookie keeps clients with their container"),
    label("network", "name", "The network that it is reached in, where it is in several"),
    label("address", "`ipv4`, `ipv6`", "Which of its addresses there, where it has both [`ipv4`]"),
    label("hold", "time", "How long requests wait for it while it is made anew [15s]"),
];

/// The setting of that name that a route of that mode may have.
pub(super) fn route_setting(mode: Mode, name: &str) -> Option<&'static str> {
    let known = ROUTE.iter().map(|label| label.name).find(|known| *known == name)?;
    let may = match mode {
        Mode::Http => true,
        Mode::Tcp => OF_TCP.contains(&known),
        Mode::Udp => OF_UDP.contains(&known),
    };
    may.then_some(known)
}

/// The label that is most like one that is not there. `rest`: without the prefix of all.
pub(super) fn nearest(rest: &str) -> Option<String> {
    let near = |name: &str, word: &str| {
        let distance = strsim::damerau_levenshtein(name, word);
        (distance <= (name.len() / 3).clamp(1, 3)).then_some(distance)
    };
    let best = |names: &mut dyn Iterator<Item = String>, word: &str| {
        names.filter_map(|name| Some((near(&name, word)?, name))).min().map(|(_, name)| name)
    };
    let full = |rest: String| Some(format!("{}{rest}", crate::PREFIX));
    let (first, tail) = rest.split_once('.').unwrap_or((rest, ""));
    if tail.is_empty() {
        return best(&mut ["enable".to_owned()].into_iter(), first).and_then(full);
    }
    let groups = ["http", "tcp", "udp", "backend", "server", "rules"];
    let group = best(&mut groups.iter().map(|group| (*group).to_owned()), first)?;
    match group.as_str() {
        "http" | "tcp" | "udp" => {
            let (route, setting) = tail.rsplit_once('.').unwrap_or(("NAME", tail));
            let mode = MODES.into_iter().find(|mode| mode.as_str() == group)?;
            let may = ROUTE.iter().filter_map(|label| route_setting(mode, label.name));
            let setting = best(&mut may.map(str::to_owned), setting)?;
            full(format!("{group}.{route}.{setting}"))
        }
        "backend" => {
            let own = BACKEND.iter().map(|label| label.name.to_owned());
            let lines = keywords::allowed_in(Place::Backend).map(|keyword| keyword.name.replace(' ', "."));
            let options = keywords::allowed_in(Place::ServerOption).map(|keyword| keyword.name.to_owned());
            best(&mut own.chain(lines).chain(options), tail).and_then(|key| full(format!("backend.{key}")))
        }
        "server" => {
            let key = keywords::nearest(tail, Place::ServerOption)?;
            full(format!("server.{key}"))
        }
        _ => full(format!("{group}.{tail}")).filter(|_| first != group),
    }
}

/// The table of all labels, for the documentation.
pub fn docs() -> String {
    let mut text = String::from("| label | value | meaning |\n|---|---|---|\n");
    let mut row = |label: String, value: &str, meaning: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{}{label}` | {value} | {meaning} |", crate::PREFIX);
    };
    row("enable".to_owned(), "`true`, `false`", "The container is served [`false`]");
    for label in &ROUTE {
        for (mode, has) in
            [("http", true), ("tcp", OF_TCP.contains(&label.name)), ("udp", OF_UDP.contains(&label.name))]
        {
            if has {
                row(format!("{mode}.ROUTE.{}", label.name), label.value, label.meaning);
            }
        }
    }
    for label in &BACKEND {
        row(format!("backend.{}", label.name), label.value, label.meaning);
    }
    row(
        "backend.KEYWORD".to_owned(),
        "what follows it",
        "Any keyword of a `backend` section, with dots for spaces (`timeout.server`, `option.httplog`), or of a `server` line \
         (`weight`, `maxconn`); one that takes nothing has `true` or `false`",
    );
    row("server.KEYWORD".to_owned(), "what follows it", "Any keyword of a `server` line");
    row(
        "rules.NUMBER".to_owned(),
        "a line",
        "Any line of a `backend` section, in the order of their numbers: `http-request deny if { path /private }`",
    );
    text
}
