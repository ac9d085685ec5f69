//! A console's socket, as an operator's tools use it.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::PATIENCE;

/// What is answered to these bytes until the other side closes.
///
/// # Panics
/// When nothing listens there, or the other side does not close in time.
pub async fn ask(socket: &Path, bytes: impl AsRef<[u8]>) -> String {
    let conversation = async {
        let stream = UnixStream::connect(socket).await.expect("the console listens");
        let (mut from, mut to) = stream.into_split();
        let mut said = Vec::new();
        // Who sends much is answered meanwhile, and may be cut off: then the answer is what came before that.
        let _ = tokio::join!(to.write_all(bytes.as_ref()), from.read_to_end(&mut said));
        String::from_utf8_lossy(&said).into_owned()
    };
    timeout(PATIENCE, conversation).await.expect("an answer comes in time")
}

/// A folder for a socket, its path, and the line that asks for it.
///
/// # Panics
/// When there is no temporary folder.
pub fn socket() -> (TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().expect("the temporary folder can be written");
    let path = folder.path().join("admin.sock");
    let line = format!("stats socket {} mode 600 level admin", path.display());
    (folder, path, line)
}

/// The cells of a row of the statistics in comma-separated values, by column. The row is named by proxy and server:
/// `app,FRONTEND`.
///
/// # Panics
/// When there is no such row, or no such column.
pub fn row(statistics: &str, name: &str) -> impl Fn(&str) -> String {
    let cells = |line: &str| -> Vec<String> { line.split(',').map(str::to_owned).collect() };
    let mut lines = statistics.lines();
    let names = cells(lines.next().expect("columns have names").trim_start_matches("# "));
    let row = lines.find(|line| line.starts_with(&format!("{name},"))).map(cells).expect("the row is there");
    move |column| row[names.iter().position(|name| name == column).expect("the column is there")].clone()
}
