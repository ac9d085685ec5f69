//! Exchanges for one URL, one after the other.

/// A request, and what the server says if it is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// Method, version and fields, parted by `|`.
    pub(crate) request: &'static str,
    pub(crate) response: &'static str,
}

/// What is asked of one URL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// The frontend: `small`, `vary`.
    pub(crate) cache: &'static str,
    pub(crate) steps: &'static [Step],
}

const fn step(request: &'static str, response: &'static str) -> Step {
    Step { request, response }
}

const fn small(steps: &'static [Step]) -> Case {
    Case { cache: "small", steps }
}

const fn vary(steps: &'static [Step]) -> Case {
    Case { cache: "vary", steps }
}

const GET: &str = "GET 1.1";
/// What the server says the second time.
const NEW: Step = step(GET, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nETag: \"new\"\r\n\r\nnew");

/// A response, and the same request again.
macro_rules! twice {
    ($($fields:literal),* $(,)?) => {
        [$(small(&[
            step(GET, concat!("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", $fields, "\r\nold")),
            NEW,
        ])),*]
    };
}

/// Whether a response with these fields is kept.
pub(crate) const KEPT: [Case; 25] = twice![
    "",
    "Cache-Control: max-age=60\r\n",
    "cache-control: Max-Age=60\r\n",
    "Cache-Control: max-age=0\r\n",
    "Cache-Control: max-age=60, s-maxage=0\r\n",
    "Cache-Control: public\r\n",
    "Cache-Control: public, max-age=60\r\n",
    "Cache-Control: private, max-age=60\r\n",
    "Cache-Control: no-cache, max-age=60\r\n",
    "Cache-Control: no-store, max-age=60\r\n",
    "Cache-Control: no-cache=\"set-cookie\", max-age=60\r\n",
    "Cache-Control: max-age=\"60\"\r\n",
    "Cache-Control: must-revalidate, max-age=60\r\n",
    "Pragma: no-cache\r\nCache-Control: max-age=60\r\n",
    "ETag: \"a\"\r\n",
    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    "Expires: Fri, 06 Nov 2099 08:49:37 GMT\r\n",
    "Expires: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    "Expires: 0\r\n",
    "Cache-Control: max-age=60\r\nExpires: 0\r\n",
    "Cache-Control: max-age=60\r\nSet-Cookie: a=b\r\n",
    "Cache-Control: max-age=60\r\nVary: Accept-Encoding\r\n",
    "Cache-Control: max-age=60\r\nContent-Encoding: gzip\r\n",
    "Cache-Control: max-age=60\r\nAge: 61\r\n",
    "Cache-Control: max-age=60\r\nAge: old\r\n",
];

const FRESH: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=60\r\nETag: \"a\"\r\n\
    Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\nhello";
const OTHER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=60\r\n\r\nother";
const DONE: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// What is kept, and then another request.
macro_rules! then {
    ($($request:literal),* $(,)?) => {
        [$(small(&[step(GET, FRESH), step($request, OTHER), step(GET, OTHER)])),*]
    };
}

/// One of them.
macro_rules! kept {
    ($fields:literal) => {{
        let [case] = twice![$fields];
        case
    }};
}

