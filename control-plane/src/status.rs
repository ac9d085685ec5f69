//! `sluicegate status`: what the control plane knows, for people and for programs.

mod json;
mod text;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{Generation, Health, ObjectId};
use sluicegate_sync::{ControlAddress, Target};

use crate::admin;
use crate::command::{self, Output};
use crate::say;

/// Asks a control plane and prints what it knows. Exit code 1 where none answers.
pub(crate) fn status(options: &command::Status) -> anyhow::Result<ExitCode> {
    let socket = options.admin.clone().or_else(admin::find);
    let socket = socket.context("no control plane on this host; name its socket with --admin")?;
    let target = Target::new(ControlAddress::Unix(socket), None)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let status = runtime.block_on(sluicegate_sync::operations::status(&target))?;
    match options.output {
        Output::Json => say::out(format_args!("{:#}", json::json(&status))),
        Output::Text => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            say::out(text::text(&status, u64::try_from(now.as_millis()).unwrap_or(u64::MAX)).trim_end());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The word for a health, in both forms.
fn health(health: i32) -> &'static str {
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

fn name(id: Option<&ObjectId>) -> String {
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
