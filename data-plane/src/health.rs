//! Whether the proxy serves something, told at a unix socket: one line for each who connects.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sluicegate_proxy_runtime::Served;
use tokio::net::UnixListener;
use tokio::sync::watch;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest answer.
const MAX_ANSWER_BYTES: u64 = 256;
/// How the answer of a proxy begins that serves something.
const SERVING: &str = "serving generation ";

/// Listens there. A socket that an ended process left behind is replaced. Needs a tokio runtime.
///
/// # Errors
/// Where another process listens there, or the system refuses the path.
pub(crate) fn listen(socket: &Path) -> Result<UnixListener> {
    let left_behind = || {
        let is_socket = fs::symlink_metadata(socket).is_ok_and(|found| found.file_type().is_socket());
        let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        is_socket && UnixStream::connect(socket).is_err_and(refused)
    };
    if left_behind() {
        fs::remove_file(socket).with_context(|| format!("--health {}", socket.display()))?;
    }
    UnixListener::bind(socket).with_context(|| format!("--health {}", socket.display()))
}

/// Answers until it is dropped.
pub(crate) async fn answer(listener: UnixListener, served: watch::Receiver<Option<Served>>) {
    loop {
        // Out of descriptors, as a rule: whoever asks hears nothing, which is true enough.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let line = match served.borrow().as_ref() {
            Some(served) => format!("{SERVING}{}\n", served.generation),
            None => "nothing is served yet\n".to_owned(),
        };
        // It fits into the socket's buffer, so this never waits.
        if let Ok(mut stream) = stream.into_std() {
            let _gone_already = stream.write_all(line.as_bytes());
        }
    }
}

/// Asks the proxy behind this socket; what it serves.
///
/// # Errors
/// It serves nothing, or does not answer.
pub(crate) fn ask(socket: &Path) -> Result<String> {
    let asked = || {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut line = String::new();
        stream.take(MAX_ANSWER_BYTES).read_to_string(&mut line)?;
        io::Result::Ok(line)
    };
    let line = asked().with_context(|| format!("no proxy answers at {}", socket.display()))?;
    match line.trim_end().strip_prefix(SERVING) {
        Some(generation) => Ok(generation.to_owned()),
        None => bail!("{}", line.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_proxy_that_serves_nothing_says_so_and_an_ended_one_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("health.sock");
        let said = |error: anyhow::Error| format!("{error:#}");
        assert!(said(ask(&socket).unwrap_err()).contains("no proxy answers"));
        // Left behind: the file stays when its listener goes.
        drop(listen(&socket).unwrap());
        let listener = listen(&socket).unwrap();
        assert!(said(listen(&socket).unwrap_err()).contains("in use"), "one that runs keeps its place");
        let (_serves, served) = watch::channel(None);
        tokio::spawn(answer(listener, served));
        let asked = tokio::task::spawn_blocking(move || ask(&socket)).await.unwrap();
        assert_eq!(said(asked.unwrap_err()), "nothing is served yet");
    }
}
