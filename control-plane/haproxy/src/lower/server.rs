//! `server` and `default-server` lines.

mod template;
mod transparent;

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};

use sluicegate_proto::limits::MAX_WEIGHT;
use sluicegate_proto::v1::{self, Kind, endpoint, resource::Body};

use self::transparent::is_unspecified;
use super::Lowering;
use super::address::{self, Address, Host};
use super::check::Check;
use super::connections::{Connections, Side};
use super::datagrams::without_prefix;
use super::http_version::web_sockets;
use super::proxy::Proxy;
use super::proxy_header::SentHeader;
use super::server_health::ServerHealth;
use super::server_name::ServerNames;
use super::server_port::ServerPort;
use super::server_resolution::{Naming, is_service};
use super::server_tls::ServerTls;
use super::settings::Lines;
use crate::ast::{Directive, OptionUse, Prefix};
use crate::diagnostic::{Code, Diagnostic};
use crate::keywords::Effect;
use crate::source::Span;
use crate::word::Word;

/// The options of a server, those of `default-server` first.
#[derive(Clone, Default)]
struct ServerOptions {
    weight: Option<u32>,
    backup: bool,
    disabled: bool,
    max_connections: u32,
    min_connections: u32,
    max_queue: u32,
    slow_start_ms: u64,
    cookie: String,
    hash_identity: Option<v1::HashIdentity>,
    number: Option<(u32, Span)>,
    checked: bool,
    schedule: v1::CheckSchedule,
    /// Whose health is its own: the word.
    tracks: Option<(String, Span)>,
    health: ServerHealth,
    connections: Connections,
    header: SentHeader,
    tls: ServerTls,
    http: v1::EndpointHttp,
    web_sockets: v1::WebSocketHttp,
    /// What its checks speak, where it says so: the word.
    check_proto: Option<(String, Span)>,
    /// Options for whose sake nothing is sent to it.
    closed: Vec<&'static str>,
    /// Options that ask for a check that is not made yet.
    unmade: Vec<&'static str>,
    /// What it says about its name.
    naming: Naming,
}

impl ServerOptions {
    fn new() -> Self {
        let schedule =
            v1::CheckSchedule { interval_ms: 2_000, rise: 2, fall: 3, ..v1::CheckSchedule::default() };
        Self { schedule, ..Self::default() }
    }
}

/// A server whose number is not settled yet.
#[derive(Clone)]
struct Draft {
    name: String,
    span: Span,
    address: endpoint::Address,
    /// What is added to the port that the client connected to, where that decides.
    client_port_offset: Option<i32>,
    /// It is where the client connected to.
    client_address: bool,
    resolution: Option<v1::NameResolution>,
    options: ServerOptions,
}

