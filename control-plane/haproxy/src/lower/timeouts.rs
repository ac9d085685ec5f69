//! `timeout …`

use sluicegate_proto::v1;

use super::Lowering;
use super::proxy::Proxy;
use super::settings::Lines;
use super::value::is_bare;
use crate::diagnostic::{Code, Diagnostic};

/// Below this, a time without a unit was probably meant in seconds (HAProxy 3.1 warns so too).
const SUSPICIOUS_MS: u64 = 100;

impl Lowering<'_> {
    /// All timeouts that count for a section. Zero means none, as in HAProxy.
    pub(super) fn timeouts(&mut self, lines: &Lines<'_>) -> v1::Timeouts {
        let mut time = |name: &str| self.timeout(lines, name);
        let connect = time("timeout connect");
        v1::Timeouts {
            client_ms: time("timeout client"),
            client_fin_ms: time("timeout client-fin"),
            http_request_ms: time("timeout http-request"),
            http_keep_alive_ms: time("timeout http-keep-alive"),
            // These two fall back to the time to connect (manual 4.2, timeout queue and timeout tarpit).
            queue_ms: time("timeout queue").or(connect),
            tarpit_ms: time("timeout tarpit").or(connect),
            connect_ms: connect,
            server_ms: time("timeout server"),
            server_fin_ms: time("timeout server-fin"),
            tunnel_ms: time("timeout tunnel"),
            check_ms: time("timeout check"),
        }
    }

    pub(super) fn timeout(&mut self, lines: &Lines<'_>, name: &str) -> Option<u64> {
        let word = lines.last(name)?.args().first()?;
        let millis = self.time(word)?;
        if is_bare(word.text()) && (1..SUSPICIOUS_MS).contains(&millis) {
            let message = format!("`{name} {millis}` is {millis} milliseconds");
            self.report(
                Diagnostic::warning(Code::BadValue, word.span(), message)
                    .help(format!("write `{millis}s` or `{millis}ms`")),
            );
        }
        (millis != 0).then_some(millis)
    }

    /// Those of the client's side.
    pub(super) fn frontend_timeouts(&mut self, proxy: &Proxy<'_, '_>) -> v1::Timeouts {
        let all = self.timeouts(proxy.lines);
        // Sessions of datagrams end by themselves.
        if !proxy.is_udp() {
            self.missing_timeouts(proxy, &[("client", all.client_ms)]);
        }
        v1::Timeouts {
            client_ms: all.client_ms,
            client_fin_ms: all.client_fin_ms,
            http_request_ms: all.http_request_ms,
            http_keep_alive_ms: all.http_keep_alive_ms,
            tarpit_ms: all.tarpit_ms,
            ..v1::Timeouts::default()
        }
    }

    /// Those of the servers' side.
    pub(super) fn backend_timeouts(&mut self, proxy: &Proxy<'_, '_>) -> v1::Timeouts {
        let all = self.timeouts(proxy.lines);
        if !proxy.is_udp() {
            self.missing_timeouts(proxy, &[("connect", all.connect_ms), ("server", all.server_ms)]);
        }
        v1::Timeouts { client_ms: None, client_fin_ms: None, ..all }
    }

    fn missing_timeouts(&mut self, proxy: &Proxy<'_, '_>, needed: &[(&str, Option<u64>)]) {
        let missing: Vec<_> = needed
            .iter()
            .filter(|(_, time)| time.is_none())
            .map(|(name, _)| format!("`timeout {name}`"))
            .collect();
        if missing.is_empty() {
            return;
        }
        let (section, name) = (proxy.lines.section(), proxy.name);
        let message = format!("`{name}` has no {}", missing.join(" and no "));
        self.report(
            Diagnostic::warning(Code::MissingTimeout, section.name_span(), message)
                .note("a peer that vanishes without a word would hold its connection for ever")
                .help("set the times in `defaults`: `timeout client 1m`, `timeout connect 10s`, `timeout server 1m`"),
        );
    }
}
