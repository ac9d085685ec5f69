//! Entry points: named listeners of the command line, whose frontends routes of all providers attach to.
//!
//! One comes to what a `frontend` of the configuration language comes to, and is read as such.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use sluicegate_core::Fragment;
use sluicegate_haproxy::diagnostic::Severity;
use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::{Input, Reading, load_as};
use sluicegate_proto::v1::{self, resource::Body};
use sluicegate_provider_docker::entry::{self, EntryPoints};
use sluicegate_provider_docker::vocabulary::quoted;
use sluicegate_provider_docker::wanted::Mode;
use sluicegate_provider_file::recording::Recording;
use sluicegate_provider_file::watch::{self, Seen, Watch};
use tokio::sync::mpsc;

use crate::pipeline::Load;

/// The provider's name in object ids; providers of routes know it.
pub use sluicegate_provider_docker::entry::ENTRYPOINT_PROVIDER as PROVIDER;

/// `--entrypoint NAME=ADDR[,tls|,tcp|,sni|,udp]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// What routes call it.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it speaks.
    pub kind: Kind,
}

/// What an entry point speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// HTTP.
    #[default]
    Http,
    /// HTTP over TLS.
    Https,
    /// Whatever there is, over TCP.
    Tcp,
    /// TLS, which servers end: routes see the name that is asked for.
    Sni,
    /// Datagrams.
    Udp,
}

impl Kind {
    /// All of them, as the command line has them.
    pub const WORDS: [(&str, Self); 4] =
        [("tls", Self::Https), ("tcp", Self::Tcp), ("sni", Self::Sni), ("udp", Self::Udp)];

    fn mode(self) -> Mode {
        match self {
            Self::Http | Self::Https => Mode::Http,
            Self::Tcp | Self::Sni => Mode::Tcp,
            Self::Udp => Mode::Udp,
        }
    }
}

/// As it is given.
impl fmt::Display for EntryPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--entrypoint {}={}", self.name, self.address)?;
        match Kind::WORDS.iter().find(|(_, kind)| *kind == self.kind) {
            Some((word, _)) => write!(f, ",{word}"),
            None => Ok(()),
        }
    }
}

/// Where routes may attach of what the command line names.
pub(crate) fn names(entrypoints: &[EntryPoint]) -> EntryPoints {
    let mut names = EntryPoints::default();
    for given in entrypoints {
        let mode = given.kind.mode();
        names.add(&given.name, entry::EntryPoint { provider: PROVIDER.to_owned(), mode });
    }
    names
}

/// All entry points as one load, and the files of certificates that it is made of. `certificates`: files and folders, for
/// those of TLS.
pub(crate) fn load(entrypoints: &[EntryPoint], certificates: &[PathBuf]) -> (Load, Seen) {
    let mut seen = Seen::default();
    let (fragment, diagnostics) = match fragment(entrypoints, certificates, &mut seen) {
        Ok(fragment) => (Some(fragment), Vec::new()),
        Err(errors) => (None, errors),
    };
    let fragments = fragment.map(|fragment| vec![fragment.share()]);
    (Load { source: PROVIDER, fragments, diagnostics }, seen)
}

/// Sends a load whenever certificates have changed, until no one listens. `seen`: the files, as they were read before.
///
/// # Errors
/// The kernel refuses to watch.
pub(crate) async fn follow(
    entrypoints: Vec<EntryPoint>,
    certificates: Vec<PathBuf>,
    mut seen: Seen,
    loads: mpsc::Sender<Load>,
) -> Result<(), watch::Error> {
    let mut watch = Watch::start()?;
    loop {
        watch.follow(seen);
        tokio::select! {
            () = watch.changed() => {}
            () = loads.closed() => return Ok(()),
        }
        let load;
        (load, seen) = self::load(&entrypoints, &certificates);
        if loads.send(load).await.is_err() {
            return Ok(());
        }
    }
}

/// The listener and the frontend of each entry point: keep-alive, no rule, 503 where no route takes a request.
///
/// # Errors
/// All that stands against it: a name that no object may have, a certificate that cannot be read.
pub(crate) fn fragment(
    entrypoints: &[EntryPoint],
    certificates: &[PathBuf],
    seen: &mut Seen,
) -> Result<Fragment, Vec<String>> {
    let mut fragment = Fragment { provider: PROVIDER.to_owned(), resources: Vec::new() };
    let mut errors = Vec::new();
    for given in entrypoints {
        match resources(given, certificates, seen) {
            Ok(resources) => fragment.resources.extend(resources),
            Err(reasons) => errors.extend(reasons.into_iter().map(|reason| format!("{given}: {reason}"))),
        }
    }
    // Two of them may show the same certificate.
    let mut seen = std::collections::BTreeSet::new();
    fragment.resources.retain(|resource| {
        let id = resource.id.clone().unwrap_or_default();
        seen.insert((id.kind, id.name))
    });
    if errors.is_empty() { Ok(fragment) } else { Err(errors) }
}

