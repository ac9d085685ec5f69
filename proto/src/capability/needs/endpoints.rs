//! What endpoints need.

use super::Needs;
use crate::v1::{Endpoint, ForeignSource, endpoint, foreign_source};

impl Needs {
    pub(super) fn endpoint(&mut self, body: &Endpoint) {
        self.word("kind.endpoint");
        match &body.address {
            None => {}
            Some(endpoint::Address::Ip(_)) => self.word("address.ip"),
            Some(endpoint::Address::Unix(_)) => self.word("address.unix"),
            Some(endpoint::Address::Host(_)) => self.word("address.host"),
        }
        if body.client_port_offset.is_some() {
            self.word("endpoint.client-port");
        }
        if body.resolution.is_some() {
            self.word("endpoint.resolution");
        }
        if body.min_connections > 0 {
            self.word("endpoint.min-connections");
        }
        if body.slow_start_ms > 0 {
            self.word("endpoint.slow-start");
        }
        if body.hash_identity.is_some() {
            self.word("endpoint.hash-identity");
        }
        if let Some(pool) = &body.pool {
            self.word("endpoint.pool");
            if pool.low > 0 {
                self.word("endpoint.pool-low");
            }
        }
        if let Some(source) = &body.source {
            self.word("endpoint.source");
            self.foreign_source(source.foreign.as_ref());
        }
        if body.client_address {
            self.word("endpoint.client-address");
        }
        if let Some(header) = &body.proxy_header {
            self.proxy_header(header);
        }
        if body.http_protocol != 0 {
            self.word("endpoint.http2");
        }
        if body.web_sockets != 0 {
            self.word("endpoint.web-sockets");
        }
        if let Some(tls) = &body.tls {
            self.word("endpoint.tls");
            self.tls_client(tls);
            self.sample(body.server_name.as_ref());
        }
        self.socket(body.user_timeout_ms, body.keep_alive.as_ref());
        if body.drain {
            self.word("endpoint.drain");
        }
        if body.track.is_some() {
            self.word("endpoint.track");
        }
        if body.forced_health.is_some() {
            self.word("endpoint.forced-health");
        }
        if body.observation.is_some() {
            self.word("endpoint.observation");
        }
        if body.agent.is_some() {
            self.word("endpoint.agent");
        }
        if body.down_ends_sessions || body.up_ends_backup_sessions {
            self.word("endpoint.ends-sessions");
        }
        self.schedule(body.check.as_ref());
    }

    fn foreign_source(&mut self, foreign: Option<&ForeignSource>) {
        let Some(foreign) = foreign else { return };
        self.word("endpoint.source-foreign");
        if let Some(foreign_source::Of::Told(sample)) = &foreign.of {
            self.sample(Some(sample));
        }
    }
}
