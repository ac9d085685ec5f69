//! `sluicegate healthcheck`: whether a process serves, in an exit code, for those who start and stop it.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use sluicegate_proto::identity::DEFAULT_SCOPE;
use sluicegate_proto::v1::FleetStatus;

use crate::command::Healthcheck;
use crate::{admin, say};

/// Asks a process of this host. Exit code 1 where it does not answer, has published nothing, or where none of the proxies
/// that it has serves anything: of a process with both planes that is its own.
pub(crate) fn healthcheck(options: &Healthcheck) -> anyhow::Result<ExitCode> {
    let target = admin::target(options.admin.as_deref())?;
    let status = admin::ask(sluicegate_sync::operations::status(&target))?;
    say::out(format_args!("healthy: generation {}", healthy(&status)?));
    Ok(ExitCode::SUCCESS)
}

/// The generation that is published, where it, or one before it, is served.
fn healthy(status: &FleetStatus) -> anyhow::Result<String> {
    let scope = status.scopes.iter().find(|scope| scope.name == DEFAULT_SCOPE);
    let published = scope.and_then(|scope| Some((scope, scope.generation.as_ref()?)));
    let (scope, generation) = published.context("nothing is published yet")?;
    let mut proxies = scope.proxies.iter().filter(|proxy| proxy.connected).peekable();
    ensure!(
        proxies.peek().is_none() || proxies.any(|proxy| proxy.generation.is_some()),
        "no proxy serves anything"
    );
    Ok(crate::status::generation(Some(generation)))
}

#[cfg(test)]
mod tests {
    use sluicegate_proto::v1::{Generation, ProxyStatus, ScopeStatus};

    use super::*;

    fn status(published: bool, proxies: &[(bool, bool)]) -> FleetStatus {
        let generation = |there: bool| there.then(Generation::default);
        let proxies = proxies.iter().map(|(connected, serves)| ProxyStatus {
            connected: *connected,
            generation: generation(*serves),
            ..ProxyStatus::default()
        });
        let scope = ScopeStatus {
            name: DEFAULT_SCOPE.to_owned(),
            generation: generation(published),
            proxies: proxies.collect(),
            ..ScopeStatus::default()
        };
        FleetStatus { scopes: vec![scope], ..FleetStatus::default() }
    }

    #[test]
    fn who_serves_something_is_healthy() {
        let (away, starting, serving) = ((false, true), (true, false), (true, true));
        for (published, proxies, good) in [
            (false, &[][..], false),
            (false, &[serving], false),
            (true, &[], true),
            (true, &[away], true),
            (true, &[serving], true),
            (true, &[starting], false),
            (true, &[away, starting], false),
            (true, &[starting, serving], true),
        ] {
            assert_eq!(healthy(&status(published, proxies)).is_ok(), good, "{published} {proxies:?}");
        }
        assert!(healthy(&FleetStatus::default()).is_err());
    }
}