/// What requests get, and what they change.
pub(crate) const ASKED: [Case; 30] = then![
    "GET 1.1",
    "HEAD 1.1",
    "GET 1.0",
    "POST 1.1|Content-Length: 0",
    "PUT 1.1|Content-Length: 0",
    "DELETE 1.1",
    "OPTIONS 1.1",
    "PURGE 1.1",
    "GET 1.1|Cache-Control: no-cache",
    "GET 1.1|Cache-Control: max-age=0",
    "GET 1.1|Cache-Control: max-age=60",
    "GET 1.1|Cache-Control: max-stale",
    "GET 1.1|Cache-Control: min-fresh=5",
    "GET 1.1|Cache-Control: only-if-cached",
    "GET 1.1|Cache-Control: no-transform",
    "GET 1.1|Pragma: no-cache",
    "GET 1.1|Pragma: no-cache|Cache-Control: no-transform",
    "GET 1.1|Authorization: Basic eDp5",
    "GET 1.1|Cookie: a=b",
    "GET 1.1|Range: bytes=0-1",
    "GET 1.1|If-None-Match: \"a\"",
    "GET 1.1|If-None-Match: W/\"a\"",
    "GET 1.1|If-None-Match: \"b\", \"a\"",
    "GET 1.1|If-None-Match: \"b\"",
    "GET 1.1|If-None-Match: *",
    "HEAD 1.1|If-None-Match: \"a\"",
    "GET 1.1|If-None-Match: \"b\"|If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
    "GET 1.1|If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
    "GET 1.1|If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT",
    "GET 1.1|If-Modified-Since: yesterday",
];

const GZIP: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nCache-Control: max-age=60\r\n\
    Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\n\r\ngzip";
const PLAIN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=60\r\n\
    Vary: Accept-Encoding\r\n\r\nplain";
const REFERER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nCache-Control: max-age=60\r\n\
    Vary: referer\r\n\r\nreferer";
const BOTH: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nCache-Control: max-age=60\r\n\
    Vary: Referer, Accept-Encoding\r\n\r\nboth";
const COOKIE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nCache-Control: max-age=60\r\n\
    Vary: Cookie\r\n\r\ncookie";
const STRANGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nCache-Control: max-age=60\r\n\
    Vary: Accept-Encoding\r\nContent-Encoding: strange\r\n\r\nstrange";

const WITH_GZIP: &str = "GET 1.1|Accept-Encoding: gzip";
const WITH_BR: &str = "GET 1.1|Accept-Encoding: br";

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: \"a\"\r\n\r\n\
    2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
const ORIGIN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nCache-Control: max-age=60\r\n\
    Vary: Origin\r\n\r\norigin";

