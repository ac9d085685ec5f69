//! Containers in other programs' words, and what becomes of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::*;
use crate::container::{Addresses, Port};
use crate::entry::{EntryPoint, EntryPoints};
use crate::groups::{Groups, Routes, View};
use crate::reach::Reach;
use crate::wanted::Mode;

/// A container by what it says: labels with dots, variables without.
pub(super) fn container(name: &str, ports: &[u16], said: &[(&str, &str)]) -> Container {
    let last = name.bytes().map(u32::from).sum::<u32>() % 200 + 2;
    let addresses = Addresses { v4: Some([172, 17, 0, u8::try_from(last).unwrap()].into()), v6: None };
    let said = said.iter().map(|(word, value)| ((*word).to_owned(), (*value).to_owned()));
    let (environment, labels): (BTreeMap<_, _>, BTreeMap<_, _>) =
        said.partition(|(word, _)| is_variable(word));
    Container {
        id: format!("{name:0>64}"),
        name: name.to_owned(),
        labels,
        environment,
        ports: ports.iter().map(|number| Port { number: *number, udp: *number == 53 }).collect(),
        networks: [("bridge".to_owned(), addresses)].into(),
        ..Container::default()
    }
}

fn all() -> Vocabularies {
    [Vocabulary::Traefik, Vocabulary::NginxProxy, Vocabulary::Caddy, Vocabulary::FlowProxy]
        .into_iter()
        .collect()
}

/// What containers come to, with these entry points.
pub(super) fn plan(containers: &[Container], tls: bool) -> Routes {
    let mut entrypoints = EntryPoints::default();
    let of_tls = tls.then_some(("websecure", Mode::Http));
    let others = [("web", Mode::Http), ("db", Mode::Tcp), ("6379", Mode::Tcp), ("dns", Mode::Udp)];
    for (name, mode) in others.into_iter().chain(of_tls) {
        entrypoints.add(name, EntryPoint { provider: "entrypoint".to_owned(), mode });
    }
    let view = View { entrypoints: &entrypoints, reach: &Reach::default(), now_unix_ms: 0 };
    let mut groups = Groups::new(std::time::Duration::ZERO).speaking(all());
    let containers: Vec<Arc<Container>> = containers.iter().cloned().map(Arc::new).collect();
    let routes = groups.plan(&containers, view);
    assert_eq!(groups.plan(&containers, view), routes, "the same again");
    routes
}

/// What they say, as text: each route, the lines around it, and what is told. All of it is taken by the language.
pub(super) fn shown(containers: &[Container], tls: bool) -> String {
    let routes = plan(containers, tls);
    let mut reader = Reader::new(all());
    let containers: Vec<Arc<Container>> = containers.iter().cloned().map(Arc::new).collect();
    let all: Vec<&Arc<Container>> = containers.iter().collect();
    let mut text = String::new();
    for (container, said) in containers.iter().zip(reader.all(&all, Around { tls })) {
        for wanted in &said.wanted {
            show(&mut text, &container.name, wanted);
        }
    }
    for problem in &routes.problems {
        assert!(!matches!(problem.reason, Reason::Language { .. }), "{problem}\n{text}");
        writeln!(text, "! {problem}").unwrap();
    }
    text
}

fn show(text: &mut String, container: &str, wanted: &Wanted) {
    let (mode, port) = (wanted.mode.as_str(), wanted.port.unwrap_or_default());
    writeln!(text, "{mode} {} {} -> {container}:{port}", wanted.name, wanted.entrypoints.join(",")).unwrap();
    if !wanted.hosts.is_empty() || !wanted.path.is_empty() {
        writeln!(text, "  at {}{}", wanted.hosts.join(","), wanted.path).unwrap();
    }
    for acl in &wanted.acls {
        writeln!(text, "  acl {}", acl.text).unwrap();
    }
    if let Some(rule) = &wanted.rule {
        writeln!(text, "  if {}", rule.text).unwrap();
    }
    // What is told of the client in any case.
    const USUAL: [&str; 5] = ["Proto", "Host", "Port", "Ssl", "Real-IP"];
    let usual = |text: &str| USUAL.iter().any(|header| text.contains(&format!("set-header X-{header} ")));
    let usual = |text: &str| usual(text) || usual(&text.replace("X-Forwarded-", "X-"));
    for line in wanted.backend.iter().filter(|line| !usual(&line.text)) {
        writeln!(text, "  {}", line.text).unwrap();
    }
    for word in &wanted.server {
        writeln!(text, "  server {}", word.text).unwrap();
    }
}

/// The same without what is at the margin of a test.
pub(super) fn expect(containers: &[Container], tls: bool, expected: &str) {
    let trim = |text: &str| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    };
    let shown = shown(containers, tls);
    assert_eq!(trim(&shown), trim(expected), "\n{shown}");
}

#[test]
fn the_tables_of_the_documentation_are_those_of_the_code() {
    for (name, vocabulary) in [
        ("traefik", Vocabulary::Traefik),
        ("nginx-proxy", Vocabulary::NginxProxy),
        ("caddy", Vocabulary::Caddy),
        ("flow-proxy", Vocabulary::FlowProxy),
    ] {
        documented(name, &docs(vocabulary));
    }
}

/// Compares a table with that of the documentation; with `UPDATE=1` it is written anew.
pub(crate) fn documented(name: &str, table: &str) {
    // Several tests write to one file.
    static WRITES: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _alone = WRITES.lock();
    let marks =
        [format!("<!-- {name}: written by the test of {name} -->\n"), format!("<!-- {name}: end -->\n")];
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/docker.md");
    let text = std::fs::read_to_string(file).unwrap();
    let [begin, end] = marks.each_ref().map(|mark| text.find(mark).unwrap());
    let begin = begin + marks[0].len();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, format!("{}\n{table}\n{}", &text[..begin], &text[end..])).unwrap();
    } else {
        assert_eq!(text[begin..end].trim(), table.trim(), "run the test with UPDATE=1");
    }
}
