//! `sluicegate explain`: what became of something that was to be served.

mod json;
#[cfg(test)]
mod tests;
mod text;

use std::process::ExitCode;

use sluicegate_control_runtime::control::now_unix_ms;
use sluicegate_proto::v1::{ContainerExplanation, EndpointStats, FleetStatus, ObjectId};
use sluicegate_sync::operations;

use crate::admin;
use crate::command::{Asked, Explain, Explained, Output};
use crate::say;

/// Asks a control plane and prints what it knows. Exit code 1 where there is no such thing.
pub(crate) fn explain(options: &Explain) -> anyhow::Result<ExitCode> {
    match &options.what {
        Explained::Container { container, asked } => explain_container(container, asked),
    }
}

fn explain_container(container: &str, asked: &Asked) -> anyhow::Result<ExitCode> {
    let target = admin::target(asked.admin.as_deref())?;
    let (explained, fleet) = admin::ask(async {
        let explained = operations::explain_container(&target, container).await?;
        Ok((explained, operations::status(&target).await?))
    })?;
    match asked.output {
        Output::Json => say::out(format_args!("{:#}", json::json(&explained, &fleet))),
        Output::Text => say::out(text::text(container, &explained, &fleet, now_unix_ms()).trim_end()),
    }
    Ok(code(&explained))
}

fn code(explained: &ContainerExplanation) -> ExitCode {
    if explained.container.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What each proxy says of an endpoint.
fn seen<'a>(
    fleet: &'a FleetStatus,
    endpoint: Option<&'a ObjectId>,
) -> impl Iterator<Item = (&'a str, &'a EndpointStats)> {
    let proxies = fleet.scopes.iter().flat_map(|scope| &scope.proxies).filter(|proxy| proxy.connected);
    proxies.filter_map(move |proxy| {
        let mut rows = proxy.report.as_ref()?.endpoints.iter();
        let row = rows.find(|row| endpoint.is_some() && row.id.as_ref() == endpoint)?;
        Some((proxy.id.as_str(), row))
    })
}
