//! The real HAProxy, with one listener for each case.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::case::Case;
use crate::dice::Ask;
use crate::fleet;

/// Requests on their way at once; few enough for what HAProxy reads in one go.
const BATCH: usize = 50;

pub(crate) struct Peer {
    process: Child,
    home: TempDir,
}

impl Peer {
    /// Starts it, and is back when it listens.
    pub(crate) fn start(cases: &[Case]) -> Self {
        let debian =
            std::env::var_os("SLUICEGATE_DEBIAN_DIR").expect("SLUICEGATE_DEBIAN_DIR has bin/haproxy");
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("haproxy.cfg");
        std::fs::write(&config, text(cases, home.path())).unwrap();
        let mut process = Command::new(PathBuf::from(debian).join("bin/haproxy"))
            .args(["-W", "-db", "-f"])
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
        let loaded = said.by_ref().any(|line| line.unwrap().contains("Loading success"));
        assert!(loaded, "HAProxy does not take {}", config.display());
        std::thread::spawn(move || said.for_each(drop));
        Self { process, home }
    }

    /// The names of the servers that answer.
    pub(crate) fn answers(&self, case: &Case, asks: &[Ask]) -> Vec<char> {
        let mut writer =
            UnixStream::connect(self.home.path().join(&case.name).with_extension("sock")).unwrap();
        let mut lines = BufReader::new(writer.try_clone().unwrap()).lines();
        let mut answers = Vec::new();
        for batch in asks.chunks(BATCH) {
            writer.write_all(&batch.iter().flat_map(request).collect::<Vec<u8>>()).unwrap();
            for ask in batch {
                let head: Vec<String> =
                    lines.by_ref().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
                let name = head.iter().find_map(|line| line.strip_prefix("x-server: ")?.chars().next());
                answers.push(name.unwrap_or_else(|| panic!("{}: {:?}: {head:?}", case.name, ask.target)));
            }
        }
        answers
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn request(ask: &Ask) -> Vec<u8> {
    let mut request = format!("GET {} HTTP/1.1\r\n", ask.target).into_bytes();
    let authority = ask.target.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    request.extend(format!("host: {}\r\n", authority.unwrap_or("h")).bytes());
    if let Some(key) = &ask.key {
        request.extend(b"x-key: ".iter().chain(key).chain(b"\r\n"));
    }
    // HAProxy looks one byte past the value for a dot (use_domain_only): let that be a known one.
    request.extend(b"x-last: x\r\n\r\n");
    request
}

fn text(cases: &[Case], home: &Path) -> String {
    let socket = |name: &str| format!("unix@{}", home.join(name).with_extension("sock").display());
    let mut text = format!(
        "global\n  nbthread 1\n  tune.maxrewrite 1024\ndefaults\n  mode http\n  timeout connect 10s\n  timeout client 60s\n  \
         timeout server 10s\n  retries 0\nfrontend server\n  bind {}\n  http-request return status 200\n",
        socket("server"),
    );
    for case in cases {
        let (address, to) = (socket(&case.name), socket("server"));
        let _ = write!(
            text,
            "listen {}\n  bind {address}\n  http-response set-header x-server %[srv_name]\n{}{}",
            case.name,
            case.lines,
            fleet::lines(case.fleet, |_| to.clone()),
        );
    }
    text
}
