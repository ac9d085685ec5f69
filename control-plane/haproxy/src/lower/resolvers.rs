//! `resolvers`: name servers and how they are asked.

use std::collections::HashMap;

use sluicegate_proto::limits::MAX_NAME_SERVERS;
use sluicegate_proto::v1::{self, resource::Body};

use super::Lowering;
use super::address::{self, Address, Host, Port};
use super::settings::Lines;
use crate::ast::{Directive, Section, SectionKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::word::Word;

/// HAProxy's section that is there without being written: the system's name servers.
pub(super) const IMPLICIT: &str = "default";

/// HAProxy's defaults (manual 5.3.2).
const HOLD: v1::NameHold =
    v1::NameHold { nx_ms: 30_000, refused_ms: 30_000, timeout_ms: 30_000, other_ms: 30_000, obsolete_ms: 0 };
const VALID_MS: u64 = 10_000;
const RETRIES: u32 = 3;
const INTERVAL_MS: u64 = 1_000;
const PAYLOAD_BYTES: u32 = 512;

/// The sections that are there, and those that are referred to.
#[derive(Debug, Default)]
pub(super) struct Sections {
    written: HashMap<String, Span>,
    /// The implicit one is referred to.
    implicit: Option<Span>,
}

impl<'a> Lowering<'a> {
    /// Reads all `resolvers` sections.
    pub(super) fn resolvers(&mut self) {
        let file = self.file;
        for (index, section) in file.of_kind(SectionKind::Resolvers).enumerate() {
            let Some(name) = &section.name else { continue };
            self.short_name(name);
            if let Some(first) = self.resolvers.written.insert(name.text().to_owned(), name.span()) {
                let message = format!("there are resolvers `{}` already", name.text());
                self.report(
                    Diagnostic::error(Code::DuplicateName, name.span(), message).related(first, "first here"),
                );
                continue;
            }
            let resolvers = self.resolvers_section(section);
            self.emit(name.text().into(), section.span, index + 1, Body::Resolvers(resolvers));
        }
    }

    /// Emits the implicit section, if somebody refers to it.
    pub(super) fn implicit_resolvers(&mut self) {
        if let Some(span) = self.resolvers.implicit {
            let resolvers = v1::Resolvers { system_servers: true, ..defaults() };
            self.emit(IMPLICIT.into(), span, 0, Body::Resolvers(resolvers));
        }
    }

    /// Tells whether there is such a section.
    pub(super) fn resolvers_reference(&mut self, name: &str, span: Span) -> bool {
        if self.resolvers.written.contains_key(name) {
            return true;
        }
        if name == IMPLICIT {
            self.resolvers.implicit.get_or_insert(span);
            return true;
        }
        let message = format!("there are no resolvers `{name}`");
        self.report(
            Diagnostic::error(Code::UnknownReference, span, message)
                .help(format!("write a section `resolvers {name}` with a `nameserver`")),
        );
        false
    }

    fn resolvers_section(&mut self, section: &'a Section) -> v1::Resolvers {
        let lines = Lines::new(section, None);
        let mut resolvers = defaults();
        let mut names: HashMap<&str, Span> = HashMap::new();
        for line in lines.own_lines().iter().copied() {
            match (line.name(), line.args()) {
                ("nameserver", [name, address]) => {
                    if let Some(first) = names.insert(name.text(), name.span()) {
                        let message = format!("there is a name server `{}` already", name.text());
                        let finding = Diagnostic::error(Code::DuplicateName, name.span(), message);
                        self.report(finding.related(first, "first here"));
                    }
                    resolvers.servers.extend(self.name_server(name, address));
                }
                ("parse-resolv-conf", _) => resolvers.system_servers = true,
                (_, _) => self.resolvers_setting(line, &mut resolvers),
            }
        }
        // Before it is over the next question comes anyway.
        let fresh_ms = resolvers.fresh_ms.unwrap_or(VALID_MS);
        resolvers.fresh_ms = Some(fresh_ms).filter(|fresh_ms| *fresh_ms < resolvers.resolve_interval_ms);
        if resolvers.servers.len() > MAX_NAME_SERVERS {
            let message = format!("more than {MAX_NAME_SERVERS} name servers");
            self.report(Diagnostic::error(Code::BadValue, section.name_span(), message));
        }
        if resolvers.servers.is_empty() && !resolvers.system_servers {
            let message = "these resolvers have no name server: no name resolves";
            self.report(
                Diagnostic::warning(Code::NoEffect, section.name_span(), message)
                    .help("write `nameserver <name> <address>:53` or `parse-resolv-conf`"),
            );
        }
        resolvers
    }

    fn resolvers_setting(&mut self, line: &'a Directive, resolvers: &mut v1::Resolvers) {
        let Some(word) = line.args().first() else { return };
        let hold = resolvers.hold.get_or_insert(HOLD);
        match line.name() {
            "hold" => {
                let Some(time) = line.args().get(1).and_then(|word| self.time(word)) else { return };
                match word.text() {
                    "nx" => hold.nx_ms = time,
                    "obsolete" => hold.obsolete_ms = time,
                    "other" => hold.other_ms = time,
                    "refused" => hold.refused_ms = time,
                    "timeout" => hold.timeout_ms = time,
                    "valid" => resolvers.fresh_ms = Some(time),
                    _ => self.not_one_of(
                        word,
                        "an event",
                        &["nx", "obsolete", "other", "refused", "timeout", "valid"],
                    ),
                }
            }
            "resolve_retries" => {
                resolvers.retries = self.number(word, 1..=i32::MAX as u32).unwrap_or(RETRIES);
            }
            "timeout resolve" => {
                resolvers.resolve_interval_ms = self.positive_time(word).unwrap_or(INTERVAL_MS);
            }
            "timeout retry" => {
                resolvers.retry_interval_ms = self.positive_time(word).unwrap_or(INTERVAL_MS);
            }
            "accepted_payload_size" => {
                // Less than that every name server may send unasked (RFC 6891, section 6.2.3).
                let bytes = self.number(word, 12..=65_535).unwrap_or(PAYLOAD_BYTES);
                resolvers.payload_bytes = bytes.max(PAYLOAD_BYTES);
            }
            _ => {}
        }
    }

    fn name_server(&mut self, name: &'a Word, word: &'a Word) -> Option<v1::NameServer> {
        let text = self.expanded(word)?;
        let (tcp, plain) = match text.split_once('@') {
            Some(("udp", rest)) => (false, rest.to_owned()),
            Some(("udp4", rest)) => (false, format!("ipv4@{rest}")),
            Some(("udp6", rest)) => (false, format!("ipv6@{rest}")),
            Some(("tcp", rest)) => (true, rest.to_owned()),
            Some(("tcp4", rest)) => (true, format!("ipv4@{rest}")),
            Some(("tcp6", rest)) => (true, format!("ipv6@{rest}")),
            _ => (false, text),
        };
        match address::parse(&plain) {
            Ok(Address::Inet { host: Host::Ip(ip), port: Port::One(port), .. }) => Some(v1::NameServer {
                name: self.plain(name)?,
                address: Some(address::ip_address(ip, port)),
                tcp,
            }),
            Err(error) => {
                let finding = Diagnostic::error(Code::BadAddress, word.span(), error.to_string());
                self.report(finding.help("write `192.0.2.53:53` or `tcp@192.0.2.53:53`"));
                None
            }
            Ok(_) => {
                let message = "a name server has an IP address and a port";
                self.report(
                    Diagnostic::error(Code::BadAddress, word.span(), message)
                        .help("write `192.0.2.53:53` or `tcp@192.0.2.53:53`"),
                );
                None
            }
        }
    }
}

fn defaults() -> v1::Resolvers {
    v1::Resolvers {
        servers: Vec::new(),
        system_servers: false,
        retries: RETRIES,
        resolve_interval_ms: INTERVAL_MS,
        retry_interval_ms: INTERVAL_MS,
        hold: Some(HOLD),
        payload_bytes: PAYLOAD_BYTES,
        fresh_ms: None,
    }
}