impl<'a> Lowering<'a> {
    /// Emits the endpoints of a backend; gives how many `server` lines there are.
    pub(super) fn servers(&mut self, proxy: &Proxy<'_, 'a>, check: &Check) -> usize {
        let mut defaults = self.default_servers_above(proxy.lines);
        let written = proxy.lines.own("server").filter_map(|line| line.args().first()).map(Word::text);
        let mut names = ServerNames::of(written);
        let mut drafts = Vec::new();
        let mut count = 0;
        let none = proxy.lines.has(Effect::NoServer);
        for line in proxy.lines.own_lines().iter().copied() {
            match line.name() {
                "default-server" => self.apply(line, &mut defaults),
                "server" => {
                    count += 1;
                    let [name, address] = line.fixed() else { continue };
                    self.server_name(name);
                    let draft = self.server((proxy, check), line, (name, address), &defaults);
                    let own = self.own_name(proxy, name, &mut names);
                    drafts.extend(draft.map(|draft| Draft { name: own, ..draft }));
                }
                "server-template" => {
                    let servers = self.server_template((proxy, check), line, &defaults);
                    count += servers.len();
                    drafts.extend(servers);
                }
                _ => {}
            }
        }
        count += usize::from(self.sends_on(proxy, &mut drafts));
        self.told_apart(&drafts);
        let source = self.proxy_source(proxy.lines);
        let keep_alive = self.keep_alive(proxy.lines, Side::Server).filter(|_| !proxy.is_udp());
        let numbers = self.server_numbers(&drafts);
        for (index, (draft, number)) in drafts.into_iter().zip(numbers).enumerate() {
            let Draft { name, span, address, client_port_offset, client_address, resolution, mut options } =
                draft;
            if proxy.is_udp() {
                self.datagram_server(&mut options.connections, &address, span);
            }
            let proxy_header = self.sent_header(&options.header, span);
            if proxy.is_udp() && (proxy_header.is_some() || options.schedule.send_proxy) {
                let message = "a PROXY header is not sent with datagrams";
                self.report(Diagnostic::error(Code::ModeMismatch, span, message));
            }
            // Checks of another place are not of what takes the traffic.
            let elsewhere = options.schedule.port != 0 || options.schedule.address.is_some();
            if let Some(proto) = options.check_proto.as_ref().filter(|_| options.checked) {
                self.check_proto_fits(check, proto);
            }
            let proto = options.check_proto.as_ref().map(|(name, _)| name.as_str());
            options.schedule.http2 = check.is_http2(proto, options.http);
            options.schedule.send_proxy |= proxy_header.is_some() && !elsewhere;
            // Without its check it is not known whether it is one of the right ones.
            let unchecked = options.checked && (!check.made || !options.unmade.is_empty());
            let secured = self.server_tls(proxy, check, &options.tls, (elsewhere, span));
            let source = options.connections.source_over(source.as_ref());
            self.known_client(proxy, source.as_ref(), span, &mut options.closed);
            let unusable = none || !options.closed.is_empty() || unchecked || secured.is_none();
            let tracks = options.tracks.filter(|_| !unusable);
            let track = tracks.map(|(tracked, span)| self.track(proxy.name, &name, tracked, span));
            let mut endpoint = v1::Endpoint {
                backend: Some(self.id(Kind::Backend, proxy.name)),
                name: name.clone(),
                number,
                address: Some(address),
                weight: options.weight.unwrap_or(1),
                backup: options.backup,
                disabled: options.disabled || unusable,
                // HAProxy: a lower limit that is higher is the upper one too.
                max_connections: options.max_connections.max(options.min_connections),
                min_connections: options.min_connections,
                slow_start_ms: options.slow_start_ms,
                cookie: options.cookie,
                hash_identity: options.hash_identity.map(i32::from),
                max_queue: options.max_queue,
                check: (options.checked && !unusable && track.is_none()).then_some(options.schedule),
                track,
                unusable,
                number_written: options.number.is_some(),
                client_port_offset,
                resolution,
                pool: options.connections.pool(self.global.idle_apart && proxy.is_http()),
                user_timeout_ms: options.connections.user_timeout_ms,
                source,
                client_address,
                keep_alive,
                proxy_header,
                http_protocol: options.http.into(),
                web_sockets: options.web_sockets.into(),
                ..v1::Endpoint::default()
            };
            options.health.write(&mut endpoint);
            secured.unwrap_or_default().write(&mut endpoint);
            let name = format!("{}/{name}", proxy.name);
            self.emit(name, span, index + 1, Body::Endpoint(endpoint));
        }
        count
    }

    /// Reads the `default-server` lines of a section for their mistakes.
    pub(super) fn default_servers(&mut self, lines: &Lines<'a>) {
        let mut options = self.default_servers_above(lines);
        for line in lines.own("default-server") {
            self.apply(line, &mut options);
        }
    }

    /// The options of all `default-server` lines that a section inherits.
    fn default_servers_above(&mut self, lines: &Lines<'a>) -> ServerOptions {
        let mut options = ServerOptions { tls: self.server_tls_default(), ..ServerOptions::new() };
        if let Some(parent) = lines.parent() {
            for line in parent.all("default-server") {
                self.apply(line, &mut options);
            }
        }
        options
    }

