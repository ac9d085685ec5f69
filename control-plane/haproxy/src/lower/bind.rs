//! `bind` lines.

use std::net::{IpAddr, Ipv4Addr};

use sluicegate_proto::v1::{self, Kind, listener, resource::Body};

use super::Lowering;
use super::address::{self, Address, Family, Host, Port};
use super::connections::Side;
use super::datagrams::without_prefix;
use super::proxy::Proxy;
use crate::ast::{Directive, OptionUse};
use crate::diagnostic::{Code, Diagnostic};
use crate::inet;
use crate::keywords::Effect;
use crate::source::Span;
use crate::word::Word;

/// How many listeners a configuration may have: a range is one for each port.
const MAX_LISTENERS: usize = 65_536;

/// What a `bind` line says beyond its addresses.
#[derive(Default)]
struct BindOptions {
    label: String,
    max_connections: u32,
    backlog: u32,
    interface: String,
    free_bind: bool,
    v4v6: bool,
    v6only: bool,
    unix: v1::UnixAddress,
    user_timeout_ms: u64,
    keep_alive: Option<v1::KeepAlive>,
    tls: Option<v1::TlsServer>,
    http_protocol: v1::HttpProtocol,
    /// Its connections begin with a PROXY header.
    accept_proxy: bool,
    /// The time for that.
    entry_timeout_ms: u64,
    /// Its addresses are read and not listened on.
    closed: bool,
}

impl<'a> Lowering<'a> {
    /// The listeners of a proxy.
    pub(super) fn binds(&mut self, proxy: &Proxy<'_, 'a>) {
        let section = proxy.lines.section();
        let mut backlog = self.backlog(proxy);
        let mut keep_alive = self.keep_alive(proxy.lines, Side::Client);
        let mut entry_timeout_ms = self.timeout(proxy.lines, "timeout client-hs").unwrap_or_default();
        if proxy.is_udp() {
            (backlog, keep_alive, entry_timeout_ms) = (0, None, 0);
        }
        let mut count = 0;
        for line in proxy.lines.own("bind") {
            let Some(word) = line.fixed().first() else { continue };
            let mut options = self.bind_options(line, backlog);
            if proxy.is_udp() {
                (options.backlog, options.user_timeout_ms, options.accept_proxy) = (0, 0, false);
            }
            options.keep_alive = keep_alive;
            options.entry_timeout_ms = entry_timeout_ms;
            options.closed = line.has(Effect::NoListener);
            options.http_protocol = self.http_protocol(line, proxy);
            if line.option("ssl").is_some() && !proxy.is_udp() {
                options.tls = self.tls_server(line, proxy);
                self.note_contents(line.span);
                options.closed |= options.tls.is_none();
            }
            self.addresses(proxy, word, &options, &mut count);
        }
        if count == 0 && proxy.lines.own("bind").next().is_none() {
            let message = format!("`{}` has no address to listen on", proxy.name);
            self.report(
                Diagnostic::warning(Code::NoAddress, section.name_span(), message)
                    .help("add a line like `bind *:80`"),
            );
        }
    }

    /// An IPv6 wildcard leaves IPv4 to the IPv4 wildcard of its port where there is one: so would the kernel.
    pub(super) fn wildcards(&mut self) {
        for resource in &mut self.resources {
            let Some(Body::Listener(listener)) = &mut resource.body else { continue };
            let Some(listener::Address::Ip(address)) = &listener.address else { continue };
            let of_udp = if listener.udp { "udp@" } else { "" };
            if listener.dual_stack && self.addresses.contains_key(&format!("{of_udp}*:{}", address.port)) {
                listener.dual_stack = false;
            }
        }
    }

    fn backlog(&mut self, proxy: &Proxy<'_, 'a>) -> u32 {
        let word = proxy.lines.last("backlog").and_then(|line| line.args().first());
        word.and_then(|word| self.number(word, 0..=u32::MAX)).unwrap_or_default()
    }

    fn bind_options(&mut self, line: &'a Directive, backlog: u32) -> BindOptions {
        let unix = self.global.unix_bind.address.clone();
        let mut options = BindOptions { backlog, unix, ..BindOptions::default() };
        for option in line.options() {
            self.bind_option(option, &mut options);
        }
        options
    }

