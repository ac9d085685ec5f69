//! Options of servers about their health beside probes: what exchanges and agents say, how they begin, what ends with them.

use sluicegate_proto::v1;

use super::Lowering;
use super::proxy::Proxy;
use crate::ast::OptionUse;
use crate::diagnostic::{Code, Diagnostic};
use crate::raw;
use crate::source::Span;

/// What the options of a server say; those of `default-server` first.
#[derive(Clone)]
pub(super) struct ServerHealth {
    layer: Option<(v1::ObservedLayer, Span)>,
    error_limit: u32,
    on_error: v1::OnError,
    asks_agent: Option<Span>,
    agent: v1::Agent,
    down_ends_sessions: bool,
    up_ends_backup_sessions: bool,
}

impl Default for ServerHealth {
    fn default() -> Self {
        Self {
            layer: None,
            error_limit: 10,
            on_error: v1::OnError::FailCheck,
            asks_agent: None,
            agent: v1::Agent { interval_ms: 2_000, ..v1::Agent::default() },
            down_ends_sessions: false,
            up_ends_backup_sessions: false,
        }
    }
}

impl ServerHealth {
    /// Puts them into an endpoint whose check is settled.
    pub(super) fn write(self, endpoint: &mut v1::Endpoint) {
        let observation = self.layer.map(|(layer, _)| v1::Observation {
            layer: layer.into(),
            error_limit: self.error_limit,
            on_error: self.on_error.into(),
        });
        endpoint.observation = observation.filter(|_| endpoint.check.is_some());
        endpoint.agent = self.asks_agent.filter(|_| !endpoint.unusable).map(|_| self.agent);
        endpoint.down_ends_sessions = self.down_ends_sessions;
        endpoint.up_ends_backup_sessions = self.up_ends_backup_sessions;
    }
}

impl Lowering<'_> {
    /// Reads one option.
    pub(super) fn health_option(
        &mut self,
        option: &OptionUse<'_>,
        health: &mut ServerHealth,
        schedule: &mut v1::CheckSchedule,
    ) {
        let word = option.args.first();
        let text = word.map(|word| word.text());
        match (option.keyword.name, word) {
            ("observe", Some(word)) => {
                health.layer = match word.text() {
                    "layer4" => Some((v1::ObservedLayer::Connections, word.span())),
                    "layer7" => Some((v1::ObservedLayer::Answers, word.span())),
                    _ => None,
                };
            }
            ("error-limit", Some(word)) => {
                health.error_limit = self.number(word, 1..=i32::MAX as u32).unwrap_or(health.error_limit);
            }
            ("on-error", _) => {
                health.on_error = match text {
                    Some("fastinter") => v1::OnError::ProbeSoon,
                    Some("sudden-death") => v1::OnError::SuddenDeath,
                    Some("mark-down") => v1::OnError::MarkDown,
                    _ => v1::OnError::FailCheck,
                };
            }
            ("on-marked-down", _) => health.down_ends_sessions = true,
            ("on-marked-up", _) => health.up_ends_backup_sessions = true,
            ("init-state", _) => {
                let initial = match text {
                    Some("fully-up") => v1::InitialState::FullyUp,
                    Some("down") => v1::InitialState::Down,
                    Some("fully-down") => v1::InitialState::FullyDown,
                    _ => v1::InitialState::Unspecified,
                };
                schedule.initial = initial.into();
            }
            ("agent-check", _) => health.asks_agent = Some(option.word.span()),
            ("no-agent-check", _) => health.asks_agent = None,
            ("agent-port", Some(word)) => {
                health.agent.port = self.number(word, 1..=65_535).unwrap_or_default();
            }
            ("agent-addr", Some(word)) => {
                let address = self.check_address(word);
                if address.as_ref().is_some_and(|address| address.port != 0) {
                    let message = "the port of an agent stands in `agent-port`";
                    self.report(Diagnostic::error(Code::BadAddress, word.span(), message));
                }
                health.agent.address = address.filter(|address| address.port == 0);
            }
            ("agent-inter", Some(word)) => {
                health.agent.interval_ms = self.positive_time(word).unwrap_or(health.agent.interval_ms);
            }
            ("agent-send", Some(word)) => {
                health.agent.send = raw::bytes(word.text()).into_owned().into();
            }
            _ => {}
        }
    }

    /// Tells of what cannot be, once all options of a server are read.
    pub(super) fn health_options(
        &mut self,
        proxy: &Proxy<'_, '_>,
        health: &ServerHealth,
        (checked, is_unix): (bool, bool),
    ) {
        if let Some((layer, span)) = health.layer {
            if layer == v1::ObservedLayer::Answers && !proxy.is_http() {
                let message = "`layer7` can only be observed in HTTP mode";
                self.report(
                    Diagnostic::error(Code::BadValue, span, message)
                        .help("write `observe layer4`, or `mode http`"),
                );
            } else if !checked {
                let message = "`observe` has no effect on a server without `check`";
                self.report(Diagnostic::warning(Code::NoEffect, span, message));
            }
        }
        let Some(span) = health.asks_agent else { return };
        if health.agent.port == 0 {
            let message = "`agent-check` needs the port of the agent";
            self.report(Diagnostic::error(Code::BadValue, span, message).help("write `agent-port <port>`"));
        } else if is_unix && health.agent.address.is_none() {
            let message = "the agent of a server on a unix socket needs an address";
            self.report(
                Diagnostic::error(Code::BadValue, span, message).help("write `agent-addr <address>`"),
            );
        }
    }
}
