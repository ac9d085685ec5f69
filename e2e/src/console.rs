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
