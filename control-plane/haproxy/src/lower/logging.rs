//! `log` lines, log formats and what is not logged.

use sluicegate_proto::limits::MAX_LOG_TARGETS;
use sluicegate_proto::v1::{self, SyslogFormat, log_target};

use super::Lowering;
use super::address::{self, Address, Host, Port};
use super::proxy::Proxy;
use super::report::texts;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Phase, Preset, Scope};
use crate::word::Word;

/// Facilities of RFC 5424 6.2.1, by number.
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "auth2", "ftp", "ntp",
    "audit", "alert", "cron2", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];
/// Severities, by number.
const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
/// The port of syslog over UDP.
const SYSLOG_PORT: u16 = 514;

impl<'a> Lowering<'a> {
    /// Where and how a frontend logs.
    pub(super) fn logging(&mut self, proxy: &Proxy<'_, 'a>) -> v1::Logging {
        let targets = self.log_targets(proxy);
        let (format, at_start) = self.log_format(proxy);
        let skip_null = proxy.lines.is_on("option dontlognull");
        if targets.is_empty() {
            return v1::Logging { skip_null, ..v1::Logging::default() };
        }
        v1::Logging { targets, format, skip_null, at_start }
    }

    fn log_targets(&mut self, proxy: &Proxy<'_, 'a>) -> Vec<v1::LogTarget> {
        let tag = proxy.lines.last("log-tag").and_then(|line| line.args().first());
        let mut targets: Vec<v1::LogTarget> = Vec::new();
        for line in proxy.lines.all("log") {
            let of_global = matches!(line.args(), [word] if word.text() == "global");
            let lines = if of_global { self.global.log.clone() } else { vec![line] };
            for line in lines {
                let Some(target) = self.log_target(line, tag) else { continue };
                // A `log global` in `defaults` and another in the proxy are one.
                if targets.contains(&target) {
                    continue;
                }
                if targets.len() == MAX_LOG_TARGETS {
                    let message = format!("more than {MAX_LOG_TARGETS} log targets");
                    self.report(Diagnostic::error(Code::BadValue, line.span, message));
                    return targets;
                }
                targets.push(target);
            }
        }
        targets
    }

