//! The vocabularies in which containers say what they want: our own, and those of programs that people come from.
//!
//! Whatever the vocabulary: it comes to routes, lines of a backend and words of a server in the configuration language.

mod cache;
mod caddy;
mod flow_proxy;
mod nginx_proxy;
mod text;
mod traefik;
mod unmet;
mod word;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;

use crate::container::{Container, MAX_LABEL_BYTES, MAX_LABELS};
use crate::labels;
use crate::problem::{InvalidLabel, Reason};
use crate::wanted::Wanted;
pub(crate) use cache::Reader;
pub use text::word as quoted;
pub use unmet::Unmet;

/// What Compose calls a container by.
const COMPOSE: [&str; 2] = ["com.docker.compose.project", "com.docker.compose.service"];

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vocabulary {
    /// `sluicegate.*`, which is always read.
    Sluicegate,
    /// Traefik's `traefik.*`.
    Traefik,
    /// The environment variables of nginx-proxy, `VIRTUAL_HOST` and its like.
    NginxProxy,
    /// caddy-docker-proxy's `caddy*`.
    Caddy,
    /// Docker Flow Proxy's `com.df.*`.
    FlowProxy,
}

impl Vocabulary {
    /// Whether a label is one of its words.
    fn has(self, label: &str) -> bool {
        let begins =
            |prefix: &str| label.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        match self {
            Self::Sluicegate => label.starts_with(crate::PREFIX),
            Self::Traefik => begins("traefik."),
            Self::NginxProxy => begins("com.github.nginx-proxy."),
            Self::Caddy => {
                let rest = label.strip_prefix("caddy");
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '_']))
            }
            Self::FlowProxy => begins("com.df."),
        }
    }
}

/// What becomes of each word of another program, for the documentation; nothing for our own.
pub fn docs(vocabulary: Vocabulary) -> String {
    match vocabulary {
        Vocabulary::Sluicegate => String::new(),
        Vocabulary::Traefik => word::docs("traefik.", traefik::WORDS),
        Vocabulary::NginxProxy => word::docs("", nginx_proxy::WORDS),
        Vocabulary::Caddy => word::docs("caddy.", caddy::WORDS),
        Vocabulary::FlowProxy => word::docs("com.df.", flow_proxy::WORDS),
    }
}

/// Those that are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabularies(BTreeSet<Vocabulary>);

impl Default for Vocabularies {
    /// Our own alone.
    fn default() -> Self {
        [].into_iter().collect()
    }
}

/// Our own is always among them.
impl FromIterator<Vocabulary> for Vocabularies {
    fn from_iter<I: IntoIterator<Item = Vocabulary>>(others: I) -> Self {
        Self(others.into_iter().chain([Vocabulary::Sluicegate]).collect())
    }
}

impl Vocabularies {
    /// Whether it is read.
    pub fn has(&self, vocabulary: Vocabulary) -> bool {
        self.0.contains(&vocabulary)
    }

    /// Whether a label is a word of one of them, or tells what they call a container by.
    pub(crate) fn keeps(&self, label: &str) -> bool {
        self.0.iter().any(|vocabulary| vocabulary.has(label))
            || (self.0.len() > 1 && COMPOSE.contains(&label))
    }
}

/// What there is around the containers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Around {
    /// There is an entry point of TLS where those are that name none.
    pub(crate) tls: bool,
}

/// What a container says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Its routes.
    pub(crate) wanted: Vec<Wanted>,
    /// What is not done of it.
    pub(crate) wrong: Vec<Reason>,
}

impl Said {
    /// Something in another program's words is not done.
    pub(crate) fn unmet(&mut self, unmet: Unmet) {
        self.wrong.push(Reason::Unmet(unmet));
    }
}

/// What a container says in our own words; nothing else counts where those are wrong.
fn own(container: &Container) -> Result<Said, Vec<InvalidLabel>> {
    labels::read(container).map(|wanted| {
        let wrong = wanted.iter().filter_map(|wanted| wanted.unexposed_port(container)).collect();
        Said { wanted, wrong }
    })
}

/// Whether there is more than is looked at.
pub(crate) fn is_too_large<'a>(labels: impl Iterator<Item = (&'a String, &'a String)>) -> bool {
    let mut count = 0;
    for (label, value) in labels {
        count += 1;
        if count > MAX_LABELS || label.len().max(value.len()) > MAX_LABEL_BYTES {
            return true;
        }
    }
    false
}

/// Whether a variable of a container's environment is looked at.
pub(crate) fn is_variable(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "HTTPS_METHOD",
        "HSTS",
        "CERT_NAME",
        "NETWORK_ACCESS",
        "SERVER_TOKENS",
        "SSL_POLICY",
        "EXTERNAL_HTTPS_PORT",
        "ENABLE_HTTP_ON_MISSING_CERT",
        "ACME_CHALLENGE",
    ];
    name.starts_with("VIRTUAL_") || name.starts_with("LETSENCRYPT_") || NAMES.contains(&name)
}

/// A container is known by an address, which no certificate of an authority is for: who asks for TLS cannot have it checked.
const UNVERIFIED: &str = "its certificate is not checked; a route of sluicegate.* labels can have that done";

/// What other proxies tell servers of the client, beside its address.
fn forwarded(wanted: &mut Wanted) {
    let label = wanted.label.clone();
    for line in [
        "http-request set-header X-Forwarded-Proto https if { ssl_fc }",
        "http-request set-header X-Forwarded-Proto http unless { ssl_fc }",
        "http-request set-header X-Forwarded-Host %[req.hdr(host)]",
        "http-request set-header X-Forwarded-Port %[dst_port]",
        "http-request set-header X-Real-IP %[src]",
    ] {
        wanted.say(&label, line);
    }
}
