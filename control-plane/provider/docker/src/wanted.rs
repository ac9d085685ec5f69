//! What a container wants to be served, in whatever vocabulary it says so.

use std::time::Duration;

use crate::container::Container;
use crate::problem::Reason;

/// Of a route that does not say.
pub(crate) const DEFAULT_PRIORITY: u32 = 100;
/// How long requests wait for a container that is made anew.
pub(crate) const DEFAULT_HOLD: Duration = Duration::from_secs(15);

/// One route to a container, and the backend behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The label that it is said by, or what all of its labels begin with.
    pub label: String,
    /// Containers that share it form one backend of this name.
    pub name: String,
    /// What it speaks.
    pub mode: Mode,
    /// Names of listeners.
    pub entrypoints: Vec<String>,
    /// Host names, lower case; those that begin with `*.` stand for all names below. Empty: any.
    pub hosts: Vec<String>,
    /// What paths are or are below; empty: any.
    pub path: String,
    /// Named conditions of the configuration language, for the rule.
    pub acls: Vec<Line>,
    /// A condition of the configuration language that holds besides.
    pub rule: Option<Line>,
    /// The higher is asked first.
    pub priority: u32,
    /// Where the container listens; `None`: at the only port that it exposes.
    pub port: Option<u16>,
    /// The network that it is reached in.
    pub network: Option<String>,
    /// By its IPv6 address, where it has one of either.
    pub v6: bool,
    /// Lines of its backend.
    pub backend: Vec<Line>,
    /// Options of its server line.
    pub server: Vec<Line>,
    /// How long requests wait for it while it is made anew.
    pub hold: Duration,
}

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// HTTP.
    Http,
    /// Whatever there is, over TCP.
    Tcp,
    /// Datagrams.
    Udp,
}

impl Mode {
    /// As the configuration language has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// A piece of the configuration language, and the label that says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The label.
    pub label: String,
    /// What it comes to.
    pub text: String,
}

impl Wanted {
    /// One that says nothing but its name yet.
    pub(crate) fn new(label: &str, name: String, mode: Mode) -> Self {
        Self {
            label: label.to_owned(),
            name,
            mode,
            entrypoints: Vec::new(),
            hosts: Vec::new(),
            path: String::new(),
            acls: Vec::new(),
            rule: None,
            priority: DEFAULT_PRIORITY,
            port: None,
            network: None,
            v6: false,
            backend: Vec::new(),
            server: Vec::new(),
            hold: DEFAULT_HOLD,
        }
    }

    /// Adds a line to its backend.
    pub(crate) fn say(&mut self, label: &str, text: impl Into<String>) {
        self.backend.push(Line { label: label.to_owned(), text: text.into() });
    }

    /// Adds an option to its server line.
    pub(crate) fn serve(&mut self, label: &str, text: impl Into<String>) {
        self.server.push(Line { label: label.to_owned(), text: text.into() });
    }

    /// Has a term hold besides; a rule of several groups cannot take one.
    pub(crate) fn and(&mut self, label: &str, term: &str) {
        let rule = self.rule.get_or_insert_with(|| Line { label: label.to_owned(), text: String::new() });
        if !rule.text.is_empty() {
            rule.text.push(' ');
        }
        rule.text.push_str(term);
    }

    /// Told where its port is none of those that the container exposes: nothing may listen there.
    pub(crate) fn unexposed_port(&self, container: &Container) -> Option<Reason> {
        let (port, exposed) = (self.port?, container.exposed(self.mode));
        if exposed.is_empty() || exposed.contains(&port) {
            return None;
        }
        let label = format!("{}.port", self.label);
        let exposed: Vec<String> = exposed.iter().map(u16::to_string).collect();
        let message = format!("the container exposes {}, and not {port}", exposed.join(", "));
        Some(Reason::Doubt { label, message })
    }

    /// What its backend would have otherwise, by label; `None`: all containers that share it may differ in the rest.
    pub(crate) fn differs_from(&self, other: &Self) -> Option<String> {
        let route = [
            (self.mode == other.mode, ""),
            (self.hosts == other.hosts, ".host"),
            (self.path == other.path, ".path"),
            (self.texts_of_rule() == other.texts_of_rule(), ".rule"),
            (self.entrypoints == other.entrypoints, ".entrypoints"),
            (self.priority == other.priority, ".priority"),
        ];
        if let Some((_, label)) = route.into_iter().find(|(same, _)| !same) {
            // Others say it in one place.
            let own = self.label.starts_with(crate::PREFIX);
            return Some(format!("{}{}", self.label, if own { label } else { "" }));
        }
        if self.hold != other.hold {
            return Some(format!("{}backend.hold", crate::PREFIX));
        }
        let lacks = |some: &[Line], line: &Line| some.iter().all(|known| known.text != line.text);
        let differing = self.backend.iter().find(|line| lacks(&other.backend, line));
        let differing = differing.or_else(|| other.backend.iter().find(|line| lacks(&self.backend, line)));
        differing.map(|line| line.label.clone())
    }

    fn texts_of_rule(&self) -> Vec<&str> {
        self.acls.iter().chain(&self.rule).map(|line| line.text.as_str()).collect()
    }
}
