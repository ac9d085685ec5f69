//! Requests, responses, and the lines between them.

/// One exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// Lines of the frontend, parted by `|`.
    pub(crate) frontend: &'static str,
    /// Lines of the backend.
    pub(crate) backend: &'static str,
    /// The first line of the request, and its fields.
    pub(crate) request: &'static str,
    /// All that the server sends.
    pub(crate) response: &'static str,
}

const GZIP: &str = "compression algo gzip";
const TYPED: &str = "compression algo gzip|compression type text/html text/plain";
const GET: &str = "GET / HTTP/1.1|Accept-Encoding: gzip";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello hello";

/// A request, with gzip.
const fn asks(request: &'static str) -> Case {
    Case { frontend: GZIP, backend: "", request, response: OK }
}

/// A response to a client that takes gzip.
const fn says(response: &'static str) -> Case {
    Case { frontend: GZIP, backend: "", request: GET, response }
}

/// A response under a list of types.
const fn typed(response: &'static str) -> Case {
    Case { frontend: TYPED, ..says(response) }
}

/// Other lines.
const fn with(frontend: &'static str, backend: &'static str, request: &'static str) -> Case {
    Case { frontend, backend, request, response: OK }
}

/// What both do the same.
pub(crate) const CASES: &[Case] = &[
    // What the client accepts.
    asks(GET),
    asks("GET / HTTP/1.1"),
    asks("GET / HTTP/1.1|Accept-Encoding: "),
    asks("GET / HTTP/1.1|Accept-Encoding: GZIP"),
    asks("GET / HTTP/1.1|Accept-Encoding: br, deflate"),
    asks("GET / HTTP/1.1|Accept-Encoding: x-gzip"),
    asks("GET / HTTP/1.1|Accept-Encoding: gzip;q=0"),
    asks("GET / HTTP/1.1|Accept-Encoding: gzip; q=0.0"),
    asks("GET / HTTP/1.1|Accept-Encoding: gzip; q=0.001"),
    asks("GET / HTTP/1.1|Accept-Encoding: gzip ; level=1 ; q=0"),
    asks("GET / HTTP/1.1|Accept-Encoding: gzip;q=high"),
    asks("GET / HTTP/1.1|Accept-Encoding: *"),
    asks("GET / HTTP/1.1|Accept-Encoding: *;q=0"),
    asks("GET / HTTP/1.1|Accept-Encoding: identity, *;q=0.5"),
    asks("GET / HTTP/1.1|Accept-Encoding: br|Accept-Encoding: gzip"),
    asks("GET / HTTP/1.0|Accept-Encoding: gzip"),
    asks("HEAD / HTTP/1.1|Accept-Encoding: gzip"),
    asks("POST / HTTP/1.1|Accept-Encoding: gzip|Content-Length: 0"),
    asks("GET / HTTP/1.1|Accept-Encoding: gzip|User-Agent: Mozilla/4.0 (X11)"),
    asks(
        "GET / HTTP/1.1|Accept-Encoding: gzip|User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.0)",
    ),
    asks(
        "GET / HTTP/1.1|Accept-Encoding: gzip|User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
    ),
    asks(
        "GET / HTTP/1.1|Accept-Encoding: gzip|User-Agent: Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)",
    ),
    asks("GET / HTTP/1.1|Accept-Encoding: gzip|User-Agent: Mozilla/5.0 (X11; Linux x86_64)"),
    // Between algorithms.
    with("compression algo gzip deflate", "", "GET / HTTP/1.1|Accept-Encoding: gzip;q=0.5, deflate"),
    with("compression algo gzip deflate", "", "GET / HTTP/1.1|Accept-Encoding: deflate;q=0.5, gzip"),
    with("compression algo gzip deflate", "", "GET / HTTP/1.1|Accept-Encoding: gzip, deflate, br"),
    with("compression algo raw-deflate", "", "GET / HTTP/1.1|Accept-Encoding: deflate"),
    with("compression algo deflate", "", "GET / HTTP/1.1|Accept-Encoding: deflate"),
    with("compression algo gzip identity", "", "GET / HTTP/1.1|Accept-Encoding: gzip"),
    // Between the two sides.
    with("", GZIP, GET),
    with("", "", GET),
    with(GZIP, "compression algo deflate", GET),
    with(GZIP, "compression algo deflate", "GET / HTTP/1.1|Accept-Encoding: gzip, deflate;q=0.1"),
    with(GZIP, "compression type text/html", GET),
    with("compression type text/html", GZIP, GET),
    with("compression type text/html", "", GET),
    // Rules: those of requests come before, those of responses behind.
    with("http-request del-header accept-encoding|compression algo gzip", "", GET),
    with("http-request set-header accept-encoding gzip|compression algo gzip", "", "GET / HTTP/1.1"),
    with(GZIP, "http-request del-header accept-encoding", GET),
    with("http-response del-header vary|compression algo gzip", "", GET),
    with(
        "http-response return status 200 content-type text/plain string gone if { res.comp }|compression algo gzip",
        "",
        GET,
    ),
    with("http-response set-header etag %[res.hdr(content-encoding)]|compression algo gzip", "", GET),
    with("http-response set-header cache-control no-transform|compression algo gzip", "", GET),
    with("http-response set-status 206|compression algo gzip", "", GET),
    // The status.
    says("HTTP/1.1 201 X\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 202 X\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 203 X\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 204 X\r\n\r\n"),
    says("HTTP/1.1 206 X\r\nContent-Range: bytes 0-1/5\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 299 X\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 304 X\r\n\r\n"),
    says("HTTP/1.1 404 X\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 500 X\r\nContent-Length: 2\r\n\r\nhi"),
    // The framing.
    says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    says("HTTP/1.1 200 OK\r\n\r\nuntil the end"),
    says("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"),
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n"),
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    // What it says of itself.
    says("HTTP/1.1 200 OK\r\nContent-Encoding: exi\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nCache-Control: no-transform\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nCache-Control: public, No-Transform\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nCache-Control: public\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nETag: W/\"v1\"\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nETag: w/\"v1\"\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nETag: v1\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nETag: \"v2\"\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nVary: Cookie\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nVary: accept-encoding\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nContent-Type: Multipart/form-data\r\nContent-Length: 2\r\n\r\nhi"),
    says("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 2\r\n\r\nhi"),
    // Under a list of types.
    typed("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"),
    typed("HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; charset=utf-8\r\nContent-Length: 2\r\n\r\nhi"),
    typed("HTTP/1.1 200 OK\r\nContent-Type: text/plainly\r\nContent-Length: 2\r\n\r\nhi"),
    typed("HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 2\r\n\r\nhi"),
    typed("HTTP/1.1 200 OK\r\nContent-Type: text\r\nContent-Length: 2\r\n\r\nhi"),
    typed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
];

/// What they do not: our choice, and HAProxy's.
pub(crate) const LATER: &[(Case, &str, &str)] = &[
    // Of equals the first in the configuration; with HAProxy the first that the client names.
    (
        with("compression algo gzip deflate", "", "GET / HTTP/1.1|Accept-Encoding: deflate, gzip"),
        "gzip",
        "deflate",
    ),
    // Any will do: the first; with HAProxy the last.
    (with("compression algo gzip deflate", "", "GET / HTTP/1.1|Accept-Encoding: *"), "gzip", "deflate"),
    // `*` is all that are not named (RFC 9110 section 12.5.3).
    (with("compression algo gzip", "", "GET / HTTP/1.1|Accept-Encoding: gzip;q=0, *"), "-", "gzip"),
];
