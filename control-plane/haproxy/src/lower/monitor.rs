//! `monitor-uri` and `monitor fail`: requests that the proxy answers itself, before all rules.

use sluicegate_proto::v1::{self, Match, reply::Content, rule::Action};

use super::Lowering;
use super::condition::{both, either};
use super::doubt::Stake;
use super::http_rule::{Rules, refusal};
use super::report::texts;
use super::settings::Lines;
use crate::expr::{Acls, Scope};

impl<'a> Lowering<'a> {
    /// Puts the two answers in front of the rules for requests.
    pub(super) fn monitor(&mut self, lines: &Lines<'a>, acls: &Acls, rules: &mut Rules) {
        let Some(line) = lines.last("monitor-uri") else { return };
        let Some(uri) = line.args().first() else { return };
        let origin = self.origin(line.span);
        let asked = is_target(uri.text());
        let ready = v1::Reply {
            status: 200,
            content_type: "text/html".into(),
            content: Some(Content::Text(READY.into())),
            ..v1::Reply::default()
        };
        let mut failed: Option<v1::Condition> = None;
        for line in lines.own("monitor fail") {
            self.reader.stand_at(line.span);
            let when = self.reader.condition(&texts(line.args()), 0, acls, Scope::REQUEST);
            self.expression_findings(line.args(), line.span);
            let when = when.map(|when| self.settled(line, &when, Stake::Refuses));
            failed = match (failed, when) {
                (Some(above), Some(when)) => Some(either(above, when)),
                (above, when) => above.or(when),
            };
        }
        let rule = |when, action| v1::Rule { when, action: Some(action) };
        rules.request.put_first((rule(Some(asked.clone()), Action::Return(ready)), origin.clone()));
        if let Some(failed) = failed {
            let when = both(Some(asked), Some(failed));
            rules.request.put_first((rule(when, Action::Deny(refusal(503))), origin));
        }
    }
}

/// What HAProxy answers, in its words.
const READY: &str = "<html><body><h1>200 OK</h1>\nService ready.\n</body></html>\n";

/// Whether the request is for exactly this target.
fn is_target(uri: &str) -> v1::Condition {
    let call = v1::Call { name: "url".into(), arguments: Vec::new() };
    let test = v1::Test {
        sample: Some(v1::Sample { fetch: Some(call), converters: Vec::new() }),
        r#match: Match::Str.into(),
        patterns: vec![uri.to_owned().into()],
        ..v1::Test::default()
    };
    v1::Condition { tests: vec![test], ops: vec![v1::Op { op: Some(v1::op::Op::Test(0)) }] }
}
