//! A group of containers as a piece of the configuration language, and what that comes to.
//!
//! Labels say what `haproxy.cfg` says, and are read by who reads that: the same keywords, the same messages.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use sluicegate_haproxy::diagnostic::{Diagnostic, Verdict};
use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::expr::NoFiles;
use sluicegate_haproxy::lower::both;
use sluicegate_haproxy::{Input, Outcome, Reading, load_as};
use sluicegate_proto::v1::{self, resource::Body};

use crate::container::{Container, State};
use crate::entry::EntryPoints;
use crate::problem::{Problem, Reason};
use crate::vocabulary::Said;
use crate::wanted::{Line, Mode, Wanted};

/// The provider's name in object ids.
pub const PROVIDER: &str = "docker";
/// How many requests wait for a container that is made anew.
const MOST_HELD: u32 = 10_000;
/// A line has 64 words, which are not all hosts.
const HOSTS: usize = 50;
/// Stands for the entry points of the group.
const ENTRY: &str = "entry";

/// What holds where labels say nothing else. A container that has just gone is no reason for an error: another one
/// takes the request.
const DEFAULTS: &str = "    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout queue 5s
    timeout tunnel 1h
    retries 3
    option redispatch 1
";

/// A container, what it says, and what of that is a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) container: &'a Arc<Container>,
    pub(crate) said: &'a Arc<Said>,
    pub(crate) wanted: &'a Wanted,
}

/// A container that serves a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'a> {
    pub(crate) of: Owner<'a>,
    pub(crate) address: SocketAddr,
    /// The number of its server, which stays with its name.
    pub(crate) number: u32,
}

/// What a group comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Compiled {
    pub(crate) resources: Vec<Arc<v1::Resource>>,
    pub(crate) problems: Vec<Problem>,
    /// Those with an error, by container: the group is no good with them.
    pub(crate) refused: BTreeSet<String>,
}

impl Compiled {
    /// What is as it was before is the same in memory.
    pub(crate) fn share(&mut self, before: &Self) {
        for resource in &mut self.resources {
            if let Some(same) = before.resources.iter().find(|before| *before == resource) {
                resource.clone_from(same);
            }
        }
    }
}

/// Text, and what each line of it is of.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    text: String,
    /// By line: whose container says it.
    lines: Vec<(&'a Container, Vec<&'a Line>)>,
    /// Whose words those are that all share.
    owner: Owner<'a>,
    members: Vec<Member<'a>>,
}