    fn server(
        &mut self,
        (proxy, check): (&Proxy<'_, 'a>, &Check),
        line: &'a Directive,
        (name, word): (&'a Word, &'a Word),
        defaults: &ServerOptions,
    ) -> Option<Draft> {
        let mut options = ServerOptions { number: None, ..defaults.clone() };
        self.apply(line, &mut options);
        self.server_http(line, proxy, options.http);
        self.known_resolvers(&mut options.naming);
        let mut text = self.expanded(word)?;
        if proxy.is_udp() {
            text = without_prefix(&text);
        }
        let address = match address::parse(&text) {
            Ok(address) => address,
            Err(error) if error.is_degraded() => {
                let finding = Diagnostic::warning(Code::DegradedValue, word.span(), error.to_string());
                self.report(finding.label("the server is left out"));
                return None;
            }
            Err(error) => {
                let diagnostic = Diagnostic::error(Code::BadAddress, word.span(), error.to_string());
                self.report(diagnostic.help(error.help()));
                return None;
            }
        };
        let mut client_port_offset = None;
        let address = match address {
            Address::Unix(path) => {
                endpoint::Address::Unix(v1::UnixAddress { path: path.into(), ..v1::UnixAddress::default() })
            }
            Address::Descriptor(_) => {
                let message = "a server cannot be a descriptor";
                self.report(Diagnostic::error(Code::BadAddress, word.span(), message));
                return None;
            }
            Address::Inet { host: Host::Name(name), port, .. } if is_service(&name) => {
                if port != address::Port::None {
                    let message = "this port is not used: SRV records have ports of their own";
                    self.report(Diagnostic::warning(Code::NoEffect, word.span(), message));
                }
                endpoint::Address::Host(v1::HostAddress { name, port: 0 })
            }
            Address::Inet { host, family, port } => {
                let port = match self.server_port(port, word)? {
                    ServerPort::Own(port) => port,
                    ServerPort::OfClient { offset } => {
                        self.known_client_port(word, &mut options.closed);
                        self.port_to_check(check, (&options.schedule, options.checked), word)?;
                        client_port_offset = Some(offset);
                        0
                    }
                };
                self.server_host((host, family), port, word)?
            }
        };
        let resolution = match &address {
            endpoint::Address::Host(host) => self.resolution(&options.naming, &host.name, word),
            endpoint::Address::Ip(_) | endpoint::Address::Unix(_) => None,
        };
        let is_unix = matches!(address, endpoint::Address::Unix(_));
        self.health_options(proxy, &options.health, (options.checked, is_unix));
        let (name, span) = (name.text().to_owned(), line.span);
        let client_address = is_unspecified(&address);
        if client_address {
            self.at_client_address(proxy, word, &mut options)?;
        }
        Some(Draft { name, span, address, client_port_offset, client_address, resolution, options })
    }

    /// Refuses servers of templates that have the name of another one.
    fn told_apart(&mut self, drafts: &[Draft]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for draft in drafts {
            if let Some(first) = seen.insert(&draft.name, draft.span) {
                let message = format!("another server has the name `{}`", draft.name);
                self.report(
                    Diagnostic::error(Code::DuplicateName, draft.span, message).related(first, "first here"),
                );
            }
        }
    }

    fn server_host(
        &mut self,
        (host, family): (Host, address::Family),
        port: u16,
        word: &Word,
    ) -> Option<endpoint::Address> {
        match host {
            Host::Ip(ip) => Some(endpoint::Address::Ip(address::ip_address(ip, port))),
            Host::Any => {
                Some(endpoint::Address::Ip(address::ip_address(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port)))
            }
            Host::Name(name) => {
                if family != address::Family::Unsaid {
                    let message = "the name may resolve to addresses of both families";
                    self.report(Diagnostic::warning(Code::DegradedKeyword, word.span(), message));
                }
                Some(endpoint::Address::Host(v1::HostAddress { name, port: port.into() }))
            }
        }
    }

    /// Reads the options of a line over those that are there.
    fn apply(&mut self, line: &'a Directive, options: &mut ServerOptions) {
        if line.prefix == Prefix::None {
            for option in line.options() {
                let name = option.keyword.name;
                if option.has(Effect::NoServer) {
                    options.closed.push(name);
                } else if option.has(Effect::NoCheckedServer) {
                    options.unmade.push(name);
                }
                let word = option.args.first();
                self.health_option(&option, &mut options.health, &mut options.schedule);
                self.header_option(&option, &mut options.header);
                self.secure_option(&option, &mut options.tls);
                if !word.is_some_and(|word| self.naming_option(name, word, &mut options.naming)) {
                    self.server_option(option, options);
                }
            }
            self.note_contents(line.span);
        }
    }

    /// A time whose number is in seconds where it has no unit.
    fn server_seconds(&mut self, word: &Word) -> Option<u64> {
        self.time_in(word, "s")
    }

