//! Scripts of checks.

mod expect;
mod formula;
mod program;
mod request;

use std::num::NonZeroU16;

use sluicegate_health::script::{Action, Bytes, Connect, Expect, Pattern, Script, Setting, Step};
use sluicegate_proto::build::is_authority;
use sluicegate_proto::limits::{MAX_CHECK_BYTES, MAX_CHECK_STEPS};
use sluicegate_proto::v1;

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use super::{address, tls};
use crate::check::Formulas;
use formula::Made;

/// What a server of gRPC is called where nothing is said.
const LOCALHOST: &str = "localhost";
/// Conditions of one variable.
const MAX_CONDITIONS: usize = 8;

/// A backend that says nothing of checks has its endpoints probed by a connection, where they are probed.
pub(super) fn script(wire: Option<&v1::HealthCheck>, scope: &mut Scope<'_>) -> Option<(Script, Formulas)> {
    let mut made = Made::default();
    let script = probe(wire, scope, &mut made)?;
    let formulas = made.formulas();
    Some((Script { formulas: formulas.0.len(), ..script }, formulas))
}

fn probe(wire: Option<&v1::HealthCheck>, scope: &mut Scope<'_>, made: &mut Made) -> Option<Script> {
    use v1::health_check::Probe;
    match wire.map(|check| check.probe.as_ref()) {
        None | Some(Some(Probe::Tcp(_))) => Some(Script::opening()),
        Some(None) => scope.fault(Fault::Unset("probe")),
        Some(Some(Probe::Http(http))) => exchange(http, scope, made),
        Some(Some(Probe::Script(script))) => steps(script, scope, made),
        Some(Some(Probe::Program(program))) => program::program(program, scope).map(Script::running),
        Some(Some(Probe::Grpc(grpc))) => self::grpc(grpc, scope),
    }
}

/// One request, and a look at the status.
fn exchange(wire: &v1::HttpProbe, scope: &mut Scope<'_>, made: &mut Made) -> Option<Script> {
    let request = request::request(wire, scope, made);
    let expected = expect::statuses(&wire.expected, scope);
    let step = |action| Step { number: 1, comment: "".into(), action };
    let mut script = Script { http: true, ..Script::opening() };
    script.steps.push(step(Action::Request(request?)));
    script.steps.push(step(Action::Expect(Box::new(Expect::new(Pattern::Status(expected?))))));
    Some(script)
}

/// A call, and a look at what is said of the service.
fn grpc(wire: &v1::GrpcProbe, scope: &mut Scope<'_>) -> Option<Script> {
    let service = scope.text("service", &wire.service);
    let authority = scope.text("authority", &wire.authority)?;
    if let Some(name) = authority.as_deref().filter(|name| !is_authority(name)) {
        return scope.fault(Fault::Character { what: "authority", value: name.to_owned() });
    }
    Some(Script::asking_grpc(&service?.unwrap_or_default(), authority.as_deref().unwrap_or(LOCALHOST)))
}

fn steps(wire: &v1::CheckScript, scope: &mut Scope<'_>, made: &mut Made) -> Option<Script> {
    scope.count("steps", wire.steps.len(), MAX_CHECK_STEPS)?;
    let steps = scope.each("step", &wire.steps, |scope, wire| step(wire, scope, made))?;
    let first = steps.iter().find(|step| step.is_exchange());
    if !first.is_some_and(|step| matches!(step.action, Action::Connect(_))) {
        return scope.fault(Fault::NoConnection);
    }
    for (index, step) in steps.iter().enumerate() {
        let fits = match &step.action {
            Action::Connect(connect) => wire.http || !connect.http2,
            Action::Set(_) | Action::Unset(_) => true,
            Action::Send(_) | Action::SendMade { .. } => !wire.http,
            Action::Request(_) => wire.http,
            Action::Expect(expect) => expect::fits(expect, wire.http),
            Action::HearAgent | Action::Run(_) => false,
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
        formulas: 0,
    })
}

fn step(wire: &v1::CheckStep, scope: &mut Scope<'_>, made: &mut Made) -> Option<Step> {
    use v1::check_step::Action as Wire;
    let comment = scope.text("comment", &wire.comment);
    let action = match &wire.action {
        None => scope.fault(Fault::Unset("action")),
        Some(Wire::Connect(connect)) => self::connect(connect, scope, made).map(Action::Connect),
        Some(Wire::Send(send)) => self::send(send, scope, made),
        Some(Wire::Request(request)) => request::request(request, scope, made).map(Action::Request),
        Some(Wire::Expect(expect)) => {
            expect::expect(expect, scope, made).map(|it| Action::Expect(Box::new(it)))
        }
        Some(Wire::Set(set)) => setting(set, scope, made).map(|it| Action::Set(Box::new(it))),
        Some(Wire::Unset(name)) => formula::variable(name, scope).map(Action::Unset),
    };
    Some(Step { number: wire.number, comment: comment?.unwrap_or_default(), action: action? })
}

fn connect(wire: &v1::CheckConnect, scope: &mut Scope<'_>, made: &mut Made) -> Option<Connect> {
    let address =
        optional(wire.address.as_ref(), |wire| scope.at("address", |scope| address::socket(wire, 0, scope)))?;
    let said = address::port(wire.port, 0, scope)?;
    let made_port = optional(wire.made_port.as_ref(), |sample| made.value(sample, scope));
    let server_name = scope.text("server_name", &wire.server_name);
    let protocols = tls::protocol_names(&wire.protocols, scope);
    Some(Connect {
        address: address.map(|address| address.ip()),
        port: NonZeroU16::new(said).or_else(|| NonZeroU16::new(address?.port())),
        linger: wire.linger,
        send_proxy: wire.send_proxy,
        as_endpoint: wire.as_endpoint,
        http2: wire.http2,
        made_port: made_port?,
        tls: wire.tls,
        server_name: server_name?,
        protocols: protocols?.into(),
        udp: wire.udp,
    })
}

fn setting(wire: &v1::SetCheckVariable, scope: &mut Scope<'_>, made: &mut Made) -> Option<Setting> {
    use v1::set_check_variable::Value;
    let name = formula::variable(&wire.name, scope);
    scope.count("when", wire.when.len(), MAX_CONDITIONS)?;
    let when = scope.each("when", &wire.when, |scope, known| formula::when(*known, scope));
    let (formula, is_format) = match &wire.value {
        None => scope.fault(Fault::Unset("value"))?,
        Some(Value::Sample(sample)) => (made.value(sample, scope)?, false),
        Some(Value::Format(format)) => (made.format(format, scope)?, true),
    };
    Some(Setting { name: name?, when: when?.into(), formula, is_format })
}

fn send(wire: &v1::CheckSend, scope: &mut Scope<'_>, made: &mut Made) -> Option<Action> {
    match &wire.made {
        None => bytes(wire, scope).map(Action::Send),
        Some(format) => {
            let formula = made.format(format, scope)?;
            Some(Action::SendMade { formula, hexadecimal: wire.hexadecimal })
        }
    }
}

fn bytes(wire: &v1::CheckSend, scope: &mut Scope<'_>) -> Option<Bytes> {
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
