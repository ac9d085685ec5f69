//! How connections to servers are made, and which of them requests share.

use std::net::{IpAddr, Ipv4Addr};

use sluicegate_proto::v1::{self, Reuse};

use super::Lowering;
use super::address::{self, Address, Host, Port};
use super::proxy::Proxy;
use super::settings::Lines;
use crate::ast::{OptionUse, Prefix};
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

/// Longest time between probes that the kernel takes, in seconds, and most probes (tcp(7)).
const LONGEST_SILENCE: u64 = 32_767;
const MOST_PROBES: u32 = 127;

/// What a `server` line says of its connections.
#[derive(Clone, Default)]
pub(super) struct Connections {
    pub(super) pool: v1::Pool,
    /// Where they come from; nothing within: anywhere, whatever the proxy says.
    pub(super) source: Option<v1::Source>,
    pub(super) user_timeout_ms: u64,
}

impl Connections {
    /// What is kept of them, where that is not as usual; `apart`: each worker has its own.
    pub(super) fn pool(&self, apart: bool) -> Option<v1::Pool> {
        let low = if apart { u32::MAX } else { self.pool.low };
        Some(v1::Pool { low, ..self.pool }).filter(|pool| *pool != v1::Pool::default())
    }

    /// Where they come from, with what the proxy says below.
    pub(super) fn source_over(&mut self, proxy: Option<&v1::Source>) -> Option<v1::Source> {
        self.source.take().or_else(|| proxy.cloned()).filter(|source| *source != v1::Source::default())
    }
}

impl<'a> Lowering<'a> {
    /// `http-reuse`. Without it connections are shared by all, which is what HAProxy calls `always`.
    pub(super) fn reuse(&mut self, proxy: &Proxy<'_, 'a>) -> Option<Reuse> {
        if !proxy.is_http() {
            let lines = proxy.lines.own("http-reuse").filter(|line| line.prefix == Prefix::None);
            lines.for_each(|line| self.needs_http(line, proxy.name));
            return None;
        }
        match proxy.lines.last("http-reuse").and_then(|line| line.args().first()).map(Word::text) {
            Some("never") => Some(Reuse::Never),
            Some("safe") => Some(Reuse::Safe),
            Some("aggressive") => Some(Reuse::Aggressive),
            _ => None,
        }
    }

    /// `max-session-srv-conns`. HAProxy takes what is below nought for nought.
    pub(super) fn max_private_connections(&mut self, proxy: &Proxy<'_, 'a>) -> Option<u32> {
        let word = proxy.lines.last("max-session-srv-conns")?.args().first()?;
        self.integer(word, i32::MIN.into()).map(|number| u32::try_from(number).unwrap_or_default())
    }

    /// Reads an option of a `server` line over those that are there.
    pub(super) fn connection_option(&mut self, option: OptionUse<'_>, connections: &mut Connections) {
        let Some(word) = option.args.first() else { return };
        let Connections { pool, source, user_timeout_ms } = connections;
        // Below nought there is no limit.
        let limit = |number: i64| u32::try_from(number).ok();
        match option.keyword.name {
            "pool-max-conn" => {
                pool.max_idle = self.integer(word, -1).map_or(pool.max_idle, limit);
            }
            "pool-low-conn" => {
                // HAProxy takes what is below nought for more than there can be.
                let most = |number| u32::try_from(number).unwrap_or(u32::MAX);
                pool.low = self.integer(word, i32::MIN.into()).map_or(pool.low, most);
            }
            "pool-purge-delay" => pool.purge_delay_ms = self.time(word),
            "max-reuse" => {
                pool.max_reuse = self.integer(word, i32::MIN.into()).map_or(pool.max_reuse, limit);
            }
            "source" => *source = self.source(word, true),
            "interface" => {
                source.get_or_insert_default().interface = self.interface(word).unwrap_or_default();
            }
            "usesrc" => source.get_or_insert_default().foreign = self.foreign_source(word),
            "tcp-ut" => *user_timeout_ms = self.time(word).unwrap_or_default(),
            _ => {}
        }
    }

