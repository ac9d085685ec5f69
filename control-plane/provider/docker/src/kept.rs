//! Who is there, kept for the next process: whoever has gone by then has its route for a while still.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::container::{Container, Port};
use crate::groups::{Gone, Kept};

/// Bytes of the file that are read.
const MAX_BYTES: u64 = 64 << 20;

/// Writes down who is there, and who has gone, when that changes: beside everything else, which does not wait for it.
#[derive(Debug)]
pub(crate) struct Keeper(Option<watch::Sender<Kept>>);

impl Keeper {
    /// Without a file nothing is kept. `kept`: what stands in it.
    pub(crate) fn start(file: Option<PathBuf>, kept: Kept) -> Self {
        Self(file.map(|file| {
            let (newest, seen) = watch::channel(kept);
            tokio::spawn(follow(file, seen));
            newest
        }))
    }

    /// From now on it is these.
    pub(crate) fn keep(&self, kept: impl FnOnce() -> Kept) {
        if let Some(newest) = &self.0 {
            newest.send_if_modified(|last| {
                let before = std::mem::replace(last, kept());
                before != *last
            });
        }
    }
}

/// Until nobody has anything to keep any more. Where writing takes long, what changed meanwhile is written once.
async fn follow(file: PathBuf, mut seen: watch::Receiver<Kept>) {
    while seen.changed().await.is_ok() {
        let (file, kept) = (file.clone(), seen.borrow_and_update().clone());
        // A panic in there is a defect; the next change is written.
        let _ = tokio::task::spawn_blocking(move || write(&file, &kept)).await;
    }
}

/// One container, as far as its routes ask.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    id: String,
    name: String,
    created: i64,
    labels: BTreeMap<String, String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    ports: Vec<(u16, bool)>,
    /// When it went; none: it is there.
    gone_unix_ms: Option<u64>,
}

impl Row {
    fn of(container: &Container, gone_unix_ms: Option<u64>) -> Self {
        let Container { id, name, created, labels, environment, ports, .. } = container.clone();
        let ports = ports.into_iter().map(|port| (port.number, port.udp)).collect();
        Self { id, name, created, labels, environment, ports, gone_unix_ms }
    }

    fn container(self) -> Arc<Container> {
        let Self { id, name, created, labels, environment, ports, gone_unix_ms: _ } = self;
        let ports = ports.into_iter().map(|(number, udp)| Port { number, udp }).collect();
        Arc::new(Container { id, name, created, labels, environment, ports, ..Container::default() })
    }
}

/// What an earlier process kept. What is no good is told, and nothing.
pub(crate) fn read(file: Option<&Path>) -> Kept {
    let Some(file) = file else { return Kept::default() };
    let read = || -> Result<Vec<Row>, String> {
        let length = match fs::metadata(file) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.to_string()),
        };
        if length > MAX_BYTES {
            return Err("it is too long".to_owned());
        }
        let text = fs::read(file).map_err(|error| error.to_string())?;
        serde_json::from_slice(&text).map_err(|error| error.to_string())
    };
    let rows = read().unwrap_or_else(|reason| {
        tracing::warn!(file = %file.display(), %reason, "containers of before are not known");
        Vec::new()
    });
    let mut kept = Kept::default();
    for row in rows {
        match row.gone_unix_ms {
            None => kept.present.push(row.container()),
            Some(since_unix_ms) => kept.gone.push(Gone { container: row.container(), since_unix_ms }),
        }
    }
    kept
}

/// Keeps these, in the place of what was kept, for this user alone: rules may hold passwords. That it cannot is told.
fn write(file: &Path, kept: &Kept) {
    let present = kept.present.iter().map(|container| Row::of(container, None));
    let gone = kept.gone.iter().map(|gone| Row::of(&gone.container, Some(gone.since_unix_ms)));
    let rows: Vec<Row> = present.chain(gone).collect();
    let write = || -> io::Result<()> {
        let fresh = file.with_extension("new");
        let mut out =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        out.write_all(&serde_json::to_vec(&rows)?)?;
        fs::rename(&fresh, file)
    };
    if let Err(error) = write() {
        tracing::warn!(file = %file.display(), %error, "containers are not kept for a next start");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("containers.json");
        assert_eq!(read(Some(&file)), Kept::default());
        let container = Container {
            id: "a".to_owned(),
            name: "shop".to_owned(),
            created: 7,
            labels: [("sluicegate.enable".to_owned(), "true".to_owned())].into(),
            ports: vec![Port { number: 80, udp: false }],
            ..Container::default()
        };
        let container = Arc::new(container);
        let gone = Gone { container: Arc::clone(&container), since_unix_ms: 9 };
        let kept = Kept { present: vec![container], gone: vec![gone] };
        write(&file, &kept);
        assert_eq!(read(Some(&file)), kept);
        let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(&file).unwrap());
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&file, "{").unwrap();
        assert_eq!(read(Some(&file)), Kept::default());
    }
}
