//! Requests that are legal, and easily read in two ways.

/// One request that is served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delicate {
    /// What is odd about it.
    pub(crate) name: &'static str,
    /// All of it.
    pub(crate) bytes: &'static [u8],
    /// The connection ends with the answer.
    pub(crate) last: bool,
}

/// The requests.
pub(crate) const DELICATE: &[Delicate] = &[
    one("plain", b"GET /c HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("empty lines first", b"\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("no value", b"GET /c HTTP/1.1\r\nHost: a\r\nX:\r\nY: \r\nZ:\t\r\n\r\n"),
    one("no host", b"GET /c HTTP/1.1\r\nHost:\r\n\r\n"),
    one("value that looks like framing", b"GET /c HTTP/1.1\r\nHost: a\r\nX: Transfer-Encoding: chunked\r\n\r\n"),
    one("bytes above ASCII", b"GET /c HTTP/1.1\r\nHost: a\r\nX: \xc3\xa9\xff\r\n\r\n"),
    one("names in odd case", b"POST /c HTTP/1.1\r\nhOST: a\r\ncOntEnt-leNgth: 3\r\n\r\nabc"),
    one("names of odd bytes", b"GET /c HTTP/1.1\r\nHost: a\r\nX_y: z\r\n!#$%&'*+-.^_`|~: z\r\n\r\n"),
    one("the same name twice", b"GET /c HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n"),
    one("minor version of the future", b"GET /c HTTP/1.9\r\nHost: a\r\n\r\n"),
    one("method of one's own", b"M-SEARCH /c HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("target with escapes of line ends", b"GET /c%0d%0aHost:%20b HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("target with two slashes", b"GET //b/c HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("target with odd bytes", b"GET /c?<>[]{}|^` HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("target with a version", b"GET /c?HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("absolute target", b"GET http://a/c HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("absolute target with a port", b"GET http://a:80/c?d HTTP/1.1\r\nHost: A\r\n\r\n"),
    one("absolute target with a body", b"POST http://a/c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
    one("asterisk", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    // Bodies.
    one("length of zero", b"POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
    one("length with zeros before", b"POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 0000000000000000003\r\n\r\nabc"),
    one("length between blanks", b"POST /c HTTP/1.1\r\nHost: a\r\nContent-Length:\t 3 \t\r\n\r\nabc"),
    one("no length", b"POST /c HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("body that is a request", b"POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("body of line ends", b"POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\r\n\r\n"),
    one("GET with a body", b"GET /c HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("GET with chunks", b"GET /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    one("HEAD with a body", b"HEAD /c HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("DELETE with a body", b"DELETE /c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
    one("OPTIONS with a body", b"OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
    // Chunks.
    one("chunks", b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
    one("no chunk", b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    one("Transfer-Encoding: Chunked", b"POST /c HTTP/1.1\r\nHost: a\r\ntransfer-encoding:\tChunked \r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    one("chunk that is a request", b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n23\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n\r\n0\r\n\r\n"),
    one("chunk that ends the body", b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n\r\n0\r\n\r\n"),
    one("chunk size of capitals", b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n"),
    one("chunk size of 16 digits", b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n"),
    one("chunk extension", b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b;c\r\nabc\r\n0;d\r\n\r\n"),
    one("chunk extension in quotes", b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=\";\\\"0\"\r\nabc\r\n0\r\n\r\n"),
    one("trailer", b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"),
    one("trailers that look like a request", b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nGET: /smuggled HTTP/1.1\r\nX:\r\n\r\n"),
    // For the next hop only.
    one("TE: trailers", b"GET /c HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: trailers\r\n\r\n"),
    one("TE: chunked", b"POST /c HTTP/1.1\r\nHost: a\r\nTE: chunked, trailers;q=0.5\r\nContent-Length: 3\r\n\r\nabc"),
    one("Connection: content-length", b"POST /c HTTP/1.1\r\nHost: a\r\nConnection: content-length\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("Connection: transfer-encoding", b"POST /c HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n23\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n\r\n0\r\n\r\n"),
    one("Connection: host", b"GET /c HTTP/1.1\r\nHost: a\r\nConnection: host, connection, cookie\r\nCookie: a=b\r\n\r\n"),
    one("Keep-Alive and Proxy-Connection", b"GET /c HTTP/1.1\r\nHost: a\r\nKeep-Alive: timeout=1\r\nProxy-Connection: close\r\n\r\n"),
    last("Connection: close", b"GET /c HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n"),
    last("Connection: close and keep-alive", b"GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n"),
    one("Expect", b"POST /c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"),
    one("Expect without a body", b"GET /c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"),
    one("Expect with chunks", b"PUT /c HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    one("upgrade", b"GET /c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==\r\n\r\n"),
    one("upgrade with a body", b"POST /c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("upgrade to h2c", b"GET /c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"),
    // HTTP/1.0.
    last("1.0", b"GET /c HTTP/1.0\r\n\r\n"),
    last("1.0 with a host", b"GET /c HTTP/1.0\r\nHost: a\r\n\r\n"),
    last("1.0 with a body", b"POST /c HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"),
    one("1.0 that stays", b"GET /c HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
    one("1.0 that stays, with a host", b"GET /c HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n"),
    one("1.0 that stays, with a body", b"POST /c HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
    one("1.0 that stays, with TE and Expect", b"GET /c HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, TE\r\nTE: trailers\r\nExpect: 100-continue\r\n\r\n"),
    one("1.0 with an upgrade", b"GET /c HTTP/1.0\r\nHost: a\r\nConnection: upgrade, keep-alive\r\nUpgrade: websocket\r\n\r\n"),
];

const fn one(name: &'static str, bytes: &'static [u8]) -> Delicate {
    Delicate { name, bytes, last: false }
}

const fn last(name: &'static str, bytes: &'static [u8]) -> Delicate {
    Delicate { name, bytes, last: true }
}
