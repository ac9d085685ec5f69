//! One `log` line: where lines go, in which form, and which of them.

use sluicegate_proto::v1::{self, SyslogFormat, log_target};

use super::super::Lowering;
use super::super::address::{self, Address, Family, Host, Port};
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

/// Facilities of RFC 5424 6.2.1, by number.
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "auth2", "ftp", "ntp",
    "audit", "alert", "cron2", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];
/// Severities, by number.
const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
/// HAProxy's words for how a line is framed.
const FORMATS: [(&str, SyslogFormat); 8] = [
    ("local", SyslogFormat::Local),
    ("rfc3164", SyslogFormat::Rfc3164),
    ("rfc5424", SyslogFormat::Rfc5424),
    ("priority", SyslogFormat::Priority),
    ("short", SyslogFormat::Short),
    ("timed", SyslogFormat::Timed),
    ("iso", SyslogFormat::Iso),
    ("raw", SyslogFormat::Raw),
];
/// The port of syslog.
const SYSLOG_PORT: u16 = 514;
/// Prefixes of addresses that are connected to, and what the address parser calls them.
const STREAMS: [(&str, &str); 6] = [
    ("tcp@", ""),
    ("tcp4@", "ipv4@"),
    ("tcp6@", "ipv6@"),
    ("stream+ipv4@", "ipv4@"),
    ("stream+ipv6@", "ipv6@"),
    ("stream+unix@", "unix@"),
];
/// The same for addresses of datagrams.
const DATAGRAMS: [(&str, &str); 6] = [
    ("udp@", ""),
    ("udp4@", "ipv4@"),
    ("udp6@", "ipv6@"),
    ("dgram+ipv4@", "ipv4@"),
    ("dgram+ipv6@", "ipv6@"),
    ("dgram+unix@", "unix@"),
];

impl<'a> Lowering<'a> {
    /// One `log` line with a target of its own; a ring is as many targets as it has servers.
    pub(in super::super) fn log_target(
        &mut self,
        line: &'a Directive,
        tag: Option<&Word>,
    ) -> Vec<v1::LogTarget> {
        self.read_log_target(line, tag).unwrap_or_default()
    }

    fn read_log_target(&mut self, line: &'a Directive, tag: Option<&Word>) -> Option<Vec<v1::LogTarget>> {
        let (target, mut rest) = line.args().split_first()?;
        let mut format = None;
        let mut log = v1::LogTarget {
            max_level: 7,
            tag: tag.or(self.global.log_tag).and_then(|tag| self.plain(tag)).unwrap_or_default(),
            ..v1::LogTarget::default()
        };
        while let [word, after @ ..] = rest {
            match (word.text(), after) {
                ("len" | "format" | "sample" | "profile", []) => {
                    self.incomplete(word, "a value");
                    return None;
                }
                ("len", [value, ..]) => log.max_length_bytes = self.number(value, 80..=65_535)?,
                ("format", [value, ..]) => format = Some(self.syslog_format(value)?),
                ("sample", [value, ..]) => log.sample = Some(self.log_sample(value)?),
                ("profile", [value, ..]) => {
                    let message = format!("the log profile `{}` is left out", value.text());
                    self.report(
                        Diagnostic::warning(Code::DegradedValue, word.span(), message)
                            .note("lines have the form that the proxy says"),
                    );
                }
                _ => break,
            }
            rest = &after[1..];
        }
        self.levels(line, rest, &mut log)?;
        let text = self.expanded(target)?;
        if let Some(name) = text.strip_prefix("ring@") {
            return Some(self.ring_targets(name, target, &log));
        }
        log.address = Some(self.log_address(target, &text)?);
        // HAProxy's own default leaves the host name out, unless it is asked for.
        let said = self.global.log_hostname.is_some();
        let unsaid = if said { SyslogFormat::Rfc3164 } else { SyslogFormat::Local };
        self.framed(format.unwrap_or(unsaid), &mut log);
        Some(vec![log])
    }

    /// Sets the format, and the host name that HAProxy gives lines of that format.
    pub(super) fn framed(&mut self, format: SyslogFormat, log: &mut v1::LogTarget) {
        log.format = format.into();
        log.hostname = match (self.global.log_hostname, format) {
            (Some(name), _) => name.and_then(|name| self.plain(name)).unwrap_or_default(),
            (None, SyslogFormat::Rfc3164) => "localhost".to_owned(),
            (None, SyslogFormat::Rfc5424) => "-".to_owned(),
            (None, _) => String::new(),
        };
    }

    fn levels(&mut self, line: &Directive, words: &[Word], log: &mut v1::LogTarget) -> Option<()> {
        let Some((facility, levels)) = words.split_first() else {
            self.report(
                Diagnostic::error(Code::MissingArgument, line.end(), "a facility is missing")
                    .label("here")
                    .help("write `log 127.0.0.1:514 local0`, or `log global` in a proxy"),
            );
            return None;
        };
        log.facility = self.index(facility, "a facility", &FACILITIES)?;
        if let Some(level) = levels.first() {
            log.max_level = self.index(level, "a level", &LEVELS)?;
        }
        if let Some(level) = levels.get(1) {
            log.min_level = self.index(level, "a level", &LEVELS)?;
        }
        if let Some(extra) = levels.get(2) {
            self.unexpected(extra, "after the facility come at most two levels");
            return None;
        }
        Some(())
    }

    fn index(&mut self, word: &Word, what: &str, names: &[&str]) -> Option<u32> {
        let found = names.iter().position(|name| *name == word.text());
        if found.is_none() {
            self.not_one_of(word, what, names);
        }
        found.and_then(|index| u32::try_from(index).ok())
    }

