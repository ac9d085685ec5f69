//! Cookies that keep clients with their server, beside Debian's HAProxy: who answers, what servers and clients see of
//! the cookie, and what the log says of it.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Haproxy, Origin, Sluicegate, Syslog, free_address};

/// What backends say.
const RULES: &[(&str, &str)] = &[
    ("read", "cookie SRV"),
    ("insert", "cookie SRV insert"),
    ("indirect", "cookie SRV insert indirect nocache"),
    ("post", "cookie SRV insert postonly"),
    ("preserve", "cookie SRV insert preserve"),
    ("kept", "cookie SRV indirect preserve"),
    ("hidden", "cookie SRV indirect"),
    ("rewrite", "cookie SRV rewrite"),
    ("prefix", "cookie SRV prefix"),
    ("dated", "cookie SRV insert indirect maxidle 10m maxlife 1h"),
    ("idle", "cookie SRV insert maxidle 600"),
    ("attributes", "cookie SRV insert httponly secure domain .a.test domain b.test attr SameSite=Lax attr X"),
    ("dynamic", "cookie SRV insert dynamic\n    dynamic-cookie-key key"),
    ("persist", "cookie SRV insert\n    option persist"),
    (
        "forced",
        "cookie SRV insert\n    force-persist if { hdr(x-do) force }\n    ignore-persist if { hdr(x-do) ignore }",
    ),
    (
        "assigned",
        "cookie SRV insert\n    use-server b if { hdr(x-do) force }\n    use-server d if { hdr(x-do) ignore }\n    use-server %[hdr(x-do)] if { hdr(x-do) -m found }",
    ),
];

/// What is asked, beside the path.
fn requests() -> Vec<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut all: Vec<String> = [
        "",
        "Cookie: SRV=a",
        "Cookie: SRV=b",
        "Cookie: SRV=d",
        "Cookie: SRV=nobody",
        "Cookie: SRV=",
        "Cookie: x=1; SRV=b; y=2",
        "Cookie: srv=b;XSRV=b; SRVX=b",
        "Cookie: SRV=b~inner; z=1",
        "Cookie: SRV=\"b\"",
        "Cookie: x=1\r\nCookie: SRV=b\r\nCookie: y=2",
        "Cookie: SRV=nobody; SRV=b",
        "Cookie: SRV=b|AAAAA|AAAAA",
        "Cookie: SRV=b|A",
        "Cookie: SRV=b\r\nX-Say: Set-Cookie: SRV=own; path=/x",
        "Cookie: SRV=b\r\nX-Say: Set-Cookie: other=1\r\nX-Say: Set-Cookie: SRV=own\r\nX-Say: Set-Cookie: third=1",
        "X-Say: Set-Cookie: SRV=own; path=/x",
        "X-Say: Cache-Control: max-age=60",
        "X-Say: Cache-Control: max-age=60, private",
        "X-Say: ETag: \"x\"",
        "X-Do: force\r\nCookie: SRV=d",
        "X-Do: ignore\r\nCookie: SRV=b",
        "X-Do: c\r\nCookie: SRV=b",
        "X-Do: nobody",
    ]
    .map(str::to_owned)
    .into();
    for (last, first) in [(10, 20), (700, 800), (10, 4_000), (1_000, 4_000)] {
        all.push(format!("Cookie: SRV=b|{}|{}", date(now - last), date(now - first)));
    }
    all
}

/// As HAProxy writes dates.
fn date(seconds: u64) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |place: u32| char::from(ALPHABET[((seconds / 4) >> (6 * place)) as usize % 64]);
    (0..5).rev().map(digit).collect()
}

fn configuration(entry: SocketAddr, log: SocketAddr, origins: &[Origin]) -> String {
    let routes: String = RULES
        .iter()
        .map(|(name, _)| format!("    use_backend {name} if {{ path_beg /{name}/ }}\n"))
        .collect();
    let servers: String = [("a", "cookie a"), ("b", "cookie b"), ("c", "backup"), ("d", "cookie d disabled")]
        .iter()
        .zip(origins)
        .map(|((name, rest), origin)| format!("    server {name} {} {rest}\n", origin.address()))
        .collect();
    let backends: String = RULES
        .iter()
        .map(|(name, lines)| {
            // What is made of an address needs no value.
            let servers = if *name == "dynamic" {
                servers.replace(" cookie a", "").replace(" cookie b", "")
            } else {
                servers.clone()
            };
            format!("backend {name}\n    retries 0\n    {lines}\n{servers}")
        })
        .collect();
    format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    log {log} local0\n    log-format %tsc\n{routes}{backends}"
    )
}

/// What a request came to.
async fn exchange(
    entry: SocketAddr,
    log: &mut Syslog,
    origins: &[Origin],
    (path, lines): (&str, &str),
) -> String {
    let mut connection = Connection::open(entry).await.unwrap();
    let method = if path.ends_with("/post") { "POST" } else { "GET" };
    let lines = if lines.is_empty() { String::new() } else { format!("{lines}\r\n") };
    let head = format!("{method} {path} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n{lines}\r\n");
    let answer = connection.request(head).await.unwrap();
    let name = if answer.status() == 200 { answer.text() } else { "-".to_owned() };
    let heard = origins.iter().find(|origin| origin.name() == name).and_then(Origin::last_request);
    let heard: Vec<String> =
        heard.iter().flat_map(|it| it.head.headers_named("cookie")).map(str::to_owned).collect();
    let given: Vec<String> = answer.head.headers_named("set-cookie").map(undated).collect();
    let cached: Vec<&str> = answer.head.headers_named("cache-control").collect();
    let logged = log.line().await;
    let letters = logged.rsplit(' ').next().unwrap_or_default().to_owned();
    format!("{} {name} {letters} heard {heard:?} given {given:?} cached {cached:?}", answer.status())
}

/// A clock may strike between two proxies.
fn undated(line: &str) -> String {
    let mut text = line.to_owned();
    let mut from = 0;
    while let Some(at) = text[from..].find('|') {
        let start = from + at + 1;
        text.replace_range(start..start + 5, "-----");
        from = start;
    }
    text
}

#[tokio::test]
async fn cookies_are_haproxys() {
    let mut origins = Vec::new();
    for name in ["a", "b", "c"] {
        origins.push(Origin::start(name).await);
    }
    origins.push(Origin::absent("d"));
    let (mut our_log, mut their_log) = (Syslog::udp().await, Syslog::udp().await);
    let (ours, theirs) = (free_address(), free_address());
    let _sluicegate = Sluicegate::run(&configuration(ours, our_log.address(), &origins)).await;
    let _haproxy = Haproxy::run(&configuration(theirs, their_log.address(), &origins)).await;
    let mut differ = Vec::new();
    for (rule, _) in RULES {
        for lines in requests() {
            for path in [format!("/{rule}/"), format!("/{rule}/post")] {
                let mine = exchange(ours, &mut our_log, &origins, (&path, &lines)).await;
                let its = exchange(theirs, &mut their_log, &origins, (&path, &lines)).await;
                if mine != its {
                    differ.push(format!("{path} {lines:?}\n  ours:    {mine}\n  HAProxy: {its}"));
                }
            }
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}
