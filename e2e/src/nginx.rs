//! Debian's nginx as a server: a reader of HTTP/1 that is not ours.

use std::fs;
use std::net::SocketAddr;

use tempfile::TempDir;

use crate::{Process, debian, free_address};

/// A running nginx, one process, that answers every request with 200 and `ok`.
#[derive(Debug)]
pub struct Nginx {
    address: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

impl Nginx {
    /// Serves on a free port. Each request is a syslog message at `log`: the bytes that nginx took it to have, a
    /// blank, and the request line.
    ///
    /// # Panics
    /// When it is not unpacked or does not start.
    pub async fn run(log: SocketAddr) -> Self {
        Self::start(log, "", "$request_length $request").await
    }

    /// The same for connections that begin with a PROXY header: each message is the two ends that nginx read out of it.
    ///
    /// # Panics
    /// As [`Nginx::run`].
    pub async fn run_told(log: SocketAddr) -> Self {
        let ends = "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port";
        Self::start(log, " proxy_protocol", ends).await
    }

    async fn start(log: SocketAddr, listen: &str, format: &str) -> Self {
        let folder = tempfile::tempdir().expect("the temporary folder can be written");
        let address = free_address();
        let prefix = folder.path().display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|module| format!("    {module}_temp_path {prefix}/{module};\n"))
            .concat();
        let configuration = format!(
            "daemon off;
master_process off;
error_log stderr notice;
pid {prefix}/pid;
events {{ }}
http {{
{temporary}    log_format seen '{format}';
    access_log syslog:server={log},nohostname seen;
    keepalive_requests 1000000;
    server {{
        listen {address}{listen};
        location / {{ return 200 \"ok\\n\"; }}
    }}
}}
"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration).expect("a file in the temporary folder can be written");
        let arguments = [
            "-e".as_ref(),
            "stderr".as_ref(),
            "-p".as_ref(),
            folder.path().as_os_str(),
            "-c".as_ref(),
            file.as_os_str(),
        ];
        let mut process = Process::start(debian("nginx"), arguments);
        // It says so when it has bound its sockets.
        process.wait_for("event method").await;
        Self { address, _process: process, _folder: folder }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
