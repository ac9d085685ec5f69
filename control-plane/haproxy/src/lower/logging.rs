//! `log` lines, log formats and what is not logged.

use sluicegate_proto::limits::MAX_LOG_TARGETS;
use sluicegate_proto::v1;

use super::Lowering;
use super::proxy::Proxy;
use super::report::texts;
use super::settings::Lines;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Phase, Preset, Scope};

mod ring;
mod target;

pub(super) use ring::Rings;

impl<'a> Lowering<'a> {
    /// Where and how a frontend logs.
    pub(super) fn logging(&mut self, proxy: &Proxy<'_, 'a>) -> v1::Logging {
        let targets = proxy.log_targets.clone();
        let (format, at_start) = self.log_format(proxy);
        let skip_null = proxy.lines.is_on("option dontlognull");
        let structured_data = self.structured_data(proxy);
        if targets.is_empty() {
            return v1::Logging { skip_null, ..v1::Logging::default() };
        }
        v1::Logging {
            targets,
            format,
            skip_null,
            at_start,
            structured_data,
            separate_errors: proxy.lines.is_on("option log-separate-errors"),
            errors_only: proxy.lines.is_on("option dontlog-normal"),
        }
    }

    /// Where a proxy logs.
    pub(super) fn log_targets(&mut self, lines: &Lines<'a>) -> Vec<v1::LogTarget> {
        let tag = lines.last("log-tag").and_then(|line| line.args().first());
        let mut targets: Vec<v1::LogTarget> = Vec::new();
        for line in lines.all("log") {
            let of_global = matches!(line.args(), [word] if word.text() == "global");
            if of_global && self.global.log.is_empty() {
                self.nowhere(line);
            }
            let lines = if of_global { self.global.log.clone() } else { vec![line] };
            for line in lines {
                for target in self.log_target(line, tag) {
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
        }
        targets
    }

    /// Says once for all proxies that a `log global` leads nowhere.
    fn nowhere(&mut self, line: &Directive) {
        if std::mem::replace(&mut self.global.told_nowhere, true) {
            return;
        }
        let message = "`log global` logs nothing: `global` has no `log` line";
        self.report(
            Diagnostic::notice(Code::NoEffect, line.span, message)
                .help("write, for example, `log stdout format raw local0` in `global`"),
        );
    }

    fn structured_data(&mut self, proxy: &Proxy<'_, 'a>) -> Option<v1::Format> {
        let line = proxy.lines.last("log-format-sd")?;
        let scope = Scope { phase: Phase::Log, http: proxy.is_http() };
        let format = self.reader.format(&texts(line.args()), 0, scope);
        self.expression_findings(line.args(), line.span);
        format
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
