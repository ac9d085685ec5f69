//! `acl` and `use_backend`.

use sluicegate_proto::v1::{self, Kind, resource::Body};

use super::proxy::Proxy;
use super::report::texts;
use super::settings::Lines;
use super::{Lowering, id};
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::Acls;
use crate::word::Word;

impl<'a> Lowering<'a> {
    /// The ACLs of one section. They are not inherited.
    pub(super) fn acls(&mut self, lines: &Lines<'a>) -> Acls {
        let mut acls = Acls::default();
        for line in lines.own("acl") {
            self.reader.stand_at(line.span);
            self.reader.acl(&texts(line.args()), &mut acls);
            self.expression_findings(line.args(), line.span);
        }
        acls
    }

    /// Emits the routes of a frontend; gives the backends that they lead to.
    pub(super) fn routes(&mut self, proxy: &Proxy<'_, 'a>) -> Vec<&'a str> {
        let mut targets = Vec::new();
        for (index, line) in proxy.lines.own("use_backend").enumerate() {
            let (Some(word), condition) = (line.args().first(), line.args().get(1)) else { continue };
            let mut when = None;
            if condition.is_some() {
                let scope = proxy.request_scope();
                self.reader.stand_at(line.span);
                when = self.reader.condition(&texts(line.args()), 1, &proxy.acls, scope);
                self.expression_findings(line.args(), line.span);
                if when.is_none() {
                    continue;
                }
            }
            if self.dynamic_name(word) || !self.backend_reference(word, proxy) {
                continue;
            }
            targets.push(word.text());
            let route = v1::Route {
                frontend: Some(id(Kind::Frontend, proxy.name)),
                when,
                backend: Some(id(Kind::Backend, word.text())),
            };
            let name = format!("{}/{:04}", proxy.name, index + 1);
            self.emit(name, line.span, index + 1, Body::Route(route));
        }
        targets
    }

    /// Refuses a backend name that is worked out for each request.
    pub(super) fn dynamic_name(&mut self, word: &Word) -> bool {
        let dynamic = word.text().contains('%');
        if dynamic {
            self.report(
                Diagnostic::error(
                    Code::UnsupportedValue,
                    word.span(),
                    "backends that are chosen by an expression are not supported yet",
                )
                .help("write one `use_backend <name> if <condition>` for each backend"),
            );
        }
        dynamic
    }
}
