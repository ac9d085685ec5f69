//! `acl` and `use_backend`.

use sluicegate_proto::v1::{self, Kind, resource::Body};

use super::Lowering;
use super::condition::both;
use super::proxy::Proxy;
use super::reference::Target;
use super::report::texts;
use super::settings::Lines;
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

    /// Emits the routes of a frontend. `otherwise` is where that goes for which a line works out a name that no backend
    /// has: the lines below it are not asked then (HAProxy).
    pub(super) fn routes(&mut self, proxy: &Proxy<'_, 'a>, otherwise: Option<&'a str>) {
        let otherwise = otherwise.unwrap_or(Target::Nowhere.name());
        let mut count = 0;
        let mut lines = proxy.lines.own("use_backend").peekable();
        while let Some(line) = lines.next() {
            let (Some(word), condition) = (line.args().first(), line.args().get(1)) else { continue };
            let (mut when, mut open) = (None, None);
            if condition.is_some() {
                let scope = proxy.request_scope();
                self.reader.stand_at(line.span);
                let bounds = self.reader.condition(&texts(line.args()), 1, &proxy.acls, scope);
                self.expression_findings(line.args(), line.span);
                let Some(bounds) = bounds else { continue };
                (when, open) = self.settled_route(line, &bounds);
            }
            // Only what is open is left of the line where nothing is sure.
            let sure = when.is_some() || condition.is_none();
            let mut named: Vec<(&str, Option<v1::Condition>)> = if is_dynamic(word) {
                match self.backends_named(line, word, proxy) {
                    // It may be any.
                    None => vec![(Target::Nowhere.name(), when)],
                    Some(named) => {
                        let rest =
                            (lines.peek().is_some() && !named.is_empty()).then(|| (otherwise, when.clone()));
                        let named = named.into_iter().map(|(name, is)| (name, both(when.clone(), Some(is))));
                        named.chain(rest).collect()
                    }
                }
            } else {
                self.backend_reference(word, proxy).map(|target| (target.name(), when)).into_iter().collect()
            };
            if !sure {
                named.clear();
            }
            named.extend(open.map(|open| (Target::Nowhere.name(), Some(open))));
            for (backend, when) in named {
                count += 1;
                let route = v1::Route {
                    frontend: Some(self.id(Kind::Frontend, proxy.name)),
                    when,
                    backend: Some(self.id(Kind::Backend, backend)),
                };
                let name = format!("{}/{count:04}", proxy.name);
                self.emit(name, line.span, count, Body::Route(route));
            }
        }
    }
}

/// Whether a backend's name is worked out for each request.
pub(super) fn is_dynamic(word: &Word) -> bool {
    word.text().contains('%')
}
