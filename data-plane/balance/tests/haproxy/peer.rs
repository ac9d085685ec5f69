//! The real HAProxy, with one listener for each case.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::case::Case;
use crate::dice::Ask;
use crate::held::{Held, Step};

/// And the server of all requests.
const DEFAULTS: &str = "global
  nbthread 1
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  retries 0
frontend server
  bind \"unix@${DIR}/server.sock\"
  http-request return status 200
";

/// Requests on their way at once; few enough for what HAProxy reads in one go.
const BATCH: usize = 50;

pub(crate) struct Peer {
    process: Child,
    home: TempDir,
}

impl Peer {
    /// Starts it, and is back when it listens.
    pub(crate) fn start(listeners: impl Iterator<Item = String>) -> Self {
        let debian =
            std::env::var_os("SLUICEGATE_DEBIAN_DIR").expect("SLUICEGATE_DEBIAN_DIR has bin/haproxy");
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("haproxy.cfg");
        std::fs::write(&config, listeners.fold(DEFAULTS.into(), |text: String, listener| text + &listener))
            .unwrap();
        ('a'..='i').for_each(|name| {
            serve(UnixListener::bind(socket(home.path(), &name.to_string())).unwrap(), name)
        });
        let mut process = Command::new(PathBuf::from(debian).join("bin/haproxy"))
            .args(["-W", "-db", "-f"])
            .arg(&config)
            .env("DIR", home.path())
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
        let mut writer = self.connect(&case.name);
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

    /// The names of the servers that connections are sent to.
    pub(crate) fn held(&self, case: &Held, steps: &[Step]) -> Vec<char> {
        let (mut open, mut answers) = (Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Open(sent) => {
                    let mut stream = self.connect(case.name);
                    stream.write_all(sent).unwrap();
                    let mut name = [0];
                    stream.read_exact(&mut name).unwrap();
                    answers.push(char::from(name[0]));
                    open.push(stream);
                }
                Step::Close(at) => {
                    // HAProxy closes when the server has, and counts the connection no more when it closes.
                    let mut stream = open.swap_remove(*at);
                    stream.shutdown(Shutdown::Write).unwrap();
                    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
                }
            }
        }
        answers
    }

    fn connect(&self, name: &str) -> UnixStream {
        UnixStream::connect(socket(self.home.path(), name)).unwrap()
    }
}

/// A server that says its name, and closes when its client does.
fn serve(listener: UnixListener, name: char) {
    let serve = move |mut stream: UnixStream| {
        let said = stream.write_all(name.to_string().as_bytes());
        while said.is_ok() && stream.read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
    };
    std::thread::spawn(move || {
        listener
            .incoming()
            .map_while(Result::ok)
            .for_each(|stream| drop(std::thread::spawn(move || serve(stream))));
    });
}

fn socket(home: &Path, name: &str) -> PathBuf {
    home.join(name).with_extension("sock")
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
