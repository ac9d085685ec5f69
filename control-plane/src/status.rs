//! `sluicegate status`: what the control plane knows, for people and for programs.

mod json;
mod text;

use std::process::ExitCode;

use sluicegate_control_runtime::control::now_unix_ms;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{Generation, Health, ObjectId};

use crate::admin;
use crate::command::{Asked, Output};
use crate::say;

/// Asks a control plane and prints what it knows. Exit code 1 where none answers.
pub(crate) fn status(asked: &Asked) -> anyhow::Result<ExitCode> {
    let target = admin::target(asked.admin.as_deref())?;
    let status = admin::ask(sluicegate_sync::operations::status(&target))?;
    match asked.output {
        Output::Json => say::out(format_args!("{:#}", json::json(&status))),
        Output::Text => say::out(text::text(&status, now_unix_ms()).trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) use text::span;

/// The word for a health, in both forms.
pub(crate) fn health(health: i32) -> &'static str {
    match Health::try_from(health) {
        Ok(Health::Up) => "up",
        Ok(Health::Down) => "down",
        Ok(Health::Disabled) => "disabled",
        Ok(Health::Unchecked) => "unchecked",
        Ok(Health::Unresolved) => "unresolved",
        Ok(Health::Stopping) => "stopping",
        Ok(Health::Ejected) => "ejected",
        Ok(Health::Unspecified) | Err(_) => "unknown",
    }
}

pub(crate) fn name(id: Option<&ObjectId>) -> String {
    id.and_then(|id| ObjectKey::try_from(id).ok()).map(|key| key.to_string()).unwrap_or_default()
}

/// `NUMBER (HASH8)`, as logs have it; a dash for none.
pub(crate) fn generation(generation: Option<&Generation>) -> String {
    match generation
        .and_then(|generation| sluicegate_proto::generation::Generation::try_from(generation).ok())
    {
        Some(generation) => generation.to_string(),
        None => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests;