    fn log_address(&mut self, word: &Word, text: &str) -> Option<log_target::Address> {
        match text {
            "stdout" => return Some(log_target::Address::Descriptor(1)),
            "stderr" => return Some(log_target::Address::Descriptor(2)),
            "global" => {
                let message = "`log global` takes no more arguments, and may not stand in `global`";
                self.report(Diagnostic::error(Code::BadValue, word.span(), message));
                return None;
            }
            _ => {}
        }
        if let Some(name) = text.strip_prefix("backend@") {
            let message = format!("lines for the backend `{name}` are not sent");
            self.report(
                Diagnostic::warning(Code::DegradedValue, word.span(), message)
                    .help("log to `stdout`, `fd@<number>`, a unix socket, a UDP address, `tcp@` or a ring"),
            );
            return None;
        }
        if let Some(address) = renamed(text, &STREAMS) {
            let stream = v1::LogStream {
                address: Some(self.stream_address(word, &address)?),
                ..v1::LogStream::default()
            };
            return Some(log_target::Address::Stream(stream));
        }
        let address = renamed(text, &DATAGRAMS).unwrap_or_else(|| text.to_owned());
        Some(match self.peer_address(word, &address)? {
            Peer::Ip(ip) => log_target::Address::Ip(ip),
            Peer::Host(host) => log_target::Address::Host(host),
            Peer::Unix(unix) => log_target::Address::Unix(unix),
            Peer::Descriptor(number) => log_target::Address::Descriptor(number),
        })
    }

    /// What a stream of lines is sent to.
    pub(super) fn stream_address(&mut self, word: &Word, text: &str) -> Option<v1::log_stream::Address> {
        Some(match self.peer_address(word, text)? {
            Peer::Ip(ip) => v1::log_stream::Address::Ip(ip),
            Peer::Host(host) => v1::log_stream::Address::Host(host),
            Peer::Unix(unix) => v1::log_stream::Address::Unix(unix),
            Peer::Descriptor(_) => {
                let message = "a stream of lines goes to an address or a unix socket";
                self.report(Diagnostic::error(Code::BadAddress, word.span(), message));
                return None;
            }
        })
    }

    fn peer_address(&mut self, word: &Word, text: &str) -> Option<Peer> {
        match address::parse(text) {
            Ok(Address::Unix(path)) => {
                Some(Peer::Unix(v1::UnixAddress { path: path.into(), ..v1::UnixAddress::default() }))
            }
            Ok(Address::Descriptor(number)) => Some(Peer::Descriptor(number)),
            Ok(Address::Inet { host, family, port: port @ (Port::None | Port::One(_)) }) => {
                let port = if let Port::One(port) = port { port } else { SYSLOG_PORT };
                Some(match host {
                    Host::Any if family == Family::V6 => {
                        Peer::Ip(address::ip_address(std::net::Ipv6Addr::LOCALHOST.into(), port))
                    }
                    Host::Any => Peer::Ip(address::ip_address([127, 0, 0, 1].into(), port)),
                    Host::Ip(ip) => Peer::Ip(address::ip_address(ip, port)),
                    Host::Name(name) => Peer::Host(v1::HostAddress { name, port: port.into() }),
                })
            }
            Ok(Address::Inet { .. }) => {
                let message = "a log target has one port";
                self.report(Diagnostic::error(Code::BadAddress, word.span(), message));
                None
            }
            Err(error) => {
                let diagnostic = Diagnostic::error(Code::BadAddress, word.span(), error.to_string());
                self.report(diagnostic.help(error.help()));
                None
            }
        }
    }

    pub(super) fn syslog_format(&mut self, word: &Word) -> Option<SyslogFormat> {
        let known = FORMATS.iter().find(|(name, _)| *name == word.text()).map(|(_, format)| *format);
        if known.is_none() {
            self.not_one_of(word, "a log format", &FORMATS.map(|(name, _)| name));
        }
        known
    }

    /// `<ranges>:<size>`: of so many lines, those.
    fn log_sample(&mut self, word: &Word) -> Option<v1::LogSample> {
        match sample(word.text()) {
            Ok(sample) => Some(sample),
            Err(why) => {
                let message = format!("`{}` is not a sample: {why}", word.text());
                self.report(
                    Diagnostic::error(Code::BadValue, word.span(), message)
                        .help("write `1:10` for every tenth line, `2-3,8:9` for three of nine"),
                );
                None
            }
        }
    }
}

/// What lines are sent to.
enum Peer {
    Ip(v1::IpAddress),
    Host(v1::HostAddress),
    Unix(v1::UnixAddress),
    Descriptor(u32),
}

/// The address with the prefix that the address parser knows, where it has one of these.
fn renamed(text: &str, prefixes: &[(&str, &str)]) -> Option<String> {
    let found =
        |(prefix, known): &(&str, &str)| text.strip_prefix(prefix).map(|rest| format!("{known}{rest}"));
    prefixes.iter().find_map(found)
}

fn sample(text: &str) -> Result<v1::LogSample, &'static str> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number != 0);
    let (ranges, size) = text.split_once(':').ok_or("`:` and a size are missing")?;
    let size = number(size).ok_or("its size is not a number from 1")?;
    let mut read = Vec::new();
    for range in ranges.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = number(first).zip(number(last)).ok_or("a range is not made of numbers from 1")?;
        if first > last {
            return Err("a range ends before it begins");
        }
        read.push(v1::log_sample::Range { first, last });
    }
    read.sort_by_key(|range| range.first);
    if read.windows(2).any(|pair| pair[1].first <= pair[0].last) {
        return Err("two ranges overlap");
    }
    if read.last().is_some_and(|range| range.last > size) {
        return Err("a range reaches beyond its size");
    }
    Ok(v1::LogSample { ranges: read, size })
}
