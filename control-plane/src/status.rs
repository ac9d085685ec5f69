//! `sluicegate status`: what the control plane knows, for people and for programs.

mod json;
mod text;

pub(crate) use json::json;
pub(crate) use text::text;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{Generation, Health, ObjectId};

/// The word for a health, in both forms.
fn health(health: i32) -> &'static str {
    match Health::try_from(health) {
        Ok(Health::Up) => "up",
        Ok(Health::Down) => "down",
        Ok(Health::Disabled) => "disabled",
        Ok(Health::Unchecked) => "unchecked",
        Ok(Health::Unresolved) => "unresolved",
        Ok(Health::Unspecified) | Err(_) => "unknown",
    }
}

fn name(id: Option<&ObjectId>) -> String {
    id.and_then(|id| ObjectKey::try_from(id).ok()).map(|key| key.to_string()).unwrap_or_default()
}

/// `NUMBER (HASH8)`, as logs have it; a dash for none.
fn generation(generation: Option<&Generation>) -> String {
    match generation
        .and_then(|generation| sluicegate_proto::generation::Generation::try_from(generation).ok())
    {
        Some(generation) => generation.to_string(),
        None => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests;