    fn server_option(&mut self, option: OptionUse<'_>, options: &mut ServerOptions) {
        let schedule = &mut options.schedule;
        match (option.keyword.name, option.args.first()) {
            ("proto", Some(word)) => {
                options.http = self.endpoint_http(word);
                options.closed.retain(|closed| *closed != "proto");
                options.closed.extend((word.text() == "fcgi").then_some("proto"));
            }
            ("ws", Some(word)) => options.web_sockets = web_sockets(word),
            ("check-proto", Some(word)) => {
                options.check_proto = Some((word.text().to_owned(), word.span()));
            }
            ("check", _) => options.checked = true,
            ("no-check", _) => options.checked = false,
            ("track", Some(word)) => options.tracks = Some((word.text().to_owned(), word.span())),
            ("check-send-proxy", _) => schedule.send_proxy = true,
            ("backup", _) => options.backup = true,
            ("no-backup", _) => options.backup = false,
            ("disabled", _) => options.disabled = true,
            ("enabled", _) => options.disabled = false,
            ("inter", Some(word)) => {
                schedule.interval_ms = self.positive_time(word).unwrap_or(schedule.interval_ms);
            }
            ("fastinter", Some(word)) => schedule.fast_interval_ms = self.positive_time(word),
            ("downinter", Some(word)) => schedule.down_interval_ms = self.positive_time(word),
            ("rise", Some(word)) => schedule.rise = self.number(word, 1..=1_000_000).unwrap_or(schedule.rise),
            ("fall", Some(word)) => schedule.fall = self.number(word, 1..=1_000_000).unwrap_or(schedule.fall),
            ("port", Some(word)) => schedule.port = self.number(word, 1..=65_535).unwrap_or_default(),
            ("addr", Some(word)) => schedule.address = self.check_address(word),
            ("weight", Some(word)) => options.weight = self.number(word, 0..=MAX_WEIGHT),
            ("maxconn", Some(word)) => {
                options.max_connections = self.number(word, 0..=u32::MAX).unwrap_or_default();
            }
            ("minconn", Some(word)) => {
                options.min_connections = self.number(word, 0..=u32::MAX).unwrap_or_default();
            }
            ("slowstart", Some(word)) => {
                options.slow_start_ms = self.server_seconds(word).unwrap_or_default()
            }
            ("cookie", Some(word)) => options.cookie = self.cookie_value(word).unwrap_or_default(),
            ("hash-key", Some(word)) => options.hash_identity = hash_identity(word),
            ("maxqueue", Some(word)) => {
                options.max_queue = self.number(word, 0..=u32::MAX).unwrap_or_default();
            }
            ("id", Some(word)) => {
                options.number = self.number(word, 1..=i32::MAX as u32).map(|number| (number, word.span()));
            }
            _ => self.connection_option(option, &mut options.connections),
        }
    }

    pub(super) fn check_address(&mut self, word: &Word) -> Option<v1::IpAddress> {
        let text = self.expanded(word)?;
        match address::parse(&text) {
            Ok(Address::Inet { host: Host::Ip(ip), port: address::Port::None, .. }) => {
                Some(address::ip_address(ip, 0))
            }
            Ok(Address::Inet { host: Host::Ip(ip), port: address::Port::One(port), .. }) => {
                Some(address::ip_address(ip, port))
            }
            _ => {
                let message = format!("`{text}` is not an IP address to check");
                self.report(
                    Diagnostic::error(Code::BadAddress, word.span(), message)
                        .help("write `addr 192.0.2.1 port 80`"),
                );
                None
            }
        }
    }

    /// The number of each server: its `id`, or the first from its place on that is free (manual 5.2, id).
    fn server_numbers(&mut self, drafts: &[Draft]) -> Vec<u32> {
        let mut taken: HashMap<u32, Span> = HashMap::new();
        for (number, span) in drafts.iter().filter_map(|draft| draft.options.number) {
            if let Some(first) = taken.insert(number, span) {
                let message = format!("another server has the id {number}");
                self.report(
                    Diagnostic::error(Code::DuplicateName, span, message).related(first, "first here"),
                );
            }
        }
        let used: BTreeSet<u32> = taken.keys().copied().collect();
        let mut next = 1;
        let number = |draft: &Draft| {
            let number = match draft.options.number {
                Some((number, _)) => number,
                None => {
                    next = (next..).find(|number| !used.contains(number)).unwrap_or_default();
                    next
                }
            };
            next += 1;
            number
        };
        drafts.iter().map(number).collect()
    }
}

/// `hash-key`; `None`: the number.
fn hash_identity(word: &Word) -> Option<v1::HashIdentity> {
    match word.text() {
        "addr" => Some(v1::HashIdentity::Address),
        "addr-port" => Some(v1::HashIdentity::AddressAndPort),
        _ => None,
    }
}
