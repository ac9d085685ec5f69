//! What listeners ask of connections.

use super::Needs;
use crate::v1::{Listener, listener};

impl Needs {
    pub(super) fn listener(&mut self, body: &Listener) {
        self.word("kind.listener");
        match &body.address {
            None => {}
            Some(listener::Address::Ip(_)) => self.word("address.ip"),
            Some(listener::Address::Unix(_)) => self.word("address.unix"),
            Some(listener::Address::Descriptor(_)) => self.word("address.descriptor"),
        }
        self.socket(body.user_timeout_ms, body.keep_alive.as_ref());
        if let Some(header) = &body.proxy_header {
            self.word("listener.proxy-protocol");
            self.condition(header.when.as_ref());
        }
        if !body.connection_rules.is_empty() {
            self.word("listener.connection-rules");
            self.rules(&body.connection_rules);
        }
        if let Some(tls) = &body.tls {
            self.word("listener.tls");
            let own = tls.certificates.iter().filter_map(|certificate| certificate.settings.as_ref());
            tls.settings.iter().chain(own).for_each(|settings| self.tls_settings(settings));
        }
        if body.http_protocol != 0 {
            self.word("listener.http-protocol");
        }
        if body.udp {
            self.word("listener.udp");
        }
    }
}
