//! `enable`, `disable` and `shutdown frontend`.

use sluicegate_core::overrides::{Field, FrontendState, Value};

use crate::answer::{Answer, Outcome};
use crate::view::View;

pub(super) fn set(view: &View<'_>, name: &str, to: FrontendState) -> Result<Outcome, Answer> {
    let frontend = view.frontend(name).ok_or_else(|| Answer::error("No such frontend."))?;
    let shut = Value::Frontend(FrontendState::Shutdown);
    let is_shut = view.overrides.value(frontend.key(), Field::Frontend) == Some(&shut);
    let refusal = match (to, frontend.settings.disabled) {
        (FrontendState::Enabled, _) if is_shut => "Frontend was previously shut down, cannot enable.",
        (FrontendState::Disabled, _) if is_shut => "Frontend was previously shut down, cannot disable.",
        (FrontendState::Shutdown, _) if is_shut => "Frontend was already shut down.",
        (FrontendState::Enabled, false) => "All sockets are already enabled.",
        (FrontendState::Disabled, true) => "All sockets are already disabled.",
        _ => return Ok(Outcome::Set(vec![(frontend.key().clone(), Value::Frontend(to))], Answer::done())),
    };
    Err(Answer::error(refusal))
}
