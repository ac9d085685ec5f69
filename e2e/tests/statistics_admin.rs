//! Changing servers from the statistics page, beside HAProxy itself, and over a fleet.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sluicegate_e2e::console::ask;
use sluicegate_e2e::{
    Connection, HTTP_DEFAULTS, Haproxy, Origin, PATIENCE, Response, Sluicegate, fetch, free_address,
};
use tokio::time::{sleep, timeout};

/// `boss:secret`
const LET_IN: &str = "Authorization: Basic Ym9zczpzZWNyZXQ=\r\n";

/// Forms that both answer alike, and after which their servers are alike.
const EQUAL: &[&str] = &[
    "s=one&action=maint&b=app",
    "s=one&action=ready&b=%23",
    "s=one&action=ready&b=%234",
    "b=app&action=drain&s=one",
    "s=nope&action=ready&b=app",
    "s=nope&s=one&action=ready&b=app",
    "s=one&s=one&s=two&action=drain&b=app",
    "s=one&s=two&action=ready&b=app",
    "action=ready&b=app",
    "s=one&action=nope&b=app",
    "s=one&action=&b=app",
    "s=one&action=ready&b=nope",
    "s=one&action=ready&b=",
    "s=one&action=ready&b=main",
    "s=one&b=app",
    "s=one&action=ready",
    "",
    "&&",
    "s=t%77o&action=maint&b=a%70p",
    "s=two&action=ready&b=app",
    "s=&action=ready&b=app",
    "s&action=ready&b=app",
    "s=two&action=ready&b=app&action=maint",
    "s=two&action=ready&b=app&b=nope",
    "s=two&action=ready&b=nope&b=app",
    "s=one&action=dhlth&b=app",
    "s=two&action=dhlth&b=app",
    "s=one&s=two&action=ehlth&b=app",
    "s=two&action=hnolb&b=app",
    "s=two&action=hdown&b=app",
    "s=two&action=hrunn&b=app",
    "s=two&action=dagent&b=app",
    "s=two&action=eagent&b=app",
    "s=two&action=adown&b=app",
    "s=two&action=disable&b=app",
    "s=two&action=disable&b=app",
    "s=two&action=enable&b=app",
    "s=two&action=stop&b=app",
    "s=two&action=start&b=app",
    "s=two&action=start&b=app",
    "s=three&action=ready&b=app",
    "s=one&action=shutdown&b=app",
];

/// What stands behind the address of the page, and what of it is left where a form leads.
const PARAMETERS: &[&str] = &[
    ";up",
    ";norefresh",
    ";up;norefresh?scope=ap",
    "?scope=ap;norefresh;up",
    "?scope=a%41p",
    "?scope=aaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "?scope=",
    ";csv",
    ";st=PART;up",
];

fn configuration(entry: SocketAddr, reader: SocketAddr, socket: &Path, servers: &str) -> String {
    format!(
        "global\n    stats socket {} mode 600 level admin\n{HTTP_DEFAULTS}
frontend main\n    bind {entry}\n    stats enable\n    stats uri /stats\n    stats refresh 7s
    stats admin if {{ src 10.0.0.1 }}\n    stats admin unless {{ src 10.0.0.0/8 }}\n    default_backend app\n
frontend reader\n    bind {reader}\n    stats enable\n    stats uri /stats\n    stats admin if {{ src 10.0.0.1 }}\n
backend app\n{servers}",
        socket.display()
    )
}

async fn post(entry: SocketAddr, target: &str, fields: &str, body: &str) -> Response {
    let form = "Content-Type: application/x-www-form-urlencoded";
    let length = body.len();
    let head =
        format!("POST {target} HTTP/1.1\r\nHost: app\r\n{form}\r\nContent-Length: {length}\r\n{fields}\r\n");
    Connection::open(entry).await.unwrap().request(head + body).await.unwrap()
}

/// Where a form leads.
async fn leads(entry: SocketAddr, target: &str, fields: &str, body: &str) -> String {
    let answer = post(entry, target, fields, body).await;
    assert_eq!((answer.status(), answer.body.len()), (303, 0), "{body}");
    assert_eq!(
        (answer.header("cache-control"), answer.header("content-type")),
        (Some("no-cache"), Some("text/plain"))
    );
    answer.header("location").unwrap().to_owned()
}

