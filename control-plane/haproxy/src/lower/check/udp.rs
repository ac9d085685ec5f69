//! `option udp-check`, which HAProxy does not have.

use sluicegate_proto::build::any_answer;
use sluicegate_proto::v1::{self, check_step::Action, health_check::Probe};

use super::super::Lowering;
use super::super::settings::Lines;
use crate::diagnostic::{Code, Diagnostic};

impl<'a> Lowering<'a> {
    /// `option udp-check`: what `tcp-check` lines send and expect, in datagrams. Without any, an empty datagram is sent, and
    /// an endpoint is down whose host says that nobody has the port.
    pub(super) fn udp_check(&mut self, lines: &Lines<'a>) -> Option<Probe> {
        let Probe::Script(mut script) = self.tcp_check(lines)? else { return None };
        let exchanges =
            script.steps.iter().any(|step| matches!(step.action, Some(Action::Send(_) | Action::Expect(_))));
        let step = |action| v1::CheckStep { number: 0, comment: String::new(), action: Some(action) };
        if !exchanges {
            script.steps.push(step(Action::Send(v1::CheckSend::default())));
        }
        let awaits = script.steps.iter().rev().find_map(|step| match step.action {
            Some(Action::Expect(_)) => Some(true),
            Some(Action::Send(_)) => Some(false),
            _ => None,
        });
        if awaits != Some(true) {
            script.steps.push(step(Action::Expect(any_answer())));
        }
        for step in &mut script.steps {
            if let Some(Action::Connect(connect)) = &mut step.action {
                if std::mem::take(&mut connect.send_proxy) {
                    let message = "a PROXY header is not sent with datagrams";
                    self.report(Diagnostic::error(Code::ModeMismatch, lines.section().name_span(), message));
                }
                connect.udp = true;
            }
        }
        script.explained = exchanges;
        Some(Probe::Script(script))
    }
}