    /// `source` of a proxy.
    pub(super) fn proxy_source(&mut self, lines: &Lines<'a>) -> Option<v1::Source> {
        let line = lines.last("source")?;
        let mut source = self.source(line.fixed().first()?, false)?;
        if let Some(word) = line.option("interface").and_then(|option| option.args.first()) {
            source.interface = self.interface(word).unwrap_or_default();
        }
        if let Some(word) = line.option("usesrc").and_then(|option| option.args.first()) {
            source.foreign = self.foreign_source(word);
        }
        Some(source)
    }

    /// The address of a `source`; `ranges`: it may have a range of ports.
    fn source(&mut self, word: &Word, ranges: bool) -> Option<v1::Source> {
        let text = self.expanded(word)?;
        let (host, family, port) = match address::parse(&text) {
            Ok(Address::Inet { host, family, port }) => (host, family, port),
            Ok(Address::Unix(_) | Address::Descriptor(_)) => {
                return self.no_source(word, "no address that connections can come from");
            }
            Err(error) => {
                let diagnostic = Diagnostic::error(Code::BadAddress, word.span(), error.to_string());
                self.report(diagnostic.help(error.help()));
                return None;
            }
        };
        let (first, last) = match port {
            Port::None | Port::Zero => (0, 0),
            Port::One(port) => (port, 0),
            Port::Range(first, last) if ranges && first <= last => (first, last),
            Port::Range(..) if !ranges => return self.no_source(word, "a range of ports cannot stand here"),
            Port::Range(..) | Port::Offset(_) => return self.no_source(word, "no range of ports"),
        };
        let ip = match host {
            Host::Ip(ip) => ip,
            Host::Any => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Host::Name(name) => match self.host(&name, family) {
                Some(ip) => ip,
                None => return self.no_source(word, "no name that this host has an address for"),
            },
        };
        let any = ip.is_unspecified() && first == 0;
        Some(v1::Source {
            address: (!any).then(|| address::ip_address(ip, first)),
            last_port: last.into(),
            interface: String::new(),
            foreign: None,
        })
    }

    fn no_source(&mut self, word: &Word, why: &str) -> Option<v1::Source> {
        let message = format!("`{}`: {why}", word.text());
        self.report(
            Diagnostic::error(Code::BadAddress, word.span(), message).help("write `source 192.0.2.1`"),
        );
        None
    }

    /// Probes on connections of one side, `cli` or `srv`.
    pub(super) fn keep_alive(&mut self, lines: &Lines<'a>, side: Side) -> Option<v1::KeepAlive> {
        let [option, count, idle, interval] = side.keywords();
        if !lines.is_on(option) && !lines.is_on("option tcpka") {
            return None;
        }
        let word = |name: &str| lines.last(name).and_then(|line| line.args().first());
        let count = word(count).and_then(|word| self.number(word, 0..=u32::MAX)).unwrap_or_default();
        let mut seconds = |name: &str| {
            let millis = word(name).and_then(|word| self.time_in(word, "s")).unwrap_or_default();
            u32::try_from(millis.div_ceil(1_000).min(LONGEST_SILENCE)).unwrap_or_default()
        };
        Some(v1::KeepAlive {
            count: count.min(MOST_PROBES),
            idle_seconds: seconds(idle),
            interval_seconds: seconds(interval),
        })
    }
}

/// Whose connections are probed.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Client,
    Server,
}

impl Side {
    /// What says whether, how many, after how long and how often.
    fn keywords(self) -> [&'static str; 4] {
        match self {
            Side::Client => ["option clitcpka", "clitcpka-cnt", "clitcpka-idle", "clitcpka-intvl"],
            Side::Server => ["option srvtcpka", "srvtcpka-cnt", "srvtcpka-idle", "srvtcpka-intvl"],
        }
    }
}
