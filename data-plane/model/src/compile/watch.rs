//! What makes a health beside probes, and where it begins.

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;

use sluicegate_health::Script;
use sluicegate_proto::limits::MAX_CHECK_BYTES;
use sluicegate_proto::v1;

use super::address;
use super::endpoint::forced_health;
use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use crate::agent::Agent;
use crate::endpoint::Initial;
use crate::observation::{Layer, Observation, OnError};

pub(super) fn observation(wire: &v1::Observation, scope: &mut Scope<'_>) -> Option<Observation> {
    let layer = match scope.known("layer", wire.layer) {
        Some(v1::ObservedLayer::Connections) => Some(Layer::Connections),
        Some(v1::ObservedLayer::Answers) => Some(Layer::Answers),
        Some(v1::ObservedLayer::Unspecified) => scope.fault(Fault::Unset("layer")),
        None => None,
    };
    let on_error = match scope.known("on_error", wire.on_error) {
        Some(v1::OnError::ProbeSoon) => Some(OnError::ProbeSoon),
        Some(v1::OnError::FailCheck) => Some(OnError::FailCheck),
        Some(v1::OnError::SuddenDeath) => Some(OnError::SuddenDeath),
        Some(v1::OnError::MarkDown) => Some(OnError::MarkDown),
        Some(v1::OnError::Unspecified) => scope.fault(Fault::Unset("on_error")),
        None => None,
    };
    let limit = scope.range("error_limit", wire.error_limit, 1, i32::MAX.into());
    limit?;
    Some(Observation { layer: layer?, error_limit: NonZeroU32::new(wire.error_limit)?, on_error: on_error? })
}

pub(super) fn agent(
    wire: &v1::Agent,
    own: Option<&v1::endpoint::Address>,
    scope: &mut Scope<'_>,
) -> Option<Agent> {
    let address =
        optional(wire.address.as_ref(), |wire| scope.at("address", |scope| address::socket(wire, 0, scope)));
    if wire.address.is_none() && matches!(own, Some(v1::endpoint::Address::Unix(_))) {
        return scope.fault(Fault::Unset("address"));
    }
    let port = address::port(wire.port, 1, scope);
    let interval = scope.milliseconds("interval_ms", wire.interval_ms);
    let (what, bytes, limit) = ("send", wire.send.len(), MAX_CHECK_BYTES);
    if bytes > limit {
        return scope.fault(Fault::TooLong { what, bytes, limit });
    }
    let forced = optional(wire.forced_health.as_ref(), |wire| {
        scope.at("forced_health", |scope| forced_health(wire, scope))
    });
    Some(Agent {
        address: address?,
        port: NonZeroU16::new(port?)?,
        interval: interval?,
        script: Arc::new(Script::asking_agent(&wire.send)),
        paused: wire.paused,
        forced: forced?,
    })
}

pub(super) fn initial(number: i32, scope: &mut Scope<'_>) -> Option<Initial> {
    if number == v1::InitialState::Unspecified as i32 {
        return Some(Initial::Up);
    }
    Some(match scope.known("initial", number)? {
        v1::InitialState::Unspecified | v1::InitialState::Up => Initial::Up,
        v1::InitialState::FullyUp => Initial::FullyUp,
        v1::InitialState::Down => Initial::Down,
        v1::InitialState::FullyDown => Initial::FullyDown,
    })
}
