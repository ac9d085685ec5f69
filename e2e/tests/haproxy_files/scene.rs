//! One golden file on this machine: its doors on free ports, an origin behind each of its servers.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use sluicegate_e2e::{Connection, Haproxy, Head, Origin, Sluicegate, free_address};

/// Which program serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Haproxy,
    Sluicegate,
}

/// A request: the number of the `bind` line, the host, method and target, and header lines.
#[derive(Debug)]
pub(crate) struct Request {
    door: usize,
    host: &'static str,
    line: &'static str,
    headers: &'static str,
}

const fn get(host: &'static str, line: &'static str) -> Request {
    Request { door: 0, host, line, headers: "" }
}

impl Request {
    const fn door(mut self, door: usize) -> Self {
        self.door = door;
        self
    }

    const fn with(mut self, headers: &'static str) -> Self {
        self.headers = headers;
        self
    }
}

/// What came of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Status, header fields and body that the client got; the body names the server.
    client: (u16, BTreeSet<String>, String),
    /// Request line and header fields that the server got.
    server: Option<(String, BTreeSet<String>)>,
}

/// A file that can be served here.
pub(crate) struct Scene {
    text: String,
    doors: Vec<SocketAddr>,
    origins: Vec<Origin>,
}

/// Lines of `global` that need a system that is prepared for them.
const OF_THE_SYSTEM: &[&str] =
    &["chroot", "user", "group", "daemon", "pidfile", "stats", "log", "crt-base", "ca-base", "nbproc"];

/// How the pages that are built in begin.
const BUILT_IN_PAGE: &str = "<html><body><h1>";

impl Scene {
    /// `folder` holds the files that it names.
    pub(crate) async fn of(text: &str, folder: &Path) -> Self {
        let mut scene = Self { text: String::new(), doors: Vec::new(), origins: Vec::new() };
        let (mut section, mut proxy) = ("", "");
        for line in text.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            if !line.starts_with([' ', '\t']) {
                (section, proxy) =
                    (words.first().copied().unwrap_or(section), words.get(1).copied().unwrap_or_default());
            }
            match words.as_slice() {
                [first, ..] if section == "global" && OF_THE_SYSTEM.contains(first) => {}
                ["log", ..] => {}
                ["bind", _, rest @ ..] if rest.contains(&"ssl") => {}
                ["bind", _, rest @ ..] => {
                    let door = free_address();
                    scene.doors.push(door);
                    scene.line(&format!("    bind {door} {}", rest.join(" ")));
                }
                ["server", name, _, rest @ ..] => {
                    let origin = Origin::start(&format!("{proxy}/{name}")).await;
                    scene.line(&format!("    server {name} {} {}", origin.address(), rest.join(" ")));
                    scene.origins.push(origin);
                }
                _ => scene.line(&located(line, folder)),
            }
        }
        scene
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Serves it, and sends it these requests, one after the other, each on a connection of its own.
    pub(crate) async fn play(self, wanted: Wanted, requests: &[Request]) -> Vec<Outcome> {
        let _haproxy;
        let _sluicegate;
        match wanted {
            Wanted::Haproxy => _haproxy = Haproxy::run(&self.text).await,
            Wanted::Sluicegate => _sluicegate = Sluicegate::run(&self.text).await,
        }
        let mut outcomes = Vec::new();
        for (number, request) in requests.iter().enumerate() {
            outcomes.push(self.outcome(number, request).await);
        }
        outcomes
    }

    async fn outcome(&self, number: usize, request: &Request) -> Outcome {
        // The mark tells this request from checks and from those before it.
        let Request { door, host, line, headers } = request;
        let bytes = format!("{line} HTTP/1.1\r\nHost: {host}\r\nX-Mark: {number}\r\n{headers}\r\n");
        let answer = Connection::open(self.doors[*door]).await.unwrap().request(bytes).await.unwrap();
        let fields = |head: &Head| -> BTreeSet<String> { self.fields(head) };
        let mut client =
            (answer.status(), fields(&answer.head), String::from_utf8_lossy(&answer.body).into_owned());
        if client.2.starts_with(BUILT_IN_PAGE) {
            // Each program has its own words for people.
            client.1.retain(|field| !field.starts_with("content-length:"));
            client.2.truncate(BUILT_IN_PAGE.len());
        }
        let mark = number.to_string();
        // A check may have come after it.
        let mut sent = self.origins.iter().filter_map(|origin| origin.last_request_with("x-mark", &mark));
        let server = sent.next().map(|seen| (seen.head.start_line.clone(), fields(&seen.head)));
        Outcome { client, server }
    }

