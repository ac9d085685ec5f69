//! The last good snapshot, kept in the state directory.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_proto::generation::Generation;
use sluicegate_proto::hash::snapshot_hash;
use sluicegate_proto::v1::{Resource, Update, resource::Body};
use sluicegate_sync::{Apply, StateDir};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::apply::{Applier, Served};

/// Between two saves: of a row of quick changes the newest is worth the disk's time.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves what was saved last. A snapshot that cannot be read or served is left alone, and told: the control plane has a
/// better one.
pub(crate) async fn restore(state: &StateDir, applier: &mut Applier) {
    let update = match state.load() {
        Ok(Some(update)) => update,
        Ok(None) => return,
        Err(error) => return tracing::warn!(%error, "starting without the saved snapshot"),
    };
    if let Err(error) = applier.apply(update).await {
        tracing::warn!(%error, "the saved snapshot is not served");
        if let sluicegate_sync::Refused::Rejected(rejections) = error {
            for rejection in rejections {
                tracing::warn!("{}: {}", rejection.origin.unwrap_or_default(), rejection.reason);
            }
        }
    }
}

/// Saves each generation once it serves, until nobody serves any more; then the newest is on disk. From `stop` on it
/// does not pause.
pub(crate) async fn keep(
    state: Arc<StateDir>,
    mut served: watch::Receiver<Option<Served>>,
    stop: impl Future<Output = ()>,
) {
    let mut stop = pin!(stop);
    let mut stopping = false;
    let mut kept: Option<Generation> = served.borrow_and_update().as_ref().map(|served| served.generation);
    loop {
        let over = served.changed().await.is_err();
        let newest = served.borrow_and_update().clone();
        if let Some(newest) = newest.filter(|newest| kept != Some(newest.generation)) {
            kept = Some(newest.generation);
            save(Arc::clone(&state), newest).await;
        }
        if over {
            return;
        }
        tokio::select! {
            () = sleep(PAUSE), if !stopping => {}
            () = &mut stop, if !stopping => stopping = true,
            else => {}
        }
    }
}

async fn save(state: Arc<StateDir>, served: Served) {
    let saved = tokio::task::spawn_blocking(move || state.save(&snapshot(&served))).await;
    match saved {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(%error, "the snapshot is not saved; a restart needs the control plane")
        }
        Err(error) => tracing::error!(%error, "saving the snapshot failed"),
    }
}

/// As an update from nothing. Private keys are not put on disk, nor who needs them: after a restart these wait for the control
/// plane, which has all of it. What is left is another generation by its hash, so that it sends all.
fn snapshot(served: &Served) -> Update {
    let kept = || served.runtime.resources().filter(|(_, _, resource)| !is_secret(resource));
    let hash = snapshot_hash(kept().map(|(key, hash, _)| (key, hash)));
    Update {
        generation: Some(Generation { hash, ..served.generation }.into()),
        changed: kept().map(|(_, _, resource)| (**resource).clone()).collect(),
        ..Update::default()
    }
}

fn is_secret(resource: &Resource) -> bool {
    match &resource.body {
        Some(Body::Blob(blob)) => blob.secret,
        Some(Body::Listener(listener)) => listener.tls.is_some(),
        Some(Body::Endpoint(endpoint)) => {
            let of_checks = endpoint.check.iter().flat_map(|check| &check.tls);
            endpoint.tls.iter().chain(of_checks).any(|tls| tls.certificate.is_some())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use sluicegate_model::{Change, compile};
    use sluicegate_proto::id::ObjectKey;
    use sluicegate_proto::v1::{self, Kind};

    use super::*;

    fn resource(kind: Kind, name: &str, body: Body) -> Resource {
        let key = ObjectKey::new("haproxy", "", kind, name).unwrap();
        Resource { id: Some((&key).into()), body: Some(body), ..Resource::default() }
    }

    fn blob(data: &'static str, secret: bool) -> Resource {
        let name = sluicegate_proto::hash::ContentHash::of(data.as_bytes()).to_string();
        resource(Kind::Blob, &name, Body::Blob(v1::Blob { data: data.into(), secret }))
    }

    #[test]
    fn keys_are_not_put_on_disk() {
        let all = [blob("a page", false), blob("a key", true)];
        let runtime = Arc::new(compile(None, Change::Full(&all)).unwrap());
        let whole = Generation { epoch: 1, number: 7, hash: runtime.hash };
        let saved = snapshot(&Served { generation: whole, runtime });
        assert_eq!(saved.changed, all[..1]);
        let certificate = Some(v1::TlsCertificate::default());
        let tls = Some(v1::TlsClient { certificate, ..v1::TlsClient::default() });
        let check = Some(v1::CheckSchedule { tls: tls.clone(), ..v1::CheckSchedule::default() });
        for body in [
            v1::Endpoint { tls, ..v1::Endpoint::default() },
            v1::Endpoint { check, ..v1::Endpoint::default() },
        ] {
            assert!(is_secret(&resource(Kind::Endpoint, "app/a", Body::Endpoint(body))));
        }
        let again = compile(None, Change::Full(&saved.changed)).unwrap();
        let generation = saved.generation.unwrap();
        assert_eq!((generation.number, &generation.hash[..]), (7, &again.hash.0[..]));
    }
}
