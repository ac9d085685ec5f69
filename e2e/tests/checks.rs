//! Health checks: what they make of servers, beside Debian's HAProxy in front of the same ones, and where traffic goes.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "http2/client.rs"]
#[allow(dead_code, reason = "here it is for the server alone")]
mod client;
#[path = "checks/compared.rs"]
mod compared;
#[path = "checks/http2.rs"]
mod http2;
#[path = "http2/server.rs"]
#[allow(dead_code, reason = "less is asked of it here")]
mod server;
#[path = "checks/table.rs"]
mod table;
#[path = "checks/traffic.rs"]
mod traffic;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sluicegate_e2e::PATIENCE;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// A folder for a console, its path, and the line that asks for it.
fn console() -> (TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("admin.sock");
    let line = format!("global\n    stats socket {} level admin\n", path.display());
    (folder, path, line)
}

/// Rows of servers, by backend and name; each by the names of its columns.
async fn servers(console: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    let conversation = async {
        let mut stream = UnixStream::connect(console).await.unwrap();
        stream.write_all(b"show stat\n").await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    };
    let text = timeout(PATIENCE, conversation).await.expect("an answer comes in time");
    let mut lines = text.lines().filter(|line| !line.is_empty()).map(cells);
    let names = lines.next().unwrap();
    let rows = lines.map(|row| names.iter().cloned().zip(row).collect::<BTreeMap<_, _>>());
    let rows = rows.filter(|row| !matches!(&*row["svname"], "FRONTEND" | "BACKEND"));
    rows.map(|row| (format!("{}/{}", row["# pxname"], row["svname"]), row)).collect()
}

/// The cells of a line of comma-separated values.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                cells.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}