/// The rest.
pub(crate) const OTHERS: &[Case] = &[
    // Statuses and methods that are not kept.
    small(&[
        step(GET, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nCache-Control: max-age=60\r\n\r\n"),
        NEW,
    ]),
    small(&[step(GET, "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nCache-Control: max-age=60\r\n\r\n"), NEW]),
    small(&[step("HEAD 1.1", FRESH), NEW]),
    small(&[step("POST 1.1|Content-Length: 0", FRESH), NEW]),
    small(&[step("GET 1.0", FRESH), NEW]),
    // What only some requests may have.
    small(&[step("GET 1.1|Authorization: Basic eDp5", FRESH), NEW]),
    small(&[step("GET 1.1|Cache-Control: no-cache", FRESH), NEW]),
    // What changes a URL makes it be asked for again, if it has done so.
    small(&[step(GET, FRESH), step("POST 1.1|Content-Length: 0", DONE), NEW]),
    small(&[
        step(GET, FRESH),
        step("POST 1.1|Content-Length: 0", "HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n"),
        NEW,
    ]),
    small(&[
        step(GET, FRESH),
        step("POST 1.1|Content-Length: 0", "HTTP/1.1 303 Other\r\nContent-Length: 0\r\n\r\n"),
        NEW,
    ]),
    // Nothing at all, and a body that is cut off.
    small(&[step(GET, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: \"a\"\r\n\r\n"), NEW]),
    small(&[step(GET, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nETag: \"a\"\r\n\r\nhell"), NEW]),
    small(&[
        step(GET, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: \"a\"\r\n\r\n5\r\nhello\r\n"),
        NEW,
    ]),
    // Without a length, and in an old version.
    small(&[step(GET, "HTTP/1.1 200 OK\r\nETag: \"a\"\r\n\r\nhello"), NEW]),
    small(&[step(GET, CHUNKED), NEW]),
    small(&[step(GET, CHUNKED), step("HEAD 1.1", OTHER)]),
    small(&[step(GET, "HTTP/1.0 200 OK\r\nETag: \"a\"\r\nContent-Length: 5\r\n\r\nhello"), NEW]),
    // What it varies by.
    vary(&[step(WITH_GZIP, GZIP), step(WITH_GZIP, PLAIN)]),
    vary(&[step(WITH_GZIP, GZIP), step(WITH_BR, PLAIN), step(WITH_GZIP, PLAIN), step(WITH_BR, GZIP)]),
    vary(&[step(WITH_GZIP, GZIP), step("GET 1.1|Accept-Encoding: br, GZIP;q=0.5", PLAIN)]),
    vary(&[step(WITH_GZIP, GZIP), step("GET 1.1|Accept-Encoding: gzip;q=0", PLAIN)]),
    vary(&[step(WITH_GZIP, GZIP), step("GET 1.1|Accept-Encoding: *", PLAIN)]),
    vary(&[step(WITH_GZIP, GZIP), step(GET, PLAIN)]),
    vary(&[step(WITH_GZIP, GZIP), step("GET 1.1|Accept-Encoding: identity", PLAIN)]),
    vary(&[step(WITH_GZIP, PLAIN), step(GET, GZIP)]),
    vary(&[step(WITH_GZIP, PLAIN), step("GET 1.1|Accept-Encoding: br, identity;q=0", GZIP)]),
    vary(&[step(WITH_GZIP, STRANGE), step(WITH_GZIP, PLAIN)]),
    vary(&[step("GET 1.1|Referer: a", REFERER), step("GET 1.1|Referer: b", PLAIN)]),
    vary(&[step("GET 1.1|Referer: a", REFERER), step(GET, PLAIN)]),
    vary(&[
        step("GET 1.1|Referer: a|Accept-Encoding: br", BOTH),
        step("GET 1.1|Referer: a|Accept-Encoding: br", PLAIN),
    ]),
    vary(&[step("GET 1.1|Referer: a|Accept-Encoding: br", BOTH), step("GET 1.1|Referer: a", PLAIN)]),
    vary(&[step(GET, COOKIE), step(GET, PLAIN)]),
    vary(&[step(GET, FRESH), step(WITH_BR, OTHER)]),
    // Two of one URL at most.
    vary(&[
        step("GET 1.1|Referer: a", BOTH),
        step("GET 1.1|Referer: b", BOTH),
        step("GET 1.1|Referer: c", BOTH),
        step("GET 1.1|Referer: c", BOTH),
        step("GET 1.1|Referer: a", BOTH),
    ]),
];

/// Where a cache and HAProxy's differ: who answers ours, and who theirs (`s`erver, `c`ache).
pub(crate) const DIFFERENT: &[(Case, &str, &str)] = &[
    // RFC 9111 section 5.2.2.10: a shared cache looks at s-maxage alone.
    (kept!("Cache-Control: s-maxage=60, max-age=0\r\n"), "sc", "ss"),
    // Fresh for 60 seconds from when it was made: none are left.
    (kept!("Cache-Control: max-age=60\r\nAge: 60\r\n"), "ss", "sc"),
    // Field names do not make them harmless.
    (kept!("Cache-Control: max-age=60, private=\"x-user\"\r\n"), "ss", "sc"),
    // HAProxy 2.6 never finds what varies by Referer alone.
    (vary(&[step("GET 1.1|Referer: a", REFERER), step("GET 1.1|Referer: a", PLAIN)]), "sc", "ss"),
    (vary(&[step(GET, REFERER), step(GET, PLAIN)]), "sc", "ss"),
    // As later releases.
    (vary(&[step("GET 1.1|Origin: a", ORIGIN), step("GET 1.1|Origin: a", PLAIN)]), "sc", "ss"),
    (vary(&[step("GET 1.1|Origin: a", ORIGIN), step("GET 1.1|Origin: b", PLAIN)]), "ss", "ss"),
];
