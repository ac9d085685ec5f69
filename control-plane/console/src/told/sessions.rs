//! Sessions, a line or a paragraph for each.

use std::fmt::Write as _;

use sluicegate_model::Mode;
use sluicegate_proto::v1::{ClientSession, IpAddress, SessionState};

use super::{Sight, key};
use crate::ask::SessionName;

impl Sight<'_> {
    /// As `show sess` lists it: the fields of HAProxy that there is something to say of, in its order.
    pub(super) fn line(&self, proxy: &str, session: &ClientSession) -> String {
        let (frontend, backend, server) = self.places(session);
        format!(
            "{}: proto={} src={} fe={frontend} be={} srv={} tid={} age={} reqs={} st={} rq[total={}] rp[total={}] \
             exp={} rc={}\n",
            self.name(proxy, session),
            protocol(session),
            source(session),
            backend.as_deref().unwrap_or("<NONE>"),
            server.as_deref().unwrap_or("<none>"),
            session.worker,
            span(session.age_ms),
            session.exchanges,
            state(session),
            session.bytes_in,
            session.bytes_out,
            session.expires_ms.map(span).unwrap_or_default(),
            session.retries,
        )
    }

    /// Everything, as `show sess <id>` has it.
    pub(super) fn detail(&self, proxy: &str, session: &ClientSession) -> String {
        let (frontend, backend, endpoint) =
            (key(session.frontend.as_ref()), key(session.backend.as_ref()), key(session.endpoint.as_ref()));
        let (name, backend_name, _) = self.places(session);
        let runtime = self.view.runtime;
        let front_mode =
            frontend.as_ref().and_then(|key| runtime.frontends.get(key)).map(|it| it.settings.mode);
        let back_mode = backend.as_ref().and_then(|key| runtime.backends.get(key)).map(|it| it.settings.mode);
        let at = |address: Option<_>| {
            address.map_or_else(|| "?".to_owned(), |it: std::net::SocketAddr| it.to_string())
        };
        let mut out = format!(
            "{}: [{}] id={} proto={} source={}\n  state={}, conn_retries={}, requests={}\n",
            self.name(proxy, session),
            (self.calendar)(session.accepted_unix_us),
            session.id,
            protocol(session),
            source(session),
            state(session),
            session.retries,
            session.exchanges,
        );
        // Writing to a String does not fail.
        let _ = writeln!(
            out,
            "  frontend={name} (id={} mode={}), addr={}",
            self.number(frontend.as_ref()),
            mode(front_mode),
            at(session.local.as_ref().and_then(IpAddress::socket)),
        );
        let _ = match backend_name {
            None => writeln!(out, "  backend=<NONE> (id=-1 mode=-)"),
            Some(name) => writeln!(
                out,
                "  backend={name} (id={} mode={}) addr={}",
                self.number(backend.as_ref()),
                mode(back_mode),
                at(session.endpoint_source.as_ref().and_then(IpAddress::socket)),
            ),
        };
        let _ = match self.server(backend.as_ref(), endpoint.as_ref()) {
            None => writeln!(out, "  server=<NONE> (id=-1)"),
            Some((name, id)) => writeln!(
                out,
                "  server={name} (id={id}) addr={}",
                at(session.endpoint_address.as_ref().and_then(IpAddress::socket))
            ),
        };
        let expires = session.expires_ms.map_or_else(|| "<NEVER>".to_owned(), span);
        let _ = writeln!(out, "  task=(exp={expires} tid={} age={})", session.worker, span(session.age_ms));
        if !session.request.is_empty() {
            let status = if session.status == 0 { -1 } else { i64::from(session.status) };
            let _ = writeln!(out, "  txn=(status={status} request=\"{}\")", session.request.escape_ascii());
        }
        let _ = writeln!(out, "  req=(total={})\n  res=(total={})", session.bytes_in, session.bytes_out);
        out
    }

    fn name(&self, proxy: &str, session: &ClientSession) -> SessionName {
        SessionName { id: session.id, proxy: self.several.then(|| proxy.to_owned()) }
    }

    /// Names of the frontend, the backend and the server.
    fn places(&self, session: &ClientSession) -> (String, Option<String>, Option<String>) {
        let name = |id| key(id).map(|key| key.name().to_owned());
        let backend = key(session.backend.as_ref());
        let server = self.server(backend.as_ref(), key(session.endpoint.as_ref()).as_ref());
        (
            name(session.frontend.as_ref()).unwrap_or_else(|| "<NONE>".to_owned()),
            backend.map(|key| key.name().to_owned()),
            server.map(|(name, _)| name),
        )
    }
}

fn protocol(session: &ClientSession) -> &'static str {
    match session.source.as_ref().and_then(IpAddress::socket) {
        Some(address) if address.is_ipv4() => "tcpv4",
        Some(_) => "tcpv6",
        None => "unix_stream",
    }
}

fn source(session: &ClientSession) -> String {
    session
        .source
        .as_ref()
        .and_then(IpAddress::socket)
        .map_or_else(|| "unix".to_owned(), |address| address.to_string())
}

fn state(session: &ClientSession) -> &'static str {
    match session.state() {
        SessionState::Unspecified => "?",
        SessionState::Idle => "IDLE",
        SessionState::Request => "REQUEST",
        SessionState::Queue => "QUEUE",
        SessionState::Connect => "CONNECT",
        SessionState::Headers => "HEADERS",
        SessionState::Data => "DATA",
        SessionState::Last => "LAST",
        SessionState::Reply => "REPLY",
        SessionState::Closing => "CLOSING",
    }
}

fn mode(mode: Option<Mode>) -> &'static str {
    match mode {
        Some(Mode::Http) => "http",
        Some(Mode::Tcp) => "tcp",
        Some(Mode::Udp) => "udp",
        None => "-",
    }
}

/// The two greatest units of a time, as HAProxy writes it: `58s`, `1m20s`, `3d`.
pub(super) fn span(ms: u64) -> String {
    let seconds = ms / 1_000;
    let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];
    let first = units.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(units.len() - 1);
    let (unit, letter) = units[first];
    let mut out = format!("{}{letter}", seconds / unit);
    if let Some((next, letter)) = units.get(first + 1)
        && (seconds % unit) / next > 0
    {
        // Writing to a String does not fail.
        let _ = write!(out, "{}{letter}", (seconds % unit) / next);
    }
    out
}
