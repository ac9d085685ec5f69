//! The half of a proxy that takes connections.

use sluicegate_proto::v1::{self, Kind, resource::Body};

use super::Lowering;
use super::http_rule::{RuleList, Rules};
use super::proxy::Proxy;
use super::reference::Target;
use super::routes::is_dynamic;
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

impl<'a> Lowering<'a> {
    /// Emits a frontend, its listeners and its routes, if the section has them.
    pub(super) fn frontend(&mut self, proxy: &Proxy<'_, 'a>) {
        if !proxy.takes_connections() {
            return;
        }
        self.enter(proxy.lines);
        self.binds(proxy);
        let default_backend = self.default_backend(proxy);
        let own = proxy.has_servers()
            && (proxy.lines.is_on("option transparent")
                || ["server", "server-template"].iter().any(|name| proxy.lines.own(name).next().is_some()));
        let default_backend = default_backend.or(own.then_some(proxy.name));
        self.routes(proxy, default_backend);
        let word = proxy.lines.last("maxconn").and_then(|line| line.args().first());
        let mut rules = if proxy.rules_behind { Rules::default() } else { proxy.rules.clone() };
        rules.answer = RuleList::default();
        let provenance = rules.provenance(self.origin(proxy.lines.section().span));
        let frontend = v1::Frontend {
            mode: proxy.mode.into(),
            timeouts: Some(self.frontend_timeouts(proxy)),
            max_connections: word.and_then(|word| self.number(word, 0..=u32::MAX)).unwrap_or_default(),
            logging: Some(self.logging(proxy)),
            http: (proxy.is_http() || proxy.switches()).then(|| proxy.http.clone()),
            request_rules: rules.request.rules,
            response_rules: rules.response.rules,
            inspection: self.inspection(proxy, rules.first.rules),
            default_backend: default_backend.map(|name| self.id(Kind::Backend, name)),
            error_pages: proxy.error_pages.clone(),
            disabled: proxy.disabled,
            number: proxy.number,
            paused: false,
            description: self.description(proxy.lines),
            max_private_connections: self.max_private_connections(proxy),
            compression: self.compression(proxy),
        };
        self.emit_from(provenance, proxy.name.into(), 0, Body::Frontend(frontend));
    }

    /// The backend of all that no route takes.
    fn default_backend(&mut self, proxy: &Proxy<'_, 'a>) -> Option<&'a str> {
        let word: &'a Word = proxy.lines.last("default_backend")?.args().first()?;
        if is_dynamic(word) {
            let message = "a default backend that is worked out for each request is not taken yet";
            let finding = Diagnostic::warning(Code::DegradedValue, word.span(), message);
            self.report(finding.label("what no other line takes is answered 503"));
            return None;
        }
        self.backend_reference(word, proxy).map(Target::name)
    }
}
