//! HTTP/1.1 messages as the harness reads them: just enough, and independent of the engine under test.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// More than any head in a scenario; past it the peer is broken.
const MAX_HEAD_BYTES: usize = 1 << 20;

/// Start line and header fields, as received.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// Request line or status line, without its line end.
    pub start_line: String,
    /// Names and values in the order and case received.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// The first header field with this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All header fields with this name, in any case.
    pub fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The status of a response; 0 for anything that has none.
    pub fn status(&self) -> u16 {
        self.start_line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    /// The method of a request.
    pub fn method(&self) -> &str {
        self.start_line.split(' ').next().unwrap_or("")
    }

    /// The target of a request.
    pub fn target(&self) -> &str {
        self.start_line.split(' ').nth(1).unwrap_or("")
    }

    /// True if the sender says that it closes after this message.
    pub fn closes(&self) -> bool {
        self.has_token("connection", "close")
            || (self.start_line.contains("HTTP/1.0") && !self.has_token("connection", "keep-alive"))
    }

    /// True if a comma-separated header has this word, in any case.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.headers_named(name)
            .flat_map(|value| value.split(','))
            .any(|t| t.trim().eq_ignore_ascii_case(token))
    }

    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split("\r\n");
        let start_line = lines.next().unwrap_or_default().to_owned();
        let mut headers = Vec::new();
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| malformed(format!("header line {line:?} has no colon")))?;
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        Ok(Self { start_line, headers })
    }
}

/// A head, its body, and what came after a chunked one.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Start line and header fields.
    pub head: Head,
    /// The body, decoded.
    pub body: Vec<u8>,
    /// Trailer fields of a chunked body.
    pub trailers: Vec<(String, String)>,
}

impl Message {
    /// The status of a response.
    pub fn status(&self) -> u16 {
        self.head.status()
    }

    /// The first header field with this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The body as text, without white space around it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).trim().to_owned()
    }
}

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// After so many bytes.
    Length(usize),
    /// After the last chunk.
    Chunked,
    /// When the peer closes.
    Close,
}

impl Framing {
    /// RFC 9112 section 6.3, for a request.
    pub(crate) fn of_request(head: &Head) -> io::Result<Self> {
        match Self::declared(head)? {
            Some(framing) => Ok(framing),
            None => Ok(Self::Length(0)),
        }
    }

    /// RFC 9112 section 6.3, for the response to `method`.
    pub(crate) fn of_response(head: &Head, method: &str) -> io::Result<Self> {
        let status = head.status();
        if method == "HEAD" || status < 200 || status == 204 || status == 304 {
            return Ok(Self::Length(0));
        }
        Ok(Self::declared(head)?.unwrap_or(Self::Close))
    }

    fn declared(head: &Head) -> io::Result<Option<Self>> {
        if head.has_token("transfer-encoding", "chunked") {
            return Ok(Some(Self::Chunked));
        }
        let Some(length) = head.header("content-length") else { return Ok(None) };
        let length = length.parse().map_err(|_| malformed(format!("Content-Length {length:?}")))?;
        Ok(Some(Self::Length(length)))
    }
}

/// Reads messages from a stream, keeping what was read too far.
#[derive(Debug)]
pub(crate) struct Reader<R> {
    stream: R,
    buffer: BytesMut,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(crate) fn new(stream: R) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    pub(crate) fn stream(&mut self) -> &mut R {
        &mut self.stream
    }

    /// Stream and bytes that follow the last message read.
    pub(crate) fn into_parts(self) -> (R, BytesMut) {
        (self.stream, self.buffer)
    }

    /// The next head; `None` if the peer closed before its first byte.
    pub(crate) async fn head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                let head = self.buffer.split_to(end + 4);
                return Head::parse(&head[..end]).map(Some);
            }
            if self.buffer.len() > MAX_HEAD_BYTES {
                return Err(malformed("a head without end".to_owned()));
            }
            if self.fill().await? == 0 {
                return if self.buffer.is_empty() {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
        }
    }

    /// The body that belongs to a head just read, and its trailers.
    pub(crate) async fn body(&mut self, framing: Framing) -> io::Result<(Vec<u8>, Vec<(String, String)>)> {
        match framing {
            Framing::Length(length) => Ok((self.exactly(length).await?, Vec::new())),
            Framing::Chunked => self.chunks().await,
            Framing::Close => {
                while self.fill().await? > 0 {}
                Ok((self.buffer.split().to_vec(), Vec::new()))
            }
        }
    }

    async fn chunks(&mut self) -> io::Result<(Vec<u8>, Vec<(String, String)>)> {
        let mut body = Vec::new();
        loop {
            let line = self.line().await?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size =
                usize::from_str_radix(size, 16).map_err(|_| malformed(format!("chunk size {line:?}")))?;
            if size == 0 {
                return Ok((body, self.trailers().await?));
            }
            body.extend(self.exactly(size).await?);
            if !self.line().await?.is_empty() {
                return Err(malformed("a chunk longer than its size".to_owned()));
            }
        }
    }

    async fn trailers(&mut self) -> io::Result<Vec<(String, String)>> {
        let mut lines = String::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Head::parse(format!("\r\n{lines}").as_bytes()).map(|head| head.headers);
            }
            lines += &line;
            lines += "\r\n";
        }
    }

    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let line = self.buffer.split_to(end + 2);
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length {
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let taken = self.buffer[..length].to_vec();
        self.buffer.advance(length);
        Ok(taken)
    }

    pub(crate) async fn fill(&mut self) -> io::Result<usize> {
        self.stream.read_buf(&mut self.buffer).await
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn malformed(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