fn resources(
    given: &EntryPoint,
    certificates: &[PathBuf],
    seen: &mut Seen,
) -> Result<Vec<v1::Resource>, Vec<String>> {
    let text = text(given, certificates);
    let input = Input { path: "entrypoint", text: text.as_bytes() };
    let reading = Reading { provider: Some(PROVIDER), ..Reading::default() };
    let files = Recording::after(std::mem::take(seen));
    let outcome = load_as(&[input], Environment::default(), &files, reading);
    *seen = files.seen();
    let Some(fragment) = outcome.fragment else {
        let errors = outcome.diagnostics.sorted().into_iter();
        let errors = errors.filter(|finding| finding.severity == Severity::Error);
        return Err(errors.map(|finding| finding.message.clone()).collect());
    };
    let origin = v1::Origin { place: Some(v1::origin::Place::Option(given.to_string())) };
    let placed = fragment.resources.into_iter().map(|mut resource| {
        if let Some(Body::Listener(listener)) = &mut resource.body {
            listener.label.clone_from(&given.name);
        }
        v1::Resource { provenance: Some(origin.clone().into()), ..resource }
    });
    Ok(placed.collect())
}

fn text(given: &EntryPoint, certificates: &[PathBuf]) -> String {
    let (mode, lines) = match given.kind {
        Kind::Http | Kind::Https => (
            "http",
            "    timeout client 60s\n    timeout http-request 10s\n    timeout http-keep-alive 60s\n",
        ),
        Kind::Tcp => ("tcp", "    timeout client 1h\n"),
        Kind::Sni => (
            "tcp",
            "    timeout client 1h\n    tcp-request inspect-delay 5s\n    tcp-request content accept if { req.ssl_hello_type 1 }\n",
        ),
        Kind::Udp => ("udp", "    timeout client 60s\n"),
    };
    let shown: String = match given.kind {
        Kind::Https => {
            certificates.iter().map(|path| format!(" crt {}", quoted(&path.to_string_lossy()))).collect()
        }
        _ => String::new(),
    };
    let tls = if given.kind == Kind::Https { format!(" ssl{shown} alpn h2,http/1.1") } else { String::new() };
    format!("frontend {}\n    mode {mode}\n{lines}    bind {}{tls}\n", given.name, given.address)
}

/// HTTP, keep-alive, and times that suit most clients.
pub(crate) fn http_frontend() -> v1::Frontend {
    v1::Frontend {
        mode: v1::Mode::Http as i32,
        timeouts: Some(v1::Timeouts {
            client_ms: Some(60_000),
            http_request_ms: Some(10_000),
            http_keep_alive_ms: Some(60_000),
            tunnel_ms: Some(3_600_000),
            ..v1::Timeouts::default()
        }),
        http: Some(v1::HttpOptions {
            connection_mode: v1::ConnectionMode::KeepAlive as i32,
            forwarded_for: None,
        }),
        ..v1::Frontend::default()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn given(kind: Kind) -> EntryPoint {
        EntryPoint { name: "web".to_owned(), address: "127.0.0.1:8443".parse().unwrap(), kind }
    }

    #[test]
    fn each_kind_comes_to_a_listener_and_a_frontend() {
        for kind in [Kind::Http, Kind::Tcp, Kind::Sni, Kind::Udp] {
            let fragment = fragment(&[given(kind)], &[], &mut Seen::default()).unwrap();
            assert_eq!(fragment.resources.len(), 2, "{kind:?}");
            for resource in &fragment.resources {
                assert_eq!(resource.id.as_ref().unwrap().provider, PROVIDER);
                let origin = format!("{:?}", resource.origin());
                assert!(origin.contains("--entrypoint web=127.0.0.1:8443"), "{origin}");
            }
        }
    }

    #[test]
    fn tls_without_a_certificate_is_told() {
        let mut seen = Seen::default();
        let told = fragment(&[given(Kind::Https)], &["/nowhere/it's.pem".into()], &mut seen).unwrap_err();
        assert!(told[0].starts_with("--entrypoint web=127.0.0.1:8443,tls: /nowhere/it's.pem"), "{told:?}");
        // It may come to be there.
        assert!(seen.paths().any(|path| path == Path::new("/nowhere/it's.pem")), "{seen:?}");
        assert_eq!(fragment(&[given(Kind::Https)], &[], &mut seen).unwrap_err().len(), 1);
    }
}
