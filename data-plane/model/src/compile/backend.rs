//! Backends.

use std::num::{NonZeroI32, NonZeroU32};
use std::sync::Arc;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1;

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use super::{balance, check, compression, frontend, inspection, logging, outlier, persistence, rule};
use crate::backend::{BackendSettings, Hold, Reuse};
use crate::frontend::Mode;

/// More attempts than this are a typing error.
const MAX_RETRIES: i64 = 1_000;

pub(super) fn backend(key: &ObjectKey, wire: &v1::Backend, scope: &mut Scope<'_>) -> Option<BackendSettings> {
    let mode = frontend::mode(wire.mode, scope);
    let timeouts = frontend::timeouts(wire.timeouts.as_ref(), scope);
    let balance = scope.at("balance", |scope| balance::balance(wire.balance.as_ref(), mode, scope));
    let http = frontend::http_options(wire.http.as_ref(), scope);
    let probe = scope.at("check", |scope| check::script(wire.check.as_ref(), scope));
    let retries = scope.range("retries", wire.retries, 0, MAX_RETRIES);
    let retry_on = optional(wire.retry_on.as_ref(), |wire| {
        scope.at("retry_on", |scope| persistence::retry_on(wire, scope))
    });
    let persistence = persistence::persistence(wire, mode, scope);
    let hold = optional(wire.hold.as_ref(), |wire| scope.at("hold", |scope| hold(wire, mode, scope)));
    let reuse = optional(wire.reuse, |known| reuse(known, mode, scope));
    let outlier = optional(wire.outlier_ejection.as_ref(), |wire| {
        scope.at("outlier_ejection", |scope| outlier::rule(wire, scope))
    });
    let redispatch = optional(wire.redispatch.as_ref(), |redispatch| {
        let interval = NonZeroI32::new(redispatch.interval);
        interval.or_else(|| scope.fault(Fault::Unset("redispatch.interval")))
    });
    let (request_origins, response_origins) = scope.rule_origins();
    let request_rules = rule::list("request rule", &wire.request_rules, request_origins, scope);
    let response_rules = rule::responses(&wire.response_rules, response_origins, scope);
    let inspection = inspection::inspection(wire.inspection.as_ref(), mode, inspection::of_backend, scope);
    let response_inspection = inspection::of_responses(wire.response_inspection.as_ref(), mode, scope);
    let compression = compression::compression(wire.compression.as_ref(), mode, scope);
    let error_pages = rule::error_pages(&wire.error_pages, scope);
    let log_targets = scope.at("log_targets", |scope| logging::targets(&wire.log_targets, scope));
    let description = scope.text("description", &wire.description);
    let (script, formulas) = probe?;
    Some(BackendSettings {
        key: key.clone(),
        origin: scope.origin(),
        mode: mode?,
        timeouts: timeouts?,
        balance: balance?,
        http: http?,
        probe: Arc::new(script),
        formulas: Arc::new(formulas),
        retries: u32::try_from(retries?).ok()?,
        retry_on: retry_on?.map(Box::new),
        redispatch: redispatch?,
        request_rules: request_rules?,
        response_rules: response_rules?,
        inspection: inspection?,
        response_inspection: response_inspection?,
        compression: compression?,
        error_pages: error_pages?,
        all_backups: wire.all_backups,
        persistence: persistence?,
        full_connections: NonZeroU32::new(wire.full_connections),
        hold: hold?,
        reuse: reuse?.unwrap_or_default(),
        outlier: outlier?.map(Box::new),
        abort_on_close: wire.abort_on_close,
        disabled: wire.disabled,
        log_targets: log_targets?,
        log_probes: wire.log_probes,
        number: NonZeroU32::new(wire.number),
        description: description?,
    })
}

fn reuse(wire: i32, mode: Option<Mode>, scope: &mut Scope<'_>) -> Option<Reuse> {
    let reuse = match scope.known("reuse", wire)? {
        v1::Reuse::Unspecified => return scope.fault(Fault::Unset("reuse")),
        v1::Reuse::Aggressive => Reuse::Aggressive,
        v1::Reuse::Safe => Reuse::Safe,
        v1::Reuse::Never => Reuse::Never,
    };
    match mode {
        Some(Mode::Tcp) => scope.fault(Fault::Meaningless { what: "reuse in TCP mode" }),
        Some(Mode::Udp) => scope.fault(Fault::Meaningless { what: "reuse in UDP mode" }),
        _ => Some(reuse),
    }
}

fn hold(wire: &v1::Hold, mode: Option<Mode>, scope: &mut Scope<'_>) -> Option<Hold> {
    if mode == Some(Mode::Udp) {
        return scope.fault(Fault::Meaningless { what: "waiting in UDP mode" });
    }
    let wait = scope.milliseconds("wait_ms", wire.wait_ms);
    let max = match NonZeroU32::new(wire.max) {
        None => scope.fault(Fault::Unset("max")),
        max => max,
    };
    Some(Hold { wait: wait?, max: max? })
}
