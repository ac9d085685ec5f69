//! The half of a proxy that has servers.

use sluicegate_proto::v1::{self, resource::Body};

use super::Lowering;
use super::http_rule::Rules;
use super::proxy::Proxy;
use super::settings::Lines;
use crate::ast::SectionKind;
use crate::diagnostic::{Code, Diagnostic};

/// HAProxy's default (manual 4.2, retries).
const DEFAULT_RETRIES: u32 = 3;

/// More attempts than this are a typing error.
const MAX_RETRIES: u32 = 1_000;

impl<'a> Lowering<'a> {
    /// Emits a backend and its endpoints, if the section has them.
    pub(super) fn backend(&mut self, proxy: &Proxy<'_, 'a>) {
        if !proxy.has_servers() {
            return;
        }
        let lines = proxy.lines;
        self.enter(lines);
        // The rules of a `listen` run once.
        let behind = proxy.kind() != SectionKind::Listen || proxy.rules_behind;
        let mut rules = if behind { proxy.rules.clone() } else { Rules::default() };
        // These are of the servers alone.
        rules.answer = proxy.rules.answer.clone();
        if proxy.is_http() {
            let first = std::mem::take(&mut rules.answer);
            rules.response.put_all_first(first);
        }
        let section = lines.section();
        let provenance = rules.provenance(self.origin(section.span));
        let (retries, redispatch) = self.retry_settings(lines);
        let check = self.health_check(proxy);
        let mut backend = v1::Backend {
            mode: proxy.mode.into(),
            timeouts: Some(self.backend_timeouts(proxy)),
            balance: Some(self.balance(proxy)),
            http: proxy.is_http().then(|| proxy.http.clone()),
            check: Some(v1::HealthCheck { probe: Some(check.probe.clone()) }),
            retries,
            redispatch,
            request_rules: rules.request.rules,
            response_rules: rules.response.rules,
            inspection: (!proxy.takes_connections())
                .then(|| self.inspection(proxy, rules.first.rules))
                .flatten(),
            response_inspection: self.response_inspection(proxy, rules.answer.rules),
            error_pages: proxy.error_pages.clone(),
            all_backups: lines.is_on("option allbackups"),
            disabled: proxy.disabled,
            log_targets: proxy.log_targets.clone(),
            number: proxy.number,
            log_probes: lines.is_on("option log-health-checks"),
            description: self.description(proxy.lines),
            reuse: self.reuse(proxy).map(Into::into),
            full_connections: self.full_connections(lines),
            retry_on: self.retry_on(proxy),
            abort_on_close: lines.is_on("option abortonclose"),
            compression: self.compression(proxy),
            ..v1::Backend::default()
        };
        self.persistence(proxy, &mut backend);
        self.emit_from(provenance, proxy.name.into(), 0, Body::Backend(backend));
        let servers = self.servers(proxy, &check);
        let sends_only_elsewhere = proxy.kind() == SectionKind::Listen
            && (lines.own("use_backend").next().is_some() || lines.last("default_backend").is_some());
        let answers_itself = proxy
            .rules
            .request
            .rules
            .iter()
            .chain(&proxy.rules.first.rules)
            .any(|rule| rule.when.is_none() || matches!(rule.action, Some(v1::rule::Action::Service(_))));
        if servers == 0 && !sends_only_elsewhere && !answers_itself && !self.names.is_given_again(section) {
            let message = format!("`{}` has no servers: all that it gets is answered 503", proxy.name);
            self.report(
                Diagnostic::warning(Code::EmptyBackend, section.name_span(), message)
                    .help("add a line like `server app1 192.0.2.1:8080 check`"),
            );
        }
    }

    /// `fullconn`; 0 is none, as in HAProxy.
    fn full_connections(&mut self, lines: &Lines<'a>) -> u32 {
        let word = lines.last("fullconn").and_then(|line| line.args().first());
        word.and_then(|word| self.number(word, 0..=i32::MAX as u32)).unwrap_or_default()
    }

    /// `retries` and `option redispatch`.
    pub(super) fn retry_settings(&mut self, lines: &Lines<'a>) -> (u32, Option<v1::Redispatch>) {
        let word = lines.last("retries").and_then(|line| line.args().first());
        let retries = word.map_or(Some(DEFAULT_RETRIES), |word| self.number(word, 0..=MAX_RETRIES));
        let redispatch = lines.last("option redispatch").and_then(|line| match line.args().first() {
            // Before the last retry.
            None => Some(v1::Redispatch { interval: -1 }),
            Some(word) => match word.text().parse::<i32>() {
                Ok(0) => None,
                Ok(interval) => Some(v1::Redispatch { interval }),
                Err(_) => {
                    let message = format!("`{}` is not a number of retries", word.text());
                    self.report(Diagnostic::error(Code::BadValue, word.span(), message).help(
                        "positive: every so many retries; negative: so many before the last; 0: never",
                    ));
                    None
                }
            },
        });
        (retries.unwrap_or(DEFAULT_RETRIES), redispatch)
    }
}
