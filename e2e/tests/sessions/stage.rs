//! Servers of several kinds, the configuration in front of them, and what is read from answers.

use super::*;

use sluicegate_e2e::{Behaviour, Origin, PATIENCE};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// Where clients come in.
pub(crate) struct Ports {
    pub(crate) http: std::net::SocketAddr,
    pub(crate) tcp: std::net::SocketAddr,
}

impl Ports {
    pub(crate) fn free() -> Self {
        Self { http: free_address(), tcp: free_address() }
    }
}

/// The servers.
pub(crate) struct Stage {
    one: Origin,
    pub(crate) silent: Origin,
    echo: std::net::SocketAddr,
    bad: std::net::SocketAddr,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let (one, silent) = (Origin::start("one").await, Origin::start("silent").await);
        silent.behave(Behaviour::Hang);
        Self { one, silent, echo: echo().await, bad: bad().await }
    }

    pub(crate) fn configuration(&self, line: &str, ports: &Ports, log: std::net::SocketAddr) -> String {
        let (one, silent) = (self.one.address(), self.silent.address());
        format!(
            "global
    {line}
    log {log} local0
{HTTP_DEFAULTS}    log global
    option httplog
frontend web
    bind {}
    http-request use-service prometheus-exporter if {{ path /metrics }}
    use_backend app if {{ path_beg /hang /half }}
    use_backend bad if {{ path_beg /bad }}
    default_backend plain
backend app
    server silent {silent}
backend bad
    server bad {}
backend plain
    server one {one}
frontend raw
    mode tcp
    option tcplog
    bind {}
    default_backend echo
backend echo
    mode tcp
    server one {}
",
            ports.http, self.bad, ports.tcp, self.echo
        )
    }
}

/// Sends back what it gets.
async fn echo() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.into_split();
                // A client may go away at any time.
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    address
}

/// Answers with a header that none may have.
async fn bad() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _request = stream.read(&mut [0; 4096]).await;
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nBad Header: x\r\n\r\nabc";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

/// Asks until there is something.
pub(crate) async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, found).await.expect("it comes in time")
}

/// Names and values of a line of `show sess`, in their order; what stands in brackets is one.
pub(crate) fn fields(line: &str) -> Vec<(String, String)> {
    let words = line.split(' ').skip(1);
    let parts = words.map(|word| word.split_once(['=', '[']).unwrap_or((word, "")));
    parts.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Sessions by their ids, the console's own not.
pub(crate) fn sessions(said: &str) -> impl Iterator<Item = (String, BTreeMap<String, String>)> {
    let lines = said.lines().filter(|line| line.starts_with("0x") && !line.contains("fe=GLOBAL"));
    lines.map(|line| (line.split(':').next().unwrap().to_owned(), fields(line).into_iter().collect()))
}