    fn bind_option(&mut self, option: OptionUse<'_>, options: &mut BindOptions) {
        match (option.keyword.name, option.args.first()) {
            ("name", Some(word)) => options.label = self.plain(word).unwrap_or_default(),
            ("interface", Some(word)) => options.interface = self.interface(word).unwrap_or_default(),
            ("maxconn", Some(word)) => {
                options.max_connections = self.number(word, 0..=u32::MAX).unwrap_or_default();
            }
            ("backlog", Some(word)) => {
                options.backlog = self.number(word, 0..=u32::MAX).unwrap_or_default();
            }
            ("transparent", _) => options.free_bind = true,
            ("accept-proxy", _) => options.accept_proxy = true,
            ("v4v6", _) => (options.v4v6, options.v6only) = (true, false),
            ("v6only", _) => (options.v4v6, options.v6only) = (false, true),
            ("user" | "uid", Some(word)) => options.unix.user = self.plain(word).unwrap_or_default(),
            ("group" | "gid", Some(word)) => options.unix.group = self.plain(word).unwrap_or_default(),
            ("tcp-ut", Some(word)) => options.user_timeout_ms = self.time(word).unwrap_or_default(),
            ("mode", Some(word)) => options.unix.mode = self.permissions(word),
            _ => {}
        }
    }

    /// The name of a network interface (netdevice(7): IFNAMSIZ with its NUL).
    pub(super) fn interface(&mut self, word: &Word) -> Option<String> {
        let good = |byte: u8| byte.is_ascii_graphic() && byte != b'/';
        if (1..=15).contains(&word.text().len()) && word.text().bytes().all(good) {
            return Some(word.text().to_owned());
        }
        let message = format!("`{}` is not the name of a network interface", word.text());
        self.report(Diagnostic::error(Code::BadValue, word.span(), message));
        None
    }

    /// A comma-separated list of addresses.
    fn addresses(&mut self, proxy: &Proxy<'_, 'a>, word: &'a Word, options: &BindOptions, count: &mut usize) {
        let Some(text) = self.expanded(word) else { return };
        // Where variables stood, offsets no longer fit: then the whole word is the place.
        let exact = text == word.text();
        let mut start = 0;
        for part in text.split(',') {
            let place = if exact { word.span_of(start..start + part.len()) } else { word.span() };
            start += part.len() + 1;
            let plain = proxy.is_udp().then(|| without_prefix(part));
            let listeners = match address::parse(plain.as_deref().unwrap_or(part)) {
                Ok(Address::Unix(_) | Address::Descriptor(_)) if proxy.is_udp() => {
                    let message = format!("`{part}` is no address for datagrams of UDP");
                    let diagnostic = Diagnostic::error(Code::BadAddress, place, message);
                    self.report(diagnostic.help("write `udp@192.0.2.1:53`, `:53` or `[::]:53`"));
                    continue;
                }
                Ok(address) => self.listeners(proxy, address, place, options),
                Err(error) if error.is_degraded() => {
                    self.report(
                        Diagnostic::warning(Code::DegradedValue, place, error.to_string())
                            .label("nothing listens here"),
                    );
                    *count += 1;
                    continue;
                }
                Err(error) => {
                    let diagnostic = Diagnostic::error(Code::BadAddress, place, error.to_string());
                    self.report(diagnostic.help(error.help()));
                    continue;
                }
            };
            if self.addresses.len().max(*count) + listeners.len() > MAX_LISTENERS {
                let message = format!("there are more than {MAX_LISTENERS} addresses to listen on");
                self.report(Diagnostic::error(Code::BadValue, place, message));
                return;
            }
            for (mut name, mut listener) in listeners {
                if proxy.is_udp() {
                    name.insert_str(0, "udp@");
                    listener.udp = true;
                }
                if !options.closed && self.claim(&name, proxy.name, place) {
                    let name = format!("{}/{name}", proxy.name);
                    let provenance = proxy.arrival.at_listeners().provenance(self.origin(place));
                    self.emit_from(provenance, name, *count, Body::Listener(listener));
                }
                *count += 1;
            }
        }
    }

    /// A word with its variables expanded, as addresses have them whether quoted or not.
    pub(super) fn expanded(&mut self, word: &Word) -> Option<String> {
        match self.file.environment.expand_address(word.text()) {
            Ok(text) => Some(text.into_owned()),
            Err(error) => {
                let span = word.span_of(error.at());
                self.report(Diagnostic::error(Code::UnsetVariable, span, error.to_string()));
                None
            }
        }
    }

    /// Whether the address is still free. One proxy may say the same twice, two may not.
    fn claim(&mut self, name: &str, proxy: &'a str, place: Span) -> bool {
        let Some((owner, first)) = self.addresses.get(name).copied() else {
            self.addresses.insert(name.to_owned(), (proxy, place));
            return true;
        };
        let message = if owner == proxy {
            format!("`{proxy}` listens on {name} already")
        } else {
            format!("`{owner}` listens on {name}")
        };
        let diagnostic = if owner == proxy {
            Diagnostic::warning(Code::DuplicateName, place, message)
        } else {
            Diagnostic::error(Code::DuplicateName, place, message)
                .help("give each address to one proxy; it can tell requests apart with `use_backend`")
        };
        self.report(diagnostic.related(first, "here"));
        false
    }

