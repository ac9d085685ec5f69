//! Rules over the first bytes of a connection.

use sluicegate_proto::v1::{self, Origin};

use super::part::optional;
use super::reason::Fault;
use super::rule;
use super::scope::Scope;
use crate::frontend::Mode;
use crate::inspection::Inspection;
use crate::rule::Action;

/// That of a frontend, which alone may turn a connection into HTTP, or of a backend.
pub(super) fn inspection<'a>(
    wire: Option<&v1::Inspection>,
    mode: Option<Mode>,
    takes: fn(&Action) -> bool,
    scope: &mut Scope<'a>,
) -> Option<Option<Box<Inspection>>> {
    let origins: &'a [Origin] = scope.inspection_origins();
    looking(("inspection rule", wire), mode, (origins, takes), scope)
}

/// That of what endpoints say first.
pub(super) fn of_responses<'a>(
    wire: Option<&v1::Inspection>,
    mode: Option<Mode>,
    scope: &mut Scope<'a>,
) -> Option<Option<Box<Inspection>>> {
    let origins: &'a [Origin] = scope.response_inspection_origins();
    let takes = |action: &Action| matches!(action, Action::Allow | Action::Deny(_) | Action::CloseEndpoint);
    looking(("response inspection rule", wire), mode, (origins, takes), scope)
}

fn looking<'a>(
    (what, wire): (&'static str, Option<&v1::Inspection>),
    mode: Option<Mode>,
    rules: (&'a [Origin], fn(&Action) -> bool),
    scope: &mut Scope<'a>,
) -> Option<Option<Box<Inspection>>> {
    let Some(wire) = wire else { return Some(None) };
    let meaningless = match mode {
        Some(Mode::Http) => Some("inspection in HTTP mode"),
        Some(Mode::Udp) => Some("inspection in UDP mode"),
        Some(Mode::Tcp) | None => None,
    };
    if let Some(what) = meaningless {
        return scope.fault(Fault::Meaningless { what });
    }
    let delay =
        optional((wire.delay_ms > 0).then_some(wire.delay_ms), |ms| scope.milliseconds("delay_ms", ms));
    let rules = rule::list_of(what, &wire.rules, rules, scope);
    Some(Some(Box::new(Inspection::new(delay?, rules?))))
}

/// What the rules of a backend may do.
pub(super) fn of_backend(action: &Action) -> bool {
    matches!(action, Action::Allow | Action::Deny(_) | Action::SetPriority(_))
}

/// What the rules of a frontend may do.
pub(super) fn of_frontend(action: &Action) -> bool {
    of_backend(action) || matches!(action, Action::SwitchToHttp)
}
