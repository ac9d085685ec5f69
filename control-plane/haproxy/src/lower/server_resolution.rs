//! Options of servers about their names.

use std::net::IpAddr;

use sluicegate_proto::limits::{MAX_FIRST_ADDRESSES, MAX_PREFERRED_NETWORKS};
use sluicegate_proto::v1::{self, Kind, first_address};

use super::{Lowering, address};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::word::Word;

/// What a server says about its name.
#[derive(Clone, Default)]
pub(super) struct Naming {
    resolvers: Option<(String, Span)>,
    prefer: v1::AddressFamily,
    networks: Vec<v1::IpNetwork>,
    shares: bool,
    ignores_weight: bool,
    first: Vec<v1::FirstAddress>,
    /// An option that acts with `resolvers` alone.
    idle: Option<Span>,
}

/// Whether a name is one of services (RFC 2782), as HAProxy tells it.
pub(super) fn is_service(name: &str) -> bool {
    name.starts_with('_')
}

impl Lowering<'_> {
    /// Reads an option about names. Says whether it is one.
    pub(super) fn naming_option(&mut self, name: &str, word: &Word, naming: &mut Naming) -> bool {
        match name {
            "resolvers" => naming.resolvers = Some((word.text().to_owned(), word.span())),
            "init-addr" => naming.first = self.first_addresses(word),
            "resolve-prefer" => {
                naming.idle = Some(word.span());
                match word.text() {
                    "ipv4" => naming.prefer = v1::AddressFamily::Ipv4,
                    "ipv6" => naming.prefer = v1::AddressFamily::Ipv6,
                    _ => self.not_one_of(word, "a family", &["ipv4", "ipv6"]),
                }
            }
            "resolve-net" => {
                naming.idle = Some(word.span());
                naming.networks = self.preferred_networks(word);
            }
            "resolve-opts" => {
                naming.idle = Some(word.span());
                for option in word.text().split(',') {
                    match option {
                        "allow-dup-ip" => naming.shares = true,
                        "prevent-dup-ip" => naming.shares = false,
                        "ignore-weight" => naming.ignores_weight = true,
                        _ => {
                            let allowed = ["allow-dup-ip", "ignore-weight", "prevent-dup-ip"];
                            self.not_one_of(word, "an option of names", &allowed);
                        }
                    }
                }
            }
            _ => return false,
        }
        true
    }

    /// How the name of a server leads to it; `None` where nothing is said about that.
    pub(super) fn resolution(
        &mut self,
        naming: &Naming,
        name: &str,
        word: &Word,
    ) -> Option<v1::NameResolution> {
        let service = is_service(name);
        if naming.resolvers.is_none() {
            if service {
                let message = format!("`{name}` is a name of services, and the server has no `resolvers`");
                self.report(
                    Diagnostic::error(Code::BadAddress, word.span(), message)
                        .help("write `resolvers default` for the system's name servers"),
                );
            }
            if let Some(span) = naming.idle {
                let message = "this has no effect: the server has no `resolvers`";
                self.report(Diagnostic::warning(Code::NoEffect, span, message));
            }
        }
        if naming.resolvers.is_none() && naming.first.is_empty() {
            return None;
        }
        Some(v1::NameResolution {
            resolvers: naming.resolvers.as_ref().map(|(name, _)| self.id(Kind::Resolvers, name)),
            service,
            prefer: naming.prefer.into(),
            preferred_networks: naming.networks.clone(),
            shares_addresses: naming.shares,
            ignores_weight: naming.ignores_weight,
            first: if service { Vec::new() } else { naming.first.clone() },
        })
    }

    /// Tells where a server refers to resolvers that are not there, as HAProxy does for those with addresses too.
    pub(super) fn known_resolvers(&mut self, naming: &mut Naming) {
        if let Some((name, span)) = &naming.resolvers
            && !self.resolvers_reference(name, *span)
        {
            naming.resolvers = None;
        }
    }

    fn preferred_networks(&mut self, word: &Word) -> Vec<v1::IpNetwork> {
        let texts: Vec<&str> = word.text().split(',').collect();
        if texts.len() > MAX_PREFERRED_NETWORKS {
            let message = format!("more than {MAX_PREFERRED_NETWORKS} networks");
            self.report(Diagnostic::error(Code::BadValue, word.span(), message));
        }
        let mut networks = Vec::new();
        for text in texts {
            match network(text) {
                Some(network) => networks.push(network),
                None => {
                    let message = format!("`{text}` is not a network");
                    self.report(
                        Diagnostic::error(Code::BadValue, word.span(), message)
                            .help("write networks as `10.0.0.0/8,2001:db8::/32`"),
                    );
                }
            }
        }
        networks
    }

    fn first_addresses(&mut self, word: &Word) -> Vec<v1::FirstAddress> {
        let from = |from| v1::FirstAddress { from: Some(from) };
        let mut first = Vec::new();
        for text in word.text().split(',').filter(|text| !text.is_empty()) {
            match text {
                // From a file of server states: there is none, so that the next method counts, as in HAProxy.
                "last" => {}
                "libc" => first.push(from(first_address::From::System(first_address::System {}))),
                "none" => first.push(from(first_address::From::None(first_address::None {}))),
                _ => match text.parse::<IpAddr>() {
                    Ok(ip) => first.push(from(first_address::From::Ip(address::ip_address(ip, 0)))),
                    Err(_) => {
                        let message = format!("`{text}` is no way to a first address");
                        self.report(
                            Diagnostic::error(Code::BadValue, word.span(), message)
                                .help("write `last`, `libc`, `none` or addresses, with commas between them"),
                        );
                    }
                },
            }
        }
        if first.len() > MAX_FIRST_ADDRESSES {
            let message = format!("more than {MAX_FIRST_ADDRESSES} ways to a first address");
            self.report(Diagnostic::error(Code::BadValue, word.span(), message));
        }
        if first.is_empty() && word.text() == "last" {
            first.push(from(first_address::From::None(first_address::None {})));
        }
        first
    }
}

fn network(text: &str) -> Option<v1::IpNetwork> {
    let (ip, length) = text.split_once('/').map_or((text, None), |(ip, length)| (ip, Some(length)));
    let ip: IpAddr = ip.parse().ok()?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(most), |length| length.parse().ok())?;
    sluicegate_proto::build::ip_network(ip, length).ok()
}
