//! The walk over a resource.

use std::collections::BTreeSet;

use super::{Capability, MATCHES, PROGRAMS, SECRETS};
use crate::catalog;
use crate::v1::{
    Backend, Compression, Condition, ErrorPage, Format, Frontend, Hash, HashTable, HttpOptions, Inspection,
    KeepAlive, LogTarget, Logging, Mode, Reply, Resource, Rule, Sample, Service, SetHeader, SyslogFormat,
    balance, format_piece, hash, health_check, log_target, reply, resource, rule, service, set_priority,
};

mod checks;
mod endpoints;
mod listeners;
mod tls;

/// What was found so far.
#[derive(Default)]
pub(super) struct Needs(pub(super) BTreeSet<Capability>);

impl Needs {
    pub(super) fn resource(&mut self, resource: &Resource) {
        match &resource.body {
            None => {}
            Some(resource::Body::Process(body)) => {
                self.word("kind.process");
                if body.http2.is_some() {
                    self.word("process.http2");
                }
            }
            Some(resource::Body::Listener(body)) => self.listener(body),
            Some(resource::Body::Frontend(body)) => self.frontend(body),
            Some(resource::Body::Route(body)) => {
                self.word("kind.route");
                self.condition(body.when.as_ref());
            }
            Some(resource::Body::Backend(body)) => self.backend(body),
            Some(resource::Body::Endpoint(body)) => self.endpoint(body),
            Some(resource::Body::Blob(blob)) => {
                self.word("kind.blob");
                if blob.secret {
                    self.word(SECRETS);
                }
            }
            Some(resource::Body::Patterns(_)) => self.word("kind.patterns"),
            Some(resource::Body::Cache(_)) => self.word("kind.cache"),
            Some(resource::Body::Resolvers(body)) => {
                self.word("kind.resolvers");
                if body.fresh_ms.is_some() {
                    self.word("resolvers.fresh");
                }
            }
        }
    }

    fn word(&mut self, word: &'static str) {
        self.0.insert(Capability::Borrowed(word));
    }

    fn named(&mut self, area: &str, name: &str) {
        self.0.insert(Capability::Owned(format!("{area}.{name}")));
    }

    fn frontend(&mut self, body: &Frontend) {
        self.word("kind.frontend");
        self.mode(body.mode);
        self.http(body.http.as_ref());
        self.logging(body.logging.as_ref());
        self.rules(&body.request_rules);
        self.rules(&body.response_rules);
        self.error_pages(&body.error_pages);
        if body.max_private_connections.is_some() {
            self.word("max-private-connections");
        }
        self.compression(body.compression.as_ref());
        self.inspection(body.inspection.as_ref());
    }

    fn inspection(&mut self, inspection: Option<&Inspection>) {
        if let Some(inspection) = inspection {
            self.word("tcp.inspect");
            self.rules(&inspection.rules);
        }
    }

    fn response_inspection(&mut self, inspection: Option<&Inspection>) {
        if let Some(inspection) = inspection {
            self.word("tcp.inspect-responses");
            self.rules(&inspection.rules);
        }
    }

    fn backend(&mut self, body: &Backend) {
        self.word("kind.backend");
        self.mode(body.mode);
        self.http(body.http.as_ref());
        self.rules(&body.request_rules);
        self.rules(&body.response_rules);
        self.inspection(body.inspection.as_ref());
        self.response_inspection(body.response_inspection.as_ref());
        self.error_pages(&body.error_pages);
        if !body.log_targets.is_empty() {
            self.word("log.backend");
            self.log_targets(&body.log_targets);
        }
        if body.log_probes {
            self.word("log.probes");
        }
        match body.balance.as_ref().and_then(|balance| balance.algorithm.as_ref()) {
            None => {}
            Some(balance::Algorithm::RoundRobin(_)) => self.word("balance.round_robin"),
            Some(balance::Algorithm::StaticRoundRobin(_)) => self.word("balance.static_round_robin"),
            Some(balance::Algorithm::LeastConnections(_)) => self.word("balance.least_connections"),
            Some(balance::Algorithm::First(_)) => self.word("balance.first"),
            Some(balance::Algorithm::Random(_)) => self.word("balance.random"),
            Some(balance::Algorithm::PeakEwma(_)) => self.word("balance.peak_ewma"),
            Some(balance::Algorithm::Hash(body)) => {
                self.word("balance.hash");
                self.hash(body);
                if let Some(hash::Key::Sample(sample)) = &body.key {
                    self.sample(Some(sample));
                }
            }
        }
        self.persistence(body);
        self.compression(body.compression.as_ref());
        match body.check.as_ref().and_then(|check| check.probe.as_ref()) {
            None => {}
            Some(health_check::Probe::Tcp(_)) => self.word("probe.tcp"),
            Some(health_check::Probe::Http(probe)) => {
                self.word("probe.http");
                self.request(probe);
            }
            Some(health_check::Probe::Script(script)) => {
                self.word("probe.script");
                script.steps.iter().for_each(|step| self.check_step(step));
            }
            Some(health_check::Probe::Program(_)) => self.word(PROGRAMS),
            Some(health_check::Probe::Grpc(_)) => self.word("probe.grpc"),
        }
    }

