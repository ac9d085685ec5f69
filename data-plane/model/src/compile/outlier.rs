//! When endpoints are ejected.

use std::num::NonZeroU32;
use std::time::Duration;

use sluicegate_proto::limits::{
    MAX_DURATION_MS, MAX_ENDPOINTS_COMPARED, MAX_STDEV_THOUSANDTHS, MIN_EJECTION_MS,
};
use sluicegate_proto::v1;

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use crate::outlier::{OutlierRule, SuccessRate};

pub(super) fn rule(wire: &v1::OutlierEjection, scope: &mut Scope<'_>) -> Option<OutlierRule> {
    let interval = span("interval_ms", wire.interval_ms, MIN_EJECTION_MS, scope);
    let base = span("base_ejection_ms", wire.base_ejection_ms, MIN_EJECTION_MS, scope);
    let longest =
        base.and_then(|_| span("max_ejection_ms", wire.max_ejection_ms, wire.base_ejection_ms, scope));
    let percent = scope.range("max_ejected_percent", wire.max_ejected_percent, 1, 100);
    let compared = optional(wire.success_rate.as_ref(), |wire| {
        scope.at("success_rate", |scope| success_rate(wire, scope))
    });
    let (failures, gateway_failures) =
        (NonZeroU32::new(wire.consecutive_failures), NonZeroU32::new(wire.consecutive_gateway_failures));
    if failures.or(gateway_failures).is_none() && wire.success_rate.is_none() {
        return scope.fault(Fault::Unset("consecutive_failures"));
    }
    Some(OutlierRule {
        failures,
        gateway_failures,
        interval: interval?,
        base: base?,
        longest: longest?,
        most_percent: u32::try_from(percent?).ok()?,
        success_rate: compared?,
    })
}

fn success_rate(wire: &v1::SuccessRate, scope: &mut Scope<'_>) -> Option<SuccessRate> {
    let hosts = scope.range("minimum_hosts", wire.minimum_hosts, 2, MAX_ENDPOINTS_COMPARED);
    let volume = scope.range("request_volume", wire.request_volume, 1, u32::MAX.into());
    let factor =
        scope.range("stdev_factor_thousandths", wire.stdev_factor_thousandths, 1, MAX_STDEV_THOUSANDTHS);
    Some(SuccessRate {
        minimum_hosts: NonZeroU32::new(u32::try_from(hosts?).ok()?)?,
        request_volume: NonZeroU32::new(u32::try_from(volume?).ok()?)?,
        factor_thousandths: u32::try_from(factor?).ok()?,
    })
}

fn span(what: &'static str, ms: u64, least: u64, scope: &mut Scope<'_>) -> Option<Duration> {
    let number = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
    scope.range(what, number(ms), number(least), number(MAX_DURATION_MS))?;
    Some(Duration::from_millis(ms))
}