impl<'a> Section<'a> {
    /// `members` agree on all but their servers; the first speaks for all. Without any it is that of `owner`, who has gone.
    pub(crate) fn of(owner: Owner<'a>, members: &[Member<'a>]) -> Self {
        let Owner { container, wanted, .. } = owner;
        let mut section = Self { text: String::new(), lines: Vec::new(), owner, members: members.to_vec() };
        section.put(container, "defaults");
        section.put(container, &format!("    mode {}", wanted.mode.as_str()));
        DEFAULTS.lines().for_each(|line| section.put(container, line));
        if wanted.mode == Mode::Http {
            section.put(container, "    option forwardfor");
        }
        section.entry(container, wanted);
        section.put(container, &format!("backend {}", wanted.name));
        for line in &wanted.backend {
            section.say(container, vec![line], &format!("    {}", line.text));
        }
        for member in members {
            section.server(member);
        }
        section
    }

    fn put(&mut self, container: &'a Container, line: &str) {
        self.say(container, Vec::new(), line);
    }

    fn say(&mut self, container: &'a Container, of: Vec<&'a Line>, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.lines.push((container, of));
    }

    /// The routes to the backend.
    fn entry(&mut self, container: &'a Container, wanted: &'a Wanted) {
        self.put(container, &format!("frontend {ENTRY}"));
        let mut terms = Vec::new();
        let (below, exact): (Vec<&String>, Vec<&String>) =
            wanted.hosts.iter().partition(|host| host.starts_with("*."));
        let asked = match wanted.mode {
            Mode::Http => "req.hdr(host),host_only,lower",
            Mode::Tcp | Mode::Udp => "req.ssl_sni,lower",
        };
        for names in exact.chunks(HOSTS) {
            let names: String = names.iter().map(|host| format!(" {host}")).collect();
            self.put(container, &format!("    acl host {asked} -m str --{names}"));
        }
        for names in below.chunks(HOSTS) {
            let names: String = names.iter().map(|host| format!(" {}", &host[1..])).collect();
            self.put(container, &format!("    acl host {asked} -m end --{names}"));
        }
        if !wanted.hosts.is_empty() {
            terms.push("host");
        }
        if !wanted.path.is_empty() {
            self.put(container, &format!("    acl path path -m str -- {}", wanted.path));
            self.put(container, &format!("    acl path path -m beg -- {}/", wanted.path));
            terms.push("path");
        }
        for acl in &wanted.acls {
            self.say(container, vec![acl], &format!("    acl {}", acl.text));
        }
        let name = &wanted.name;
        match &wanted.rule {
            // Each is read by itself, so that nothing in a rule gets around host and path: see `routes`.
            Some(rule) => {
                if !terms.is_empty() {
                    self.put(container, &format!("    use_backend {name} if {}", terms.join(" ")));
                }
                self.say(container, vec![rule], &format!("    use_backend {name} if {}", rule.text));
            }
            None if terms.is_empty() => self.put(container, &format!("    use_backend {name}")),
            None => self.put(container, &format!("    use_backend {name} if {}", terms.join(" "))),
        }
    }

    fn server(&mut self, member: &Member<'a>) {
        let Member { of: Owner { container, wanted, .. }, address, number } = *member;
        let mut text = format!("    server {} {address} id {number}", container.name);
        for word in &wanted.server {
            // Writing to a string cannot fail.
            let _ = write!(text, " {}", word.text);
        }
        let has_cookie = wanted.backend.iter().any(|line| line.text.starts_with("cookie "));
        let named = wanted.server.iter().any(|word| word.text.starts_with("cookie "));
        if has_cookie && !named {
            let _ = write!(text, " cookie {number:08x}");
        }
        self.say(container, wanted.server.iter().collect(), &text);
    }

    /// Reads the text.
    pub(crate) fn compile(&self, entrypoints: &EntryPoints) -> Compiled {
        let input = Input { path: "labels", text: self.text.as_bytes() };
        let reading = Reading { provider: Some(PROVIDER), ..Reading::default() };
        let outcome = load_as(&[input], Environment::default(), &NoFiles, reading);
        let mut compiled = Compiled::default();
        for finding in outcome.diagnostics.sorted() {
            self.tell(finding, &outcome, &mut compiled);
        }
        let made = outcome.fragment.map(|fragment| fragment.resources).unwrap_or_default();
        if compiled.refused.is_empty() {
            let (routes, others) =
                made.into_iter().partition(|made| matches!(made.body, Some(Body::Route(_))));
            let mut resources = Vec::new();
            self.routes(routes, entrypoints, &mut resources);
            for resource in others {
                self.place(resource, &mut resources);
            }
            compiled.resources = resources.into_iter().map(Arc::new).collect();
        }
        compiled
    }

    /// The routes from each entry point: where host and path hold, and the rule, if there is one.
    fn routes(&self, made: Vec<v1::Resource>, entrypoints: &EntryPoints, out: &mut Vec<v1::Resource>) {
        let Owner { container: owner, wanted, .. } = self.owner;
        let is_of_rule = |route: &v1::Resource| match route.origin().and_then(|origin| origin.place.as_ref())
        {
            Some(v1::origin::Place::File(at)) => {
                self.lines.get((at.line as usize).wrapping_sub(1)).is_some_and(|(_, of)| !of.is_empty())
            }
            _ => false,
        };
        let (of_rule, around): (Vec<_>, Vec<_>) = made.into_iter().partition(is_of_rule);
        let route = |resource: v1::Resource| match resource.body {
            Some(Body::Route(route)) => Some(route),
            _ => None,
        };
        let around = around.into_iter().find_map(route);
        let routes: Vec<v1::Route> = match &wanted.rule {
            None => around.into_iter().collect(),
            Some(_) => {
                let around = around.and_then(|route| route.when);
                let both = |rule: v1::Route| v1::Route { when: both(around.clone(), rule.when), ..rule };
                of_rule.into_iter().filter_map(route).map(both).collect()
            }
        };
        for name in &wanted.entrypoints {
            let Some(entry) = entrypoints.get(name) else { continue };
            for (at, route) in routes.iter().enumerate() {
                // One with a part that cannot be read is followed by another, for that part.
                let further = if at == 0 { String::new() } else { format!("/{}", at + 1) };
                let id = v1::ObjectId {
                    provider: PROVIDER.to_owned(),
                    namespace: String::new(),
                    kind: v1::Kind::Route.into(),
                    name: format!("{name}/{}{further}", wanted.name),
                };
                let route = v1::Route { frontend: Some(entry.frontend(name)), ..route.clone() };
                out.push(v1::Resource {
                    id: Some(id),
                    order: format!("{}{at:03}", order(wanted)),
                    body: Some(Body::Route(route)),
                    provenance: Some(origin(owner, wanted).into()),
                });
            }
        }
    }

    fn tell(&self, finding: &Diagnostic, outcome: &Outcome, compiled: &mut Compiled) {
        let line = finding.span.and_then(|span| outcome.sources.locate(span)).map(|(_, at)| at.line as usize);
        let said = line.and_then(|line| self.lines.get(line.checked_sub(1)?));
        let Some((container, of)) = said.or(self.lines.first()) else { return };
        let label = self.label(finding, outcome, of);
        let message = finding.message.clone();
        let reason = match finding.verdict() {
            Verdict::Fatal => {
                compiled.refused.insert(container.id.clone());
                let value = label.map(|line| line.text.clone()).unwrap_or_default();
                Reason::Language { label: self.name(label), value, message, help: finding.help.clone() }
            }
            // What stands around the labels is ours, and its notes are of no use to anybody.
            _ if label.is_none() => return,
            Verdict::Degraded | Verdict::Inert => Reason::Doubt { label: self.name(label), message },
            Verdict::Note => return,
        };
        compiled.problems.push(Problem::of(container, reason));
    }

    /// Which of the labels of a line a finding is about: the one whose words it points at, else the first.
    fn label(&self, finding: &Diagnostic, outcome: &Outcome, of: &[&'a Line]) -> Option<&'a Line> {
        let pointed = finding.span.map(|span| outcome.sources.text(span)).unwrap_or_default();
        let about = |line: &&&Line| !pointed.is_empty() && line.text.contains(pointed);
        of.iter().find(about).or(of.first()).copied()
    }

    fn name(&self, label: Option<&Line>) -> String {
        label.map_or_else(|| self.owner.wanted.label.clone(), |line| line.label.clone())
    }

    /// Gives a resource its place: in its order, and in the words of its container.
    fn place(&self, mut resource: v1::Resource, out: &mut Vec<v1::Resource>) {
        let Owner { container: owner, wanted, .. } = self.owner;
        let of_owner = origin(owner, wanted);
        match &mut resource.body {
            Some(Body::Frontend(_) | Body::Listener(_) | Body::Route(_)) => {}
            Some(Body::Endpoint(endpoint)) => {
                let mut members = self.members.iter().map(|member| member.of);
                let member = members.find(|member| member.container.name == endpoint.name);
                if let Some(member) = member {
                    endpoint.drain |= member.container.state == State::Stopping;
                    resource.order.clone_from(&member.container.name);
                    resource.provenance = Some(origin(member.container, member.wanted).into());
                }
                out.push(resource);
            }
            Some(Body::Backend(backend)) => {
                let wait_ms = u64::try_from(wanted.hold.as_millis()).unwrap_or(u64::MAX);
                backend.hold = (wait_ms > 0 && wanted.mode == Mode::Http)
                    .then_some(v1::Hold { wait_ms, max: MOST_HELD });
                resource.order.clear();
                resource.provenance = Some(of_owner.into());
                out.push(resource);
            }
            _ => {
                resource.provenance = Some(of_owner.into());
                out.push(resource);
            }
        }
    }
}

fn origin(container: &Container, wanted: &Wanted) -> v1::Origin {
    let place = v1::origin::Container {
        id: container.id.clone(),
        name: container.name.clone(),
        label: wanted.label.clone(),
    };
    v1::Origin { place: Some(v1::origin::Place::Container(place)) }
}

/// The container and the label that a resource of this provider comes from.
pub(crate) fn placed(resource: &v1::Resource) -> Option<&v1::origin::Container> {
    match resource.origin()?.place.as_ref()? {
        v1::origin::Place::Container(container) => Some(container),
        _ => None,
    }
}

/// Higher priorities first, then routes that name a host before those for any, then longer paths, then those with a rule.
fn order(wanted: &Wanted) -> String {
    let path = 99_999 - wanted.path.len().min(99_999);
    let (any, plain) = (u8::from(wanted.hosts.is_empty()), u8::from(wanted.rule.is_none()));
    format!("{:07}{any}{path:05}{plain}", 9_999_999 - wanted.priority.min(9_999_999))
}