    fn compression(&mut self, body: Option<&Compression>) {
        if let Some(body) = body {
            self.word("http.compression");
            if body.requests.is_some() {
                self.word("http.request-compression");
            }
        }
    }

    fn hash(&mut self, body: &Hash) {
        if body.table == HashTable::Maglev as i32 {
            self.word("balance.maglev");
        }
        if body.affinity.is_some() {
            self.word("balance.affinity");
        }
        if body.in_body {
            self.word("balance.in-body");
        }
        if matches!(body.key, Some(hash::Key::RdpCookie(_))) {
            self.word("balance.rdp-cookie");
        }
    }

    /// What takes requests past the balance, and what becomes of those that fail.
    fn persistence(&mut self, body: &Backend) {
        if body.cookie.is_some() {
            self.word("persistence.cookie");
        }
        if !body.rdp_cookie.is_empty() {
            self.word("persistence.rdp-cookie");
        }
        if body.prefer_last {
            self.word("persistence.prefer-last");
        }
        for rule in &body.persistence_rules {
            self.word("persistence.rule");
            self.condition(rule.when.as_ref());
        }
        for assignment in &body.assignments {
            self.word("persistence.assignment");
            self.condition(assignment.when.as_ref());
            self.format(assignment.endpoint.as_ref());
        }
        if body.retry_on.is_some() {
            self.word("retry-on");
        }
        if body.hold.is_some() {
            self.word("hold");
        }
        if body.reuse.is_some() {
            self.word("http-reuse");
        }
        if body.outlier_ejection.is_some() {
            self.word("outlier-ejection");
        }
        if body.max_keep_alive_queue.is_some() {
            self.word("persistence.max-keep-alive-queue");
        }
        if body.abort_on_close {
            self.word("abort-on-close");
        }
    }

    fn socket(&mut self, user_timeout_ms: u64, keep_alive: Option<&KeepAlive>) {
        if user_timeout_ms > 0 {
            self.word("socket.user-timeout");
        }
        if keep_alive.is_some() {
            self.word("socket.keep-alive");
        }
    }

    fn mode(&mut self, mode: i32) {
        match Mode::try_from(mode) {
            Ok(Mode::Http) => self.word("mode.http"),
            Ok(Mode::Tcp) => self.word("mode.tcp"),
            Ok(Mode::Udp) => self.word("mode.udp"),
            Ok(Mode::Unspecified) | Err(_) => {}
        }
    }

    fn http(&mut self, options: Option<&HttpOptions>) {
        if options.is_some_and(|options| options.forwarded_for.is_some()) {
            self.word("forwarded-for");
        }
    }

    fn logging(&mut self, logging: Option<&Logging>) {
        let Some(logging) = logging else { return };
        self.format(logging.format.as_ref());
        if logging.at_start {
            self.word("log.at-start");
        }
        if logging.errors_only || logging.separate_errors {
            self.word("log.errors");
        }
        if logging.structured_data.is_some() {
            self.word("log.structured-data");
            self.format(logging.structured_data.as_ref());
        }
        self.log_targets(&logging.targets);
    }

    fn log_targets(&mut self, targets: &[LogTarget]) {
        for target in targets {
            self.word("log");
            match &target.address {
                None => {}
                Some(log_target::Address::Ip(_)) => self.word("address.ip"),
                Some(log_target::Address::Unix(_)) => self.word("address.unix"),
                Some(log_target::Address::Descriptor(_)) => self.word("address.descriptor"),
                Some(log_target::Address::Host(_)) => self.word("address.host"),
                Some(log_target::Address::Stream(_)) => self.word("log.stream"),
            }
            if target.format >= SyslogFormat::Priority.into() {
                self.word("log.format");
            }
            if target.sample.is_some() {
                self.word("log.sample");
            }
        }
    }