    /// One `log` line with a target of its own.
    pub(super) fn log_target(&mut self, line: &'a Directive, tag: Option<&Word>) -> Option<v1::LogTarget> {
        let (target, mut rest) = line.args().split_first()?;
        let hostname = self.global.log_hostname.flatten();
        let mut log = v1::LogTarget {
            address: Some(self.log_address(target)?),
            // HAProxy's own default leaves the host name out, unless it is asked for.
            format: match self.global.log_hostname {
                None => SyslogFormat::Local.into(),
                Some(_) => SyslogFormat::Rfc3164.into(),
            },
            max_level: 7,
            tag: tag.or(self.global.log_tag).and_then(|tag| self.plain(tag)).unwrap_or_default(),
            hostname: hostname.and_then(|name| self.plain(name)).unwrap_or_default(),
            ..v1::LogTarget::default()
        };
        while let [word, after @ ..] = rest {
            match (word.text(), after) {
                ("len" | "format" | "sample" | "profile", []) => {
                    self.incomplete(word, "a value");
                    return None;
                }
                ("len", [value, ..]) => log.max_length_bytes = self.number(value, 80..=65_535)?,
                ("format", [value, ..]) => log.format = self.syslog_format(value)?.into(),
                (name @ ("sample" | "profile"), _) => {
                    let message = format!("`{name}` of a log target is not supported yet");
                    self.report(Diagnostic::error(Code::UnsupportedValue, word.span(), message));
                    return None;
                }
                _ => break,
            }
            rest = &after[1..];
        }
        self.levels(line, rest, &mut log)?;
        Some(log)
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

    fn log_address(&mut self, word: &Word) -> Option<log_target::Address> {
        let text = self.expanded(word)?;
        match text.as_str() {
            "stdout" => return Some(log_target::Address::Descriptor(1)),
            "stderr" => return Some(log_target::Address::Descriptor(2)),
            "global" => {
                let message = "`log global` takes no more arguments, and may not stand in `global`";
                self.report(Diagnostic::error(Code::BadValue, word.span(), message));
                return None;
            }
            _ => {}
        }
        let text = text.strip_prefix("udp@").unwrap_or(&text);
        let unsupported = ["ring@", "backend@", "tcp@", "tcp4@", "tcp6@"];
        if let Some(prefix) = unsupported.into_iter().find(|prefix| text.starts_with(prefix)) {
            let message = format!("logging to `{prefix}` is not supported yet");
            self.report(
                Diagnostic::error(Code::UnsupportedValue, word.span(), message)
                    .help("log to `stdout`, `stderr`, `fd@<number>`, a unix socket or a UDP address"),
            );
            return None;
        }
        match address::parse(text) {
            Ok(Address::Unix(path)) => Some(log_target::Address::Unix(v1::UnixAddress {
                path: path.into(),
                ..v1::UnixAddress::default()
            })),
            Ok(Address::Descriptor(number)) => Some(log_target::Address::Descriptor(number)),
            Ok(Address::Inet { host, port: port @ (Port::None | Port::One(_)), .. }) => {
                let port = if let Port::One(port) = port { port } else { SYSLOG_PORT };
                Some(match host {
                    Host::Any => log_target::Address::Ip(address::ip_address([127, 0, 0, 1].into(), port)),
                    Host::Ip(ip) => log_target::Address::Ip(address::ip_address(ip, port)),
                    Host::Name(name) => {
                        log_target::Address::Host(v1::HostAddress { name, port: port.into() })
                    }
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

    fn syslog_format(&mut self, word: &Word) -> Option<SyslogFormat> {
        match word.text() {
            "local" => Some(SyslogFormat::Local),
            "rfc3164" => Some(SyslogFormat::Rfc3164),
            "rfc5424" => Some(SyslogFormat::Rfc5424),
            "short" => Some(SyslogFormat::Short),
            "raw" => Some(SyslogFormat::Raw),
            other @ ("priority" | "timed" | "iso") => {
                let message = format!("the log format `{other}` is not supported yet");
                let diagnostic = Diagnostic::error(Code::UnsupportedValue, word.span(), message);
                self.report(
                    diagnostic.help("supported are `local`, `rfc3164`, `rfc5424`, `short` and `raw`"),
                );
                None
            }
            _ => {
                self.not_one_of(word, "a log format", &["local", "rfc3164", "rfc5424", "short", "raw"]);
                None
            }
        }
    }

    /// The form of a frontend's lines, and whether they are written at the start: where no keyword says one.
    fn log_format(&mut self, proxy: &Proxy<'_, 'a>) -> (Option<v1::Format>, bool) {
        let names = ["log-format", "option httplog", "option httpslog", "option tcplog"];
        match proxy.lines.last_of(&names) {
            Some(line) => (self.said_format(line, proxy.is_http()), false),
            None if proxy.is_http() => (Some(Preset::ConnectHttp.format()), true),
            None => (Some(Preset::ConnectTcp.format()), true),
        }
    }

    /// The form that a keyword says.
    fn said_format(&mut self, line: &'a Directive, http: bool) -> Option<v1::Format> {
        let first = line.args().first();
        match line.name() {
            "option tcplog" => Some(Preset::Tcp.format()),
            "option httplog" | "option httpslog" if !http => {
                let message =
                    format!("`{}` needs `mode http`; `option tcplog` is used in its place", line.name());
                self.report(Diagnostic::warning(Code::NoEffect, line.span, message));
                Some(Preset::Tcp.format())
            }
            "option httplog" | "option httpslog" => match first {
                Some(word) if word.text() == "clf" => Some(Preset::HttpClf.format()),
                Some(word) => {
                    self.not_one_of(word, "an argument of `option httplog`", &["clf"]);
                    None
                }
                None => Some(Preset::Http.format()),
            },
            _ => {
                let scope = Scope { phase: Phase::Log, http };
                let format = self.reader.format(&texts(line.args()), 0, scope);
                self.expression_findings(line.args(), line.span);
                format
            }
        }
    }
}