    /// The header fields as a set. What differs from one run to the next by nature is left out or named.
    fn fields(&self, head: &Head) -> BTreeSet<String> {
        let plain = |value: &str| -> String {
            if let Some(door) = self.doors.iter().position(|door| door.port().to_string() == value) {
                return format!("the port of door {door}");
            }
            match value.split_once("/haproxy.cfg:") {
                Some((_, place)) => format!("haproxy.cfg:{place}"),
                None => value.to_owned(),
            }
        };
        let fields = head.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("date"));
        fields.map(|(name, value)| format!("{}: {}", name.to_ascii_lowercase(), plain(value))).collect()
    }
}

/// Names a file by its place.
fn located(line: &str, folder: &Path) -> String {
    let mut line = line.to_owned();
    for kind in ["errors/", "lists/", "maps/", "pages/"] {
        line = line.replace(&format!(" {kind}"), &format!(" {}/{kind}", folder.display()));
    }
    line
}

/// Files that are served whole, and what is asked of them.
pub(crate) const REQUESTS: &[(&str, &[Request])] = &[
    (
        "debian-default",
        &[get("a", "GET /"), get("a", "GET /x?y=z"), get("a", "HEAD /"), get("a", "GET /bytes/20000")],
    ),
    (
        "rhel-default",
        &[
            get("a", "GET /static/a"),
            get("a", "GET /IMAGES/a.html"),
            get("a", "GET /logo.PNG"),
            get("a", "GET /app"),
            get("a", "GET /app"),
            get("a", "GET /app"),
            get("a", "GET /app").with("X-Forwarded-For: 192.0.2.1\r\n"),
            get("a", "GET /app"),
        ],
    ),
    (
        "many-hosts",
        &[
            get("blog.example.org", "GET /"),
            get("BLOG.example.org", "GET /").door(1),
            get("www.shop.example.org", "GET /"),
            get("api.example.org", "GET /v1/things/7?q=1"),
            get("api.example.org", "GET /v2/"),
            get("api.example.org", "GET /v3/"),
            get("elsewhere.example.org", "GET /"),
        ],
    ),
    (
        "acl-files",
        &[
            get("a", "GET /"),
            get("a", "GET /x").with("User-Agent: a BADbot 2.0\r\n"),
            get("a", "GET /site.CSS"),
            get("a", "GET /assets/logo"),
            get("a", "GET /static/x"),
        ],
    ),
    (
        "security-headers",
        &[
            get("a", "GET /"),
            get("a", "GET /").with("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: gopher\r\n"),
        ],
    ),
    (
        "quoting",
        &[
            get("a", "GET /"),
            get("a", "GET /abc/12"),
            get("a", "GET /abc/12").with("User-Agent: Mozilla/4.0 (compatible)\r\n"),
        ],
    ),
    ("named-defaults", &[get("a", "GET /"), get("a", "GET /reports/2024"), get("a", "GET /x").door(1)]),
    ("several-defaults", &[get("a", "GET /"), get("a", "GET /ssh").door(1)]),
    ("windows-line-ends", &[get("a", "GET /a.png"), get("a", "GET /a.gif?x"), get("a", "GET /a")]),
    ("conditional", &[get("a", "GET /"), get("a", "GET /again")]),
    ("gitlab", &[get("a", "GET /"), get("a", "GET /group/project").with("X-Forwarded-For: 192.0.2.9\r\n")]),
    (
        "log-formats",
        &[
            get("a", "GET /").door(0),
            get("a", "GET /").door(1),
            get("a", "GET /").door(2),
            get("a", "GET /").door(3),
        ],
    ),
    ("errorfiles", &[get("a", "GET /"), get("a", "POST /x").with("Content-Length: 0\r\n")]),
    (
        "redirects",
        &[
            get("www.example.org", "GET /page?x=1"),
            get("a", "GET /"),
            get("a", "GET /app?x=1"),
            get("a", "GET /login/form"),
            get("a", "GET /logout"),
            get("a", "GET /else"),
        ],
    ),
    (
        "letsencrypt",
        &[get("example.org", "GET /.well-known/acme-challenge/x"), get("example.org", "GET /page?x=1")],
    ),
    ("jenkins", &[get("a", "GET /jenkins?x=1"), get("a", "GET /jenkins/job")]),
];