    fn error_pages(&mut self, pages: &[ErrorPage]) {
        if !pages.is_empty() {
            self.word("error-page");
        }
    }

    fn rules(&mut self, rules: &[Rule]) {
        for rule in rules {
            self.condition(rule.when.as_ref());
            match &rule.action {
                None => {}
                Some(rule::Action::Return(body)) => self.reply("action.return", body),
                Some(rule::Action::Deny(body)) => self.reply("action.deny", body),
                Some(rule::Action::Redirect(body)) => {
                    self.word("action.redirect");
                    self.format(body.target.as_ref());
                }
                Some(rule::Action::SetHeader(body)) => self.header("action.set-header", body),
                Some(rule::Action::AddHeader(body)) => self.header("action.add-header", body),
                Some(rule::Action::DeleteHeader(body)) => {
                    self.word("action.del-header");
                    self.matching(body.r#match);
                }
                Some(rule::Action::Allow(_)) => self.word("action.allow"),
                Some(rule::Action::Rewrite(body)) => {
                    self.word("action.rewrite");
                    self.format(body.value.as_ref());
                }
                Some(rule::Action::Normalize(_)) => self.word("action.normalize"),
                Some(rule::Action::SetStatus(_)) => self.word("action.set-status"),
                Some(rule::Action::Service(body)) => self.service(body),
                Some(rule::Action::SetPriority(body)) => {
                    self.word("action.set-priority");
                    match &body.part {
                        None => {}
                        Some(set_priority::Part::Class(sample) | set_priority::Part::Offset(sample)) => {
                            self.sample(Some(sample));
                        }
                    }
                }
                Some(rule::Action::DisableRetries(_)) => self.word("action.disable-retries"),
                Some(rule::Action::SwitchToHttp(_)) => self.word("action.switch-to-http"),
                Some(rule::Action::CloseEndpoint(_)) => self.word("action.close-endpoint"),
                Some(rule::Action::UseCache(_)) => self.word("action.use-cache"),
                Some(rule::Action::StoreInCache(_)) => self.word("action.store-in-cache"),
                Some(rule::Action::SetRetries(sample)) => {
                    self.word("action.set-retries");
                    self.sample(Some(sample));
                }
            }
        }
    }

    fn service(&mut self, service: &Service) {
        self.word("action.service");
        let Some(service::Kind::Stats(page)) = &service.kind else { return };
        if !page.admin.is_empty() {
            self.word("stats.admin");
        }
        page.admin.iter().for_each(|condition| self.condition(Some(condition)));
    }

    fn reply(&mut self, action: &'static str, reply: &Reply) {
        self.word(action);
        if let Some(reply::Content::Formatted(format)) = &reply.content {
            self.format(Some(format));
        }
        for header in &reply.headers {
            self.format(header.value.as_ref());
        }
    }

    fn header(&mut self, action: &'static str, header: &SetHeader) {
        self.word(action);
        self.format(header.value.as_ref());
    }

    fn condition(&mut self, condition: Option<&Condition>) {
        for test in condition.into_iter().flat_map(|condition| &condition.tests) {
            self.matching(test.r#match);
            self.sample(test.sample.as_ref());
        }
    }

    fn matching(&mut self, number: i32) {
        if let Some((_, word)) = MATCHES.iter().find(|(known, _)| *known as i32 == number) {
            self.named("match", word);
        }
    }

    fn sample(&mut self, sample: Option<&Sample>) {
        let Some(sample) = sample else { return };
        if let Some(call) = &sample.fetch {
            let spec = catalog::fetch(&call.name).or_else(|| catalog::check_fetch(&call.name));
            let canonical = spec.map_or(call.name.as_str(), |spec| spec.canonical);
            self.named("fetch", canonical);
        }
        for call in &sample.converters {
            self.named("convert", &call.name);
        }
    }

    fn format(&mut self, format: Option<&Format>) {
        for piece in format.into_iter().flat_map(|format| &format.pieces) {
            match &piece.piece {
                None | Some(format_piece::Piece::Literal(_)) => {}
                Some(format_piece::Piece::Alias(name)) => self.named("alias", name),
                Some(format_piece::Piece::Sample(sample)) => self.sample(Some(sample)),
            }
        }
    }
}
