//! The two ends of the wire: servers that say what a test tells them, and clients.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::h1::{Asked, Body, Framing, Head, Limits, Method, Parsed};

/// A server under the test's hands.
pub(super) struct Origin {
    pub(super) address: SocketAddr,
    listener: TcpListener,
}

impl Origin {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        Self { address: listener.local_addr().unwrap(), listener }
    }

    pub(super) async fn accept(&self) -> Client {
        Client::new(self.listener.accept().await.unwrap().0)
    }

    /// Nobody connects while everything else comes to rest.
    pub(super) async fn is_untouched(&self) -> bool {
        tokio::time::timeout(std::time::Duration::from_millis(50), self.listener.accept()).await.is_err()
    }
}

/// A server that answers every request with its name, and counts connections and requests.
pub(super) struct Named {
    pub(super) address: SocketAddr,
    pub(super) connections: Rc<RefCell<u32>>,
    pub(super) requests: Rc<RefCell<Vec<String>>>,
}

impl Named {
    pub(super) async fn start(name: &'static str) -> Self {
        let origin = Origin::start().await;
        let address = origin.address;
        let (connections, requests) = (Rc::<RefCell<u32>>::default(), Rc::<RefCell<Vec<String>>>::default());
        let (counted, seen) = (Rc::clone(&connections), Rc::clone(&requests));
        tokio::task::spawn_local(async move {
            loop {
                let mut connection = origin.accept().await;
                *counted.borrow_mut() += 1;
                let seen = Rc::clone(&seen);
                tokio::task::spawn_local(async move {
                    while let Some(request) = connection.try_request().await {
                        let close = request.head.to_ascii_lowercase().contains("connection: close");
                        seen.borrow_mut().push(request.head);
                        let length = name.len();
                        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{name}");
                        connection.send(answer.as_bytes()).await;
                        if close {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, connections, requests }
    }
}

/// A message as it was received.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) head: String,
    /// As it was on the wire.
    pub(super) raw: String,
    /// Without coding.
    pub(super) body: Vec<u8>,
}

impl Received {
    pub(super) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn has(&self, line: &str) -> bool {
        self.head.split("\r\n").any(|it| it.eq_ignore_ascii_case(line))
    }
}

/// One end of a connection.
pub(super) struct Client {
    pub(super) stream: TcpStream,
    unread: Vec<u8>,
}

impl Client {
    pub(super) fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, unread: Vec::new() }
    }

    /// Breaks the connection off: the peer's next read fails.
    pub(super) fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }

    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends a GET and reads the response.
    pub(super) async fn get(&mut self, path: &str) -> Received {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        self.response().await
    }

    /// Has a GET served by `server`, with the path's last letter.
    pub(super) async fn get_from(&mut self, server: &mut Client, path: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        server.request().await;
        server.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", &path[path.len() - 1..])).await;
        self.response().await.text().to_owned()
    }

    async fn fill(&mut self) -> bool {
        self.unread.reserve(16 * 1024);
        self.stream.read_buf(&mut self.unread).await.unwrap_or(0) > 0
    }

    /// Reads exactly so many bytes.
    pub(super) async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            assert!(self.fill().await, "closed after {:?}", String::from_utf8_lossy(&self.unread));
        }
        self.unread.drain(..count).collect()
    }

    /// Everything until the other side closes.
    pub(super) async fn rest(&mut self) -> Vec<u8> {
        while self.fill().await {}
        std::mem::take(&mut self.unread)
    }

    /// The other side has closed, and sent nothing more.
    pub(super) async fn is_closed(&mut self) -> bool {
        self.rest().await.is_empty()
    }

    pub(super) async fn request(&mut self) -> Received {
        self.try_request().await.expect("closed without a request")
    }

    pub(super) async fn try_request(&mut self) -> Option<Received> {
        self.message(|head, buf, limits| head.parse_request(buf, limits), Framing::of_request).await
    }

    pub(super) async fn response(&mut self) -> Received {
        self.response_to(Method::Get).await
    }

    pub(super) async fn response_to(&mut self, method: Method) -> Received {
        let asked = Asked { method, upgrade: true };
        let framing = |head: &Head| match head.is_interim() {
            true => Framing::Empty,
            false => Framing::of_response(head, asked).unwrap(),
        };
        self.message(|head, buf, limits| head.parse_response(buf, limits), framing)
            .await
            .expect("closed without a response")
    }

    async fn message(
        &mut self,
        parse: impl Fn(&mut Head, &[u8], &Limits) -> Result<Parsed, crate::h1::InvalidHead>,
        framing: impl Fn(&Head) -> Framing,
    ) -> Option<Received> {
        let head_len = loop {
            let mut head = Head::new();
            let parsed = parse(&mut head, &self.unread, &Limits::default());
            match parsed
                .unwrap_or_else(|invalid| panic!("{invalid} in {:?}", String::from_utf8_lossy(&self.unread)))
            {
                Parsed::Complete { head_len } => break head_len,
                Parsed::Partial => {
                    if !self.fill().await {
                        assert!(self.unread.is_empty(), "{:?}", String::from_utf8_lossy(&self.unread));
                        return None;
                    }
                }
            }
        };
        let mut head = Head::new();
        parse(&mut head, &self.unread, &Limits::default()).unwrap();
        let framing = framing(&head);
        let bytes: Vec<u8> = self.unread.drain(..head_len).collect();
        let head = String::from_utf8(bytes).unwrap();
        let (raw, body) = match framing {
            Framing::Tunnel => (Vec::new(), Vec::new()),
            Framing::UntilClose => {
                let all = self.rest().await;
                (all.clone(), all)
            }
            _ => self.body(framing).await,
        };
        Some(Received { head, raw: String::from_utf8_lossy(&raw).into_owned(), body })
    }

    async fn body(&mut self, framing: Framing) -> (Vec<u8>, Vec<u8>) {
        let (mut raw, mut content) = (Vec::new(), Vec::new());
        let mut body = Body::new(framing);
        while !body.is_done() {
            if self.unread.is_empty() {
                assert!(self.fill().await, "closed within a body");
            }
            let used = match &mut body {
                Body::Chunked(chunked) => {
                    let step = chunked.step(&self.unread).unwrap();
                    content.extend_from_slice(&self.unread[step.data.clone()]);
                    step.used
                }
                body => {
                    let used = body.feed(&self.unread).unwrap().used;
                    content.extend_from_slice(&self.unread[..used]);
                    used
                }
            };
            raw.extend(self.unread.drain(..used));
        }
        (raw, content)
    }
}
