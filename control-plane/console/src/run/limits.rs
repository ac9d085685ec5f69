//! `set maxconn`.

use sluicegate_core::overrides::Value;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Kind;

use super::leading_number;
use super::server::unended;
use crate::answer::{Answer, Outcome};
use crate::view::View;

pub(super) fn server(view: &View<'_>, name: &str, text: &str) -> Result<Outcome, Answer> {
    let (_, endpoint) = view.server(name)?;
    if text.is_empty() {
        return Err(Answer::error("Require <maxconn>."));
    }
    let (number, rest) =
        leading_number(text).ok_or_else(|| unended("maxconn string empty or preceded by garbage"))?;
    if !rest.is_empty() {
        return Err(unended("Trailing garbage in maxconn string"));
    }
    let limit = u32::try_from(number).map_err(|_| Answer::error("Value out of range."))?;
    Ok(one(&endpoint.key, limit))
}

pub(super) fn frontend(view: &View<'_>, name: &str, text: &str) -> Result<Outcome, Answer> {
    if name.is_empty() {
        return Err(Answer::error("A frontend name is expected."));
    }
    let frontend = view.frontend(name).ok_or_else(|| Answer::error("No such frontend."))?;
    Ok(one(frontend.key(), number(text, "Integer value expected.")?))
}

pub(super) fn process(view: &View<'_>, text: &str) -> Result<Outcome, Answer> {
    let limit = number(text, "Expects an integer value.")?;
    if u64::from(limit) > view.facts.connection_limit {
        return Err(Answer::error("Value out of range."));
    }
    let processes = view.runtime.resources().map(|(key, _, _)| key);
    let process: Option<&ObjectKey> = processes.into_iter().find(|key| key.kind() == Kind::Process);
    let process = process.ok_or_else(|| Answer::error("There is no 'global' section to set it over."))?;
    Ok(one(process, limit))
}

fn number(text: &str, missing: &str) -> Result<u32, Answer> {
    match leading_number(text) {
        Some((number, "")) => u32::try_from(number).map_err(|_| Answer::error("Value out of range.")),
        _ => Err(Answer::error(missing)),
    }
}

fn one(key: &ObjectKey, limit: u32) -> Outcome {
    Outcome::Set(vec![(key.clone(), Value::MaxConnections(limit))], Answer::done())
}
