//! Who is there, kept for the next process: whoever has gone by then has its route for a while still.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::container::{Container, Port};
use crate::groups::Gone;

/// Bytes of the file that are read.
const MAX_BYTES: u64 = 64 << 20;

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
    since_unix_ms: u64,
}

impl From<&Gone> for Row {
    fn from(gone: &Gone) -> Self {
        let Container { id, name, created, labels, environment, ports, .. } = gone.container.clone();
        let ports = ports.into_iter().map(|port| (port.number, port.udp)).collect();
        Self { id, name, created, labels, environment, ports, since_unix_ms: gone.since_unix_ms }
    }
}

impl From<Row> for Gone {
    fn from(row: Row) -> Self {
        let Row { id, name, created, labels, environment, ports, since_unix_ms } = row;
        let ports = ports.into_iter().map(|(number, udp)| Port { number, udp }).collect();
        let container = Container { id, name, created, labels, environment, ports, ..Container::default() };
        Self { container, since_unix_ms }
    }
}

/// What an earlier process kept. What is no good is told, and nothing.
pub(crate) fn read(file: Option<&Path>) -> Vec<Gone> {
    let Some(file) = file else { return Vec::new() };
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
    rows.into_iter().map(Gone::from).collect()
}

/// Keeps these, in the place of what was kept, for this user alone: rules may hold passwords. That it cannot is told.
pub(crate) fn write(file: Option<&Path>, kept: &[Gone]) {
    let Some(file) = file else { return };
    let rows: Vec<Row> = kept.iter().map(Row::from).collect();
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
        assert_eq!(read(Some(&file)), []);
        let container = Container {
            id: "a".to_owned(),
            name: "shop".to_owned(),
            created: 7,
            labels: [("sluicegate.enable".to_owned(), "true".to_owned())].into(),
            ports: vec![Port { number: 80, udp: false }],
            ..Container::default()
        };
        let gone = Gone { container, since_unix_ms: 9 };
        write(Some(&file), std::slice::from_ref(&gone));
        assert_eq!(read(Some(&file)), [gone]);
        let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(&file).unwrap());
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&file, "{").unwrap();
        assert_eq!(read(Some(&file)), []);
    }
}
