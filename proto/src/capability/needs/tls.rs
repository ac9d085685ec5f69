//! What a connection's TLS and its PROXY header need.

use super::Needs;
use crate::v1::{ProxyHeader, TlsClient, TlsSettings};

impl Needs {
    /// Of endpoints and their probes.
    pub(super) fn tls_client(&mut self, tls: &TlsClient) {
        if tls.settings.as_ref().is_some_and(limits_signatures) {
            self.word("endpoint.tls-signatures");
        }
    }

    /// Of listeners.
    pub(super) fn tls_settings(&mut self, settings: &TlsSettings) {
        if limits_signatures(settings) {
            self.word("tls.signatures");
        }
        if settings.client_order {
            self.word("tls.client-order");
        }
        if !settings.ticket_keys.is_empty() {
            self.word("tls.ticket-keys");
        }
    }

    pub(super) fn proxy_header(&mut self, header: &ProxyHeader) {
        self.word("endpoint.proxy-protocol");
        if header.common_name || header.cipher || header.signature || header.key {
            self.word("endpoint.proxy-protocol-tls");
        }
        if !header.values.is_empty() {
            self.word("endpoint.proxy-protocol-values");
            header.values.iter().for_each(|value| self.format(value.value.as_ref()));
        }
    }
}

fn limits_signatures(settings: &TlsSettings) -> bool {
    !settings.signatures.is_empty() || !settings.peer_signatures.is_empty()
}
