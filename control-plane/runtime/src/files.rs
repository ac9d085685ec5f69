//! Files as a source of loads.

use sluicegate_core::Fragment;
use sluicegate_provider_file::load::{Inputs, Loaded, Tally, load};
use sluicegate_provider_file::watch::{self, Seen, Watch, is_mount_point};
use tokio::sync::{mpsc, watch as value};

use crate::console::Asked;
use crate::pipeline::Load;

/// The name of this source in `status`.
pub(crate) const SOURCE: &str = "files";

/// Why a reading that is right in itself is refused.
const NOTHING_LISTENS: &str =
    "error: nothing in the files listens any more; to serve nothing, stop the program";

/// When files are read again.
#[derive(Debug)]
pub enum Reload {
    /// When they have changed.
    Watch,
    /// When a message comes.
    OnDemand(mpsc::Receiver<()>),
}

/// Refuses a reading after which nothing would listen, where something did: that is what a file cut to nothing by a full
/// disk looks like, or the empty folder that a container engine puts where a mount's file is missing.
#[derive(Debug)]
pub(crate) struct Guard {
    alone: bool,
    listened: bool,
}

impl Guard {
    /// `alone`: files are the only source of listeners.
    pub(crate) fn new(alone: bool) -> Self {
        Self { alone, listened: false }
    }

    fn refuses(&mut self, loaded: &Loaded) -> bool {
        self.listened |= loaded.is_good() && loaded.listens;
        self.alone && self.listened && loaded.is_good() && !loaded.listens
    }
}

/// Sends a load for each reading, beginning with the `first`, until no one listens.
///
/// # Errors
/// The kernel refuses to watch.
pub(crate) async fn follow(
    inputs: Inputs,
    first: Loaded,
    reload: Reload,
    guard: Guard,
    to: Receivers,
) -> Result<(), watch::Error> {
    match reload {
        Reload::Watch => watched(inputs, first, guard, &to).await?,
        Reload::OnDemand(mut demands) => {
            let (mut loaded, mut guard) = (first, guard);
            while to.send(loaded, &mut guard).await && demands.recv().await.is_some() {
                loaded = read(&inputs).await;
            }
        }
    }
    Ok(())
}

async fn watched(
    inputs: Inputs,
    first: Loaded,
    mut guard: Guard,
    to: &Receivers,
) -> Result<(), watch::Error> {
    for path in inputs.paths.iter().filter(|path| path.is_file() && is_mount_point(path).unwrap_or(false)) {
        tracing::warn!(
            "{} is mounted as a single file: an editor that replaces the file outside is not seen here; mount its folder",
            path.display()
        );
    }
    let mut watch = Watch::start()?;
    let mut loaded = first;
    loop {
        // What changed since it was read is told as well.
        watch.follow(std::mem::take(&mut loaded.seen));
        if !to.send(loaded, &mut guard).await {
            return Ok(());
        }
        tokio::select! {
            () = watch.changed() => {}
            () = to.loads.closed() => return Ok(()),
        }
        loaded = read(&inputs).await;
    }
}

async fn read(inputs: &Inputs) -> Loaded {
    let reading = inputs.clone();
    // A panic in there is a defect; what serves stays, and the next change is read.
    tokio::task::spawn_blocking(move || load(&reading)).await.unwrap_or_else(|defect| {
        let mut seen = Seen::default();
        inputs.paths.iter().for_each(|path| seen.note(path));
        Loaded {
            seen,
            tally: Tally { errors: 1, ..Tally::default() },
            findings: vec![format!("error: reading the files failed: {defect}")],
            ..Loaded::default()
        }
    })
}

/// Who hears of a reading.
#[derive(Debug)]
pub(crate) struct Receivers {
    /// What is to be served.
    pub(crate) loads: mpsc::Sender<Load>,
    /// What the console is to be.
    pub(crate) console: value::Sender<Asked>,
}

impl Receivers {
    /// False where no one listens any more.
    async fn send(&self, mut loaded: Loaded, guard: &mut Guard) -> bool {
        let refused = guard.refuses(&loaded);
        if refused {
            loaded.findings.push(NOTHING_LISTENS.to_owned());
        }
        let good = loaded.is_good() && !refused;
        // Told first: when the generation serves, the sockets are known, and opened with the rights of the start.
        if good {
            self.console.send_if_modified(|asked| {
                let changed = *asked != loaded.program.console;
                *asked = loaded.program.console;
                changed
            });
        }
        let fragments = good.then(|| loaded.fragments.into_iter().map(Fragment::share).collect());
        self.loads.send(Load { source: SOURCE, fragments, diagnostics: loaded.findings }).await.is_ok()
    }
}

#[cfg(test)]
mod tests;
