//! Servers at the address that the client connected to: `option transparent`, and those at `0.0.0.0` or `*`.

use std::net::{IpAddr, Ipv4Addr};

use sluicegate_proto::v1::{self, endpoint};

use super::{Draft, ServerOptions};
use crate::diagnostic::{Code, Diagnostic};
use crate::lower::Lowering;
use crate::lower::address;
use crate::lower::proxy::Proxy;
use crate::word::Word;

/// The server that `option transparent` stands for, in statistics and logs.
const NAME: &str = "transparent";

impl<'a> Lowering<'a> {
    /// `option transparent`: what nothing keeps with a server of the proxy goes on to where the client wanted it. Whether it is
    /// so.
    pub(super) fn sends_on(&mut self, proxy: &Proxy<'_, 'a>, drafts: &mut Vec<Draft>) -> bool {
        let Some(line) = proxy.lines.last("option transparent") else { return false };
        if !proxy.lines.is_on("option transparent") {
            return false;
        }
        if proxy.is_udp() {
            let message = "`option transparent` is for connections, and `mode udp` has none";
            self.report(Diagnostic::error(Code::ModeMismatch, line.span, message));
            return false;
        }
        let mut options = ServerOptions { tls: self.server_tls_default(), ..ServerOptions::new() };
        if let Some(word) = line.words.last() {
            self.known_client_port(word, &mut options.closed);
        }
        for draft in drafts.iter_mut() {
            draft.options.weight = Some(0);
        }
        drafts.push(Draft {
            name: NAME.into(),
            span: line.span,
            address: endpoint::Address::Ip(address::ip_address(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0)),
            client_port_offset: Some(0),
            client_address: true,
            resolution: None,
            options,
        });
        true
    }

    /// What a server at the client's address cannot have; `None`: it is left out.
    pub(super) fn at_client_address(
        &mut self,
        proxy: &Proxy<'_, 'a>,
        word: &Word,
        options: &mut ServerOptions,
    ) -> Option<()> {
        if proxy.is_udp() {
            let message = "a server at the address that the client asked for is for connections alone";
            self.report(
                Diagnostic::warning(Code::DegradedValue, word.span(), message)
                    .label("the server is left out")
                    .help("write the address or the name of a server"),
            );
            return None;
        }
        if options.checked && options.schedule.address.is_none() {
            let message = "the server is checked, and is at no address of its own";
            let finding = Diagnostic::error(Code::BadAddress, word.span(), message);
            self.report(finding.help("write `addr <address>` for its checks"));
            return None;
        }
        self.known_client_port(word, &mut options.closed);
        Some(())
    }
}

/// Whether that is the client's (manual 5, server).
pub(super) fn is_unspecified(address: &endpoint::Address) -> bool {
    match address {
        endpoint::Address::Ip(v1::IpAddress { ip, .. }) => ip.iter().all(|byte| *byte == 0),
        endpoint::Address::Unix(_) | endpoint::Address::Host(_) => false,
    }
}
