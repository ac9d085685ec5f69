//! Checks of HTTP over HTTP/2: what a server hears is what it hears from HAProxy, and so is what is told of it.

use sluicegate_e2e::{Haproxy, Scripted, Sluicegate};

use super::compared::verdicts;
use super::console;
use super::server::Server;

/// Lines of a backend, and options of its server.
const CASES: [(&str, &str); 6] = [
    ("    option httpchk GET /health\n", "proto h2"),
    ("    option httpchk HEAD /\n", "check-proto h2"),
    (
        "    option httpchk\n    http-check send meth PUT uri /a?b ver HTTP/1.1 hdr Host site.test hdr X-One 1 body hello\n    \
         http-check expect string hello\n",
        "proto h2",
    ),
    (
        "    option httpchk\n    http-check connect proto h2\n    http-check send meth GET uri /c hdr x-two 2\n    \
         http-check expect hdr name x-heard\n",
        "",
    ),
    ("    option httpchk GET /d\n    http-check expect ! status 200\n", "proto h2"),
    ("    option httpchk GET /e\n    http-check expect string up\n", "proto h2"),
];

const DEFAULTS: &str = "defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    default-server inter 1500ms downinter 3s rise 1 fall 1
";

async fn site() -> (String, Vec<Server>) {
    let (mut text, mut servers) = (DEFAULTS.to_owned(), Vec::new());
    for (number, (lines, options)) in CASES.iter().enumerate() {
        let server = Server::start().await;
        text.push_str(&format!(
            "backend b{number}\n{lines}    server s {} check {options}\n",
            server.address()
        ));
        servers.push(server);
    }
    (text, servers)
}

#[tokio::test]
async fn checks_over_http2_are_those_of_haproxy() {
    let (_ours, our_console, our_line) = console();
    let (_theirs, their_console, their_line) = console();
    let ((our_text, our_servers), (their_text, their_servers)) = (site().await, site().await);
    let mut sluicegate = Sluicegate::run(&format!("{our_line}{our_text}")).await;
    sluicegate.process().wait_for("the console listens on").await;
    let _haproxy = Haproxy::run(&format!("{their_line}{their_text}")).await;
    let count = CASES.len();
    let (found, wanted) = tokio::join!(verdicts(&our_console, count), verdicts(&their_console, count));
    assert_eq!(found, wanted);
    for (number, (ours, theirs)) in our_servers.iter().zip(&their_servers).enumerate() {
        // HAProxy names the server in `host`, which `:authority` is for (RFC 9113 section 8.3.1).
        let heard = |server: &Server| {
            let request = server.last();
            let (uri, mut fields) = (request.uri(), request.headers().clone());
            let host = fields.remove("host").map(|host| host.to_str().unwrap().to_owned());
            let host = host.or_else(|| uri.authority().map(ToString::to_string));
            let mut fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
            fields.sort_unstable();
            format!("{} {host:?} {:?} {fields:?}", request.method(), uri.path_and_query())
        };
        assert_eq!(heard(ours), heard(theirs), "{number}");
    }
}

/// Servers that do not speak it.
#[tokio::test]
async fn what_is_no_http2_is_told_as_with_haproxy() {
    use sluicegate_e2e::Does::{Closes, HearsHead, Resets, Says};
    let mut programs = Vec::new();
    for _ in 0..2 {
        let (mut text, mut servers) = (DEFAULTS.to_owned(), Vec::new());
        for (name, does) in [
            ("old", &[Says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")][..]),
            ("banner", &[Says(b"SSH-2.0-OpenSSH_9.2p1\r\n"), HearsHead, Closes]),
            ("resets", &[Resets]),
        ] {
            let server = Scripted::start(does).await;
            let at = server.address();
            text.push_str(&format!("backend {name}\n    option httpchk\n    server s {at} check proto h2\n"));
            servers.push(server);
        }
        programs.push((text, servers, console()));
    }
    let [ours, theirs] = &programs[..] else { panic!() };
    let mut sluicegate = Sluicegate::run(&format!("{}{}", ours.2.2, ours.0)).await;
    sluicegate.process().wait_for("the console listens on").await;
    let _haproxy = Haproxy::run(&format!("{}{}", theirs.2.2, theirs.0)).await;
    let (found, wanted) = tokio::join!(verdicts(&ours.2.1, 3), verdicts(&theirs.2.1, 3));
    assert_eq!(found, wanted);
}
