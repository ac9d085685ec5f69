//! Checks over TLS, beside HAProxy.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use sluicegate_e2e::console::{ask, row, socket};
use sluicegate_e2e::{Haproxy, PATIENCE, Sluicegate, free_address};
use tokio::time::{Instant, sleep};

use super::{Authority, Files};

const DEFAULTS: &str = "defaults
    mode tcp
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    timeout check 1s
    default-server inter 1500ms rise 1 fall 1
";

/// How often statistics are looked at: they are not told of.
const LOOK: Duration = Duration::from_millis(40);

/// Servers in the manner of TLS and in clear, and one that never answers.
struct Peers {
    secure: SocketAddr,
    strange: SocketAddr,
    clear: SocketAddr,
    silent: SocketAddr,
}

fn cases(peers: &Peers, trusted: &str) -> Vec<(&'static str, String, &'static str)> {
    let Peers { secure, strange, clear, silent } = peers;
    let (secure_port, clear_port) = (secure.port(), clear.port());
    let server = |address: &SocketAddr, options: &str| format!("    server s {address} check {options}\n");
    let http = "    option httpchk\n    http-check send meth GET uri / ver HTTP/1.1 hdr Host a.test\n";
    let script = |line: &str| format!("    option tcp-check\n    {line}\n");
    vec![
        ("connects", server(secure, &format!("ssl {trusted}")), "UP L6OK"),
        (
            "asks",
            http.to_owned() + &server(secure, &format!("ssl {trusted} verifyhost a.test")),
            "UP L7OK/200",
        ),
        (
            "named",
            http.to_owned() + &server(secure, &format!("ssl {trusted} check-sni a.test")),
            "UP L7OK/200",
        ),
        ("misnamed", server(secure, &format!("ssl {trusted} check-sni b.test")), "DOWN L6RSP"),
        ("strange", server(strange, &format!("ssl {trusted}")), "DOWN L6RSP"),
        ("anybody", server(strange, "ssl verify none"), "UP L6OK"),
        ("forced", server(secure, "check-ssl verify none"), "UP L6OK"),
        ("in-clear", server(clear, "check-ssl verify none"), "DOWN L6RSP"),
        ("elsewhere", server(secure, &format!("ssl verify none port {clear_port}")), "UP L4OK"),
        ("elsewhere-too", server(clear, &format!("ssl verify none check-ssl port {secure_port}")), "UP L6OK"),
        ("never", server(secure, "ssl verify none no-check-ssl"), "UP L4OK"),
        ("silent", server(silent, "ssl verify none"), "DOWN L6TOUT"),
        ("step", script("tcp-check connect ssl") + &server(secure, "verify none"), "UP L6OK"),
        ("step-in-clear", script("tcp-check connect") + &server(secure, "ssl verify none"), "UP L4OK"),
        ("step-named", script("tcp-check connect ssl sni b.test") + &server(secure, trusted), "DOWN L6RSP"),
        ("protocol", http.to_owned() + &server(secure, "ssl verify none check-alpn http/1.1"), "UP L7OK/200"),
    ]
}

/// State and result of each server's first probe.
async fn verdicts(console: &Path, names: &[&str]) -> BTreeMap<String, String> {
    let began = Instant::now();
    let mut found = BTreeMap::new();
    while found.len() < names.len() {
        assert!(began.elapsed() < PATIENCE, "{found:?} of {names:?}");
        let statistics = ask(console, "show stat\n").await;
        for &name in names {
            let server = format!("{name},s");
            let cell = row(&statistics, &server);
            let (status, word, code) = (cell("status"), cell("check_status"), cell("check_code"));
            if !word.is_empty() && word != "INI" && !word.starts_with('*') {
                let code = if code.is_empty() || code == "0" { String::new() } else { format!("/{code}") };
                found.entry(name.to_owned()).or_insert(format!("{status} {word}{code}"));
            }
        }
        sleep(LOOK).await;
    }
    found
}

/// Which servers are spoken to over TLS, as the console tells it.
async fn spoken_to_over_tls(console: &Path) -> Vec<(String, String)> {
    let told = ask(console, "show servers state\n").await;
    let mut lines =
        told.lines().skip(1).map(|line| line.trim_start_matches("# ").split(' ').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let at = |name| names.iter().position(|known| *known == name).unwrap();
    let (backend, ssl) = (at("be_name"), at("srv_use_ssl"));
    lines.filter(|row| row.len() > ssl).map(|row| (row[backend].to_owned(), row[ssl].to_owned())).collect()
}

#[tokio::test]
async fn servers_are_judged_over_tls_as_haproxy_judges_them() {
    let files = Files::new();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peers = Peers {
        secure: free_address(),
        strange: free_address(),
        clear: free_address(),
        silent: silent.local_addr().unwrap(),
    };
    let pem = files.signed(&["a.test"]);
    let stranger = files.save("stranger.pem", &Authority::new("others").sign(&["a.test"]));
    let Peers { secure, strange, clear, .. } = &peers;
    let _servers = Haproxy::run(&format!(
        "{DEFAULTS}frontend app\n    mode http\n    bind {secure} ssl crt {pem} alpn http/1.1\n    bind {strange} ssl crt {stranger}\n    \
         bind {clear}\n    http-request return status 200\n"
    ))
    .await;
    let cases = cases(&peers, &files.trusted());
    let names: Vec<&str> = cases.iter().map(|(name, ..)| *name).collect();
    let site: String = cases.iter().map(|(name, lines, _)| format!("backend {name}\n{lines}")).collect();
    let ((_a, ours, our_line), (_b, theirs, their_line)) = (socket(), socket());
    let _sluicegate = Sluicegate::run(&format!("global\n    {our_line}\n{DEFAULTS}{site}")).await;
    let _haproxy = Haproxy::run(&format!("global\n    {their_line}\n{DEFAULTS}{site}")).await;
    let told = spoken_to_over_tls(&ours).await;
    assert_eq!(told, spoken_to_over_tls(&theirs).await);
    assert_eq!(told.iter().filter(|(_, secure)| secure == "1").count(), 12);
    let (ours, theirs) = tokio::join!(verdicts(&ours, &names), verdicts(&theirs, &names));
    for (name, _, expected) in &cases {
        assert_eq!((&*ours[*name], &*theirs[*name]), (*expected, *expected), "{name}");
    }
}
