//! Scripts of checks.

mod expect;
mod request;

use std::num::NonZeroU16;

use sluicegate_health::script::{Action, Bytes, Connect, Expect, Pattern, Script, Step};
use sluicegate_proto::limits::{MAX_CHECK_BYTES, MAX_CHECK_STEPS};
use sluicegate_proto::v1;

use super::address;
use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;

/// A backend that says nothing of checks has its endpoints probed by a connection, where they are probed.
pub(super) fn script(wire: Option<&v1::HealthCheck>, scope: &mut Scope<'_>) -> Option<Script> {
    use v1::health_check::Probe;
    match wire.map(|check| check.probe.as_ref()) {
        None | Some(Some(Probe::Tcp(_))) => Some(Script::opening()),
        Some(None) => scope.fault(Fault::Unset("probe")),
        Some(Some(Probe::Http(http))) => exchange(http, scope),
        Some(Some(Probe::Script(script))) => steps(script, scope),
    }
}

/// One request, and a look at the status.
fn exchange(wire: &v1::HttpProbe, scope: &mut Scope<'_>) -> Option<Script> {
    let request = request::request(wire, scope);
    let expected = expect::statuses(&wire.expected, scope);
    let step = |action| Step { number: 1, comment: "".into(), action };
    let mut script = Script { http: true, ..Script::opening() };
    script.steps.push(step(Action::Request(request?)));
    script.steps.push(step(Action::Expect(Box::new(Expect::new(Pattern::Status(expected?))))));
    Some(script)
}

fn steps(wire: &v1::CheckScript, scope: &mut Scope<'_>) -> Option<Script> {
    scope.count("steps", wire.steps.len(), MAX_CHECK_STEPS)?;
    let steps = scope.each("step", &wire.steps, |scope, wire| step(wire, scope))?;
    if !steps.first().is_some_and(|step| matches!(step.action, Action::Connect(_))) {
        return scope.fault(Fault::NoConnection);
    }
    for (index, step) in steps.iter().enumerate() {
        let fits = match &step.action {
            Action::Connect(_) => true,
            Action::Send(_) => !wire.http,
            Action::Request(_) => wire.http,
            Action::Expect(expect) => expect::fits(expect, wire.http),
            Action::HearAgent => false,
        };
        if !fits {
            return scope.at(format!("step {}", index + 1), |scope| {
                scope.fault(Fault::Meaningless { what: "the step in this kind of script" })
            });
        }
    }
    Some(Script {
        steps,
        http: wire.http,
        explained: wire.explained,
        disable_on_404: wire.disable_on_404,
        send_state: wire.send_state,
    })
}

fn step(wire: &v1::CheckStep, scope: &mut Scope<'_>) -> Option<Step> {
    use v1::check_step::Action as Wire;
    let comment = scope.text("comment", &wire.comment);
    let action = match &wire.action {
        None => scope.fault(Fault::Unset("action")),
        Some(Wire::Connect(connect)) => self::connect(connect, scope).map(Action::Connect),
        Some(Wire::Send(send)) => self::send(send, scope).map(Action::Send),
        Some(Wire::Request(request)) => request::request(request, scope).map(Action::Request),
        Some(Wire::Expect(expect)) => expect::expect(expect, scope).map(|it| Action::Expect(Box::new(it))),
    };
    Some(Step { number: wire.number, comment: comment?.unwrap_or_default(), action: action? })
}

fn connect(wire: &v1::CheckConnect, scope: &mut Scope<'_>) -> Option<Connect> {
    let address =
        optional(wire.address.as_ref(), |wire| scope.at("address", |scope| address::socket(wire, 0, scope)))?;
    let said = address::port(wire.port, 0, scope)?;
    Some(Connect {
        address: address.map(|address| address.ip()),
        port: NonZeroU16::new(said).or_else(|| NonZeroU16::new(address?.port())),
        linger: wire.linger,
        send_proxy: wire.send_proxy,
        as_endpoint: wire.as_endpoint,
    })
}

fn send(wire: &v1::CheckSend, scope: &mut Scope<'_>) -> Option<Bytes> {
    bounded("data", &wire.data, scope)?;
    let unix_time_at = optional(wire.unix_time_at, |at| {
        let most = i64::try_from(wire.data.len()).unwrap_or(i64::MAX) - 4;
        scope.range("unix_time_at", at, 0, most)
    })?;
    Some(Bytes {
        data: wire.data[..].into(),
        unix_time_at: unix_time_at.and_then(|at| usize::try_from(at).ok()),
    })
}

fn bounded(what: &'static str, bytes: &[u8], scope: &mut Scope<'_>) -> Option<()> {
    let limit = MAX_CHECK_BYTES;
    if bytes.len() > limit {
        return scope.fault(Fault::TooLong { what, bytes: bytes.len(), limit });
    }
    Some(())
}