/// A process, its two pages and its console.
struct Side {
    entry: SocketAddr,
    reader: SocketAddr,
    socket: PathBuf,
}

impl Side {
    fn new(folder: &tempfile::TempDir, name: &str) -> Self {
        Self { entry: free_address(), reader: free_address(), socket: folder.path().join(name) }
    }

    fn configuration(&self, servers: &str) -> String {
        configuration(self.entry, self.reader, &self.socket, servers)
    }

    /// Name, operational and administrative state, weights of each server; and its status on the page.
    async fn states(&self) -> Vec<String> {
        let said = ask(&self.socket, "show servers state app\n").await;
        let servers = said.lines().filter(|line| line.split(' ').count() > 20 && !line.starts_with('#'));
        let states = servers.map(|line| line.split(' ').skip(3).take(6).collect::<Vec<_>>().join(" "));
        let csv = fetch(self.entry, "/stats;csv").await.unwrap().text();
        let rows = csv.lines().filter(|line| line.starts_with("app,"));
        let statuses = rows.map(|line| line.split(',').skip(17).take(1).collect::<Vec<_>>().join(","));
        states.chain(statuses).collect()
    }
}

/// Waits until both say the same of their servers: checks and reports have their times.
async fn alike(ours: &Side, theirs: &Side, after: &str) {
    let mut seen = (Vec::new(), Vec::new());
    let equal = async {
        loop {
            seen = (ours.states().await, theirs.states().await);
            if seen.0 == seen.1 {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    if timeout(PATIENCE, equal).await.is_err() {
        panic!("after {after:?}\n  ours:   {:?}\n  theirs: {:?}", seen.0, seen.1);
    }
}

#[tokio::test]
async fn forms_do_what_they_do_at_haproxy() {
    let (one, two, folder) =
        (Origin::start("one").await, Origin::start("two").await, tempfile::tempdir().unwrap());
    let servers = format!(
        "    server one {} check inter 100ms weight 10\n    server two {} weight 20\n    \
         server three 127.0.0.1:1 disabled\n",
        one.address(),
        two.address()
    );
    let (ours, theirs) = (Side::new(&folder, "ours.sock"), Side::new(&folder, "theirs.sock"));
    let mut sluicegate = Sluicegate::run(&ours.configuration(&servers)).await;
    sluicegate.process().wait_for("the console listens on").await;
    let _haproxy = Haproxy::run(&theirs.configuration(&servers)).await;
    alike(&ours, &theirs, "the start").await;
    let mut differ = Vec::new();
    for body in EQUAL {
        let (mine, other) =
            (leads(ours.entry, "/stats", "", body).await, leads(theirs.entry, "/stats", "", body).await);
        if mine != other {
            differ.push(format!("{body}: {mine}, HAProxy {other}"));
        }
        alike(&ours, &theirs, body).await;
    }
    let body = "s=two&action=ready&b=app";
    for parameters in PARAMETERS {
        let target = format!("/stats{parameters}");
        let (mine, other) =
            (leads(ours.entry, &target, "", body).await, leads(theirs.entry, &target, "", body).await);
        if mine != other {
            differ.push(format!("{target}: {mine}, HAProxy {other}"));
        }
    }
    let long = format!("x={}&{body}", "a".repeat(20_000));
    for side in [&ours, &theirs] {
        assert_eq!(leads(side.reader, "/stats", "", body).await, "/stats;st=DENY");
        assert_eq!(leads(side.reader, "/stats;up;norefresh", "", body).await, "/stats;st=DENY;up");
        assert_eq!(leads(side.entry, "/stats", "", &long).await, "/stats;st=EXCD");
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}

/// A page behind a password, of which everybody who has it may change servers.
fn guarded(entry: SocketAddr, one: &Origin, two: &Origin) -> String {
    format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    stats enable\n    stats uri /stats\n    stats refresh 7s
    stats auth boss:secret\n    stats scope app\n    stats admin if TRUE\n    default_backend app\n
backend app\n    server one {}\n    server two {}\n
backend hidden\n    server one {}\n",
        one.address(),
        two.address(),
        one.address()
    )
}

async fn page(entry: SocketAddr, target: &str) -> Response {
    let request = format!("GET {target} HTTP/1.1\r\nHost: app\r\n{LET_IN}\r\n");
    Connection::open(entry).await.unwrap().request(request).await.unwrap()
}

#[tokio::test]
async fn a_server_in_maintenance_gets_nothing_and_the_page_and_the_status_say_so() {
    let (one, two, entry) = (Origin::start("one").await, Origin::start("two").await, free_address());
    let mut sluicegate = Sluicegate::run(&guarded(entry, &one, &two)).await;
    let form = "s=one&action=maint&b=app";
    assert_eq!(post(entry, "/stats", "", form).await.status(), 401);
    let shown = page(entry, "/stats").await;
    assert!(shown.text().contains("<input type=\"checkbox\" name=\"s\" value=\"one\">"), "{}", shown.text());
    assert_eq!(shown.header("x-frame-options"), Some("SAMEORIGIN"));

    for foreign in ["Sec-Fetch-Site: cross-site\r\n", "Origin: http://evil.example\r\n", "Origin: null\r\n"] {
        let fields = format!("{LET_IN}{foreign}");
        assert_eq!(leads(entry, "/stats", &fields, form).await, "/stats;st=DENY", "{foreign}");
    }
    assert_eq!(leads(entry, "/stats", LET_IN, "s=one&action=maint&b=hidden").await, "/stats;st=DENY");
    assert_eq!(leads(entry, "/stats", LET_IN, "s=%zz&action=maint&b=app").await, "/stats;st=ERRP");
    assert_eq!(leads(entry, "/stats", LET_IN, "s=one&action=shutdown&b=app").await, "/stats;st=DONE");
    assert_eq!(sluicegate.status()["overrides"].as_array().unwrap().len(), 0);

    let own = format!("{LET_IN}Sec-Fetch-Site: same-origin\r\nOrigin: http://app\r\n");
    assert_eq!(leads(entry, "/stats;up", &own, form).await, "/stats;st=DONE;up");
    // What is answered is in force.
    for _ in 0..6 {
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "two");
    }
    let shown = page(entry, "/stats;st=DONE").await;
    assert_eq!(shown.header("refresh"), Some("7; url=/stats"), "what came of it is told once");
    for part in ["class=\"outcome up\"", ">Done.<", "<tr class=\"server maint\">", ">MAINT<"] {
        assert!(shown.text().contains(part), "{part}\n{}", shown.text());
    }
    let status = sluicegate.status();
    assert_eq!(status["overrides"][0]["id"], "haproxy/endpoint/app/one", "{status:#}");
    assert_eq!(status["overrides"][0]["value"], "maint");
    sluicegate.process().wait_for("set on the statistics page of proxy").await;

    assert_eq!(leads(entry, "/stats", LET_IN, "s=one&action=ready&b=app").await, "/stats;st=DONE");
    assert_eq!(sluicegate.status()["overrides"].as_array().unwrap().len(), 0, "as the configuration says");
}

#[tokio::test]
async fn a_page_asks_the_control_plane_and_nothing_changes_without_one() {
    let (one, two, entry) = (Origin::start("one").await, Origin::start("two").await, free_address());
    let control = Sluicegate::control(&guarded(entry, &one, &two)).await;
    let _first = Sluicegate::proxy(control.address()).await;
    let here = leads(entry, "/stats", LET_IN, "s=two&action=drain&b=app").await;
    assert_eq!(here, "/stats;st=DONE");
    let status = control.status();
    assert_eq!(status["overrides"][0]["value"], "drain", "{status:#}");
    assert_eq!(status["scopes"][0]["proxies"][0]["lag"], 0, "{status:#}");
    assert_eq!(fetch(entry, "/").await.unwrap().text(), "one");

    drop(control);
    let away = leads(entry, "/stats", LET_IN, "s=one&s=two&action=maint&b=app").await;
    assert_eq!(away, "/stats;st=AWAY");
    assert!(page(entry, &away).await.text().contains("cannot be reached"));
    assert_eq!(fetch(entry, "/").await.unwrap().text(), "one", "served on as before");
}