    /// The address that this host has for a name, as its own file of names says: no server is asked for an address to
    /// listen on.
    pub(super) fn host(&self, name: &str, family: Family) -> Option<IpAddr> {
        inet::host(self.reader.loader(), name, |ip| match family {
            Family::V4 => ip.is_ipv4(),
            Family::V6 => ip.is_ipv6(),
            Family::Unsaid => true,
        })
    }

    fn listeners(
        &mut self,
        proxy: &Proxy<'_, 'a>,
        address: Address,
        place: Span,
        options: &BindOptions,
    ) -> Vec<(String, v1::Listener)> {
        let proxy_header = proxy.arrival.header_at(options.accept_proxy);
        let passes = proxy_header.is_some() || options.tls.is_some();
        let base = v1::Listener {
            frontend: Some(self.id(Kind::Frontend, proxy.name)),
            max_connections: options.max_connections,
            backlog: options.backlog,
            free_bind: options.free_bind,
            interface: options.interface.clone(),
            label: options.label.clone(),
            user_timeout_ms: options.user_timeout_ms,
            keep_alive: options.keep_alive,
            entry_timeout_ms: if passes { options.entry_timeout_ms } else { 0 },
            proxy_header,
            connection_rules: proxy.arrival.at_listeners().rules,
            tls: options.tls.clone(),
            http_protocol: options.http_protocol.into(),
            ..v1::Listener::default()
        };
        match address {
            Address::Descriptor(number) => {
                let address = Some(listener::Address::Descriptor(number));
                vec![(format!("fd@{number}"), v1::Listener { address, ..base })]
            }
            Address::Unix(mut path) => {
                // Names without a path have no folder to be put into.
                if path.first() != Some(&0) {
                    path.splice(..0, self.global.unix_bind.prefix.bytes());
                }
                let name = match path.strip_prefix(b"\0") {
                    Some(name) => format!("abns@{}", String::from_utf8_lossy(name)),
                    None => format!("unix@{}", String::from_utf8_lossy(&path)),
                };
                let unix = v1::UnixAddress { path: path.into(), ..options.unix.clone() };
                vec![(name, v1::Listener { address: Some(listener::Address::Unix(unix)), ..base })]
            }
            Address::Inet { host, family, port } => {
                self.inet_listeners((host, family, port), place, options, &base)
            }
        }
    }

    fn inet_listeners(
        &mut self,
        (host, family, port): (Host, Family, Port),
        place: Span,
        options: &BindOptions,
        base: &v1::Listener,
    ) -> Vec<(String, v1::Listener)> {
        let ip = match host {
            Host::Ip(ip) => ip,
            Host::Any => address::wildcard(family),
            Host::Name(name) if name == "localhost" => match family {
                Family::V6 => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1_u16]),
                Family::V4 | Family::Unsaid => Ipv4Addr::LOCALHOST.into(),
            },
            Host::Name(name) => match self.host(&name, family) {
                Some(ip) => ip,
                None => {
                    let message = format!("the name `{name}` is not in /etc/hosts");
                    self.report(
                        Diagnostic::warning(Code::DegradedValue, place, message)
                            .label("nothing listens here")
                            .help("write an address of this host, `localhost`, or `*` for all"),
                    );
                    return Vec::new();
                }
            },
        };
        let (first, last) = match port {
            Port::One(port) => (port, port),
            Port::Range(first, last) => (first, last),
            Port::None | Port::Zero | Port::Offset(_) => {
                self.report(
                    Diagnostic::error(Code::BadAddress, place, "a port to listen on is missing")
                        .help("write `*:80`, `192.0.2.1:8000-8010` or `[::]:80`"),
                );
                return Vec::new();
            }
        };
        // The kernel lets an IPv6 wildcard take IPv4 too unless it is told not to, and so does HAProxy.
        let dual_stack = ip.is_ipv6() && ip.is_unspecified() && !options.v6only;
        let named = |port| match ip {
            IpAddr::V4(ip) if ip.is_unspecified() => format!("*:{port}"),
            IpAddr::V4(ip) => format!("{ip}:{port}"),
            IpAddr::V6(ip) => format!("[{ip}]:{port}"),
        };
        (first..=last)
            .map(|port| {
                let address = Some(listener::Address::Ip(address::ip_address(ip, port)));
                (named(port), v1::Listener { address, dual_stack, ..base.clone() })
            })
            .collect()
    }
}
