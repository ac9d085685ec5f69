//! The last good snapshot, kept in the state directory.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_proto::generation::Generation;
use sluicegate_proto::v1::Update;
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

/// As an update from nothing.
fn snapshot(served: &Served) -> Update {
    Update {
        generation: Some(served.generation.into()),
        changed: served.runtime.resources().map(|(_, _, resource)| (**resource).clone()).collect(),
        ..Update::default()
    }
}
