//! Where traffic goes by what checks find.

use std::any::Any;
use std::collections::BTreeSet;
use std::time::Duration;

use sluicegate_e2e::Does::{Closes, Hears, HearsHead, Says};
use sluicegate_e2e::{
    Connection, Front, HTTP_DEFAULTS, Haproxy, Origin, PATIENCE, Scripted, Sluicegate, fetch, free_address,
};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout};

use super::{console, servers};

/// Waits until the statistics say so of a server.
async fn becomes(console: &std::path::Path, server: &str, status: &str) {
    let began = Instant::now();
    loop {
        let found = servers(console).await.get(server).map(|row| row["status"].clone());
        if found.as_deref() == Some(status) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{server} is {found:?}, not {status}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_replica_gets_nothing_and_takes_over_when_it_is_the_master() {
    let master = [Hears(18), Says(b"role:master\r\n")];
    let replica = [Hears(18), Says(b"role:slave\r\n"), Closes];
    let (one, two) = (Origin::start("one").await, Origin::start("two").await);
    let (first, second) = (Scripted::start(&master).await, Scripted::start(&replica).await);
    let (entry, (_folder, socket, line)) = (free_address(), console());
    let mut sluicegate = Sluicegate::run(&format!(
        "{line}{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend app\nbackend app\n    \
         option tcp-check\n    tcp-check send info\\ replication\\r\\n\n    tcp-check expect string role:master\n    \
         default-server inter 100ms rise 1 fall 1\n    server one {} check port {}\n    server two {} check port {}\n",
        one.address(),
        first.address().port(),
        two.address(),
        second.address().port(),
    ))
    .await;
    sluicegate.process().wait_for("the console listens on").await;
    becomes(&socket, "app/two", "DOWN").await;
    for _ in 0..10 {
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "one");
    }
    first.set(&replica);
    second.set(&master);
    becomes(&socket, "app/one", "DOWN").await;
    becomes(&socket, "app/two", "UP").await;
    let before = one.requests();
    for _ in 0..10 {
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "two");
    }
    assert_eq!(one.requests(), before);
}

#[tokio::test]
async fn a_404_takes_new_requests_away_and_ends_none() {
    let well = [HearsHead, Says(b"HTTP/1.0 200 OK\r\n\r\n"), Closes];
    let leaves = [HearsHead, Says(b"HTTP/1.0 404 Not Found\r\n\r\n"), Closes];
    let (one, two) = (Origin::start("one").await, Origin::start("two").await);
    let state = Scripted::start(&well).await;
    let (entry, (_folder, socket, line)) = (free_address(), console());
    let mut sluicegate = Sluicegate::run(&format!(
        "{line}{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend app\nbackend app\n    \
         option httpchk\n    http-check disable-on-404\n    http-check send-state\n    \
         server one {} check inter 100ms rise 1 fall 1 port {}\n    server two {} backup\n",
        one.address(),
        state.address().port(),
        two.address(),
    ))
    .await;
    sluicegate.process().wait_for("the console listens on").await;
    becomes(&socket, "app/one", "UP").await;
    let mut open = Connection::open(entry).await.unwrap();
    open.upgrade("app").await.unwrap();
    assert_eq!(one.requests(), 1);
    state.set(&leaves);
    becomes(&socket, "app/one", "NOLB").await;
    for _ in 0..6 {
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "two");
    }
    open.echo(b"still here").await.unwrap();
    state.set(&well);
    becomes(&socket, "app/one", "UP").await;
    let told = state.heard().into_iter().map(|bytes| String::from_utf8(bytes).unwrap());
    let told: Vec<String> = told.filter(|text| text.contains("X-Haproxy-Server-State: ")).collect();
    assert!(told.iter().any(|text| text.contains("State: UP; address=127.0.0.1; port=")), "{told:?}");
    assert!(told.iter().any(|text| text.contains("State: NOLB; ")), "{told:?}");
    assert!(told.iter().all(|text| text.contains("; name=app/one; node=")), "{told:?}");
}

#[tokio::test]
async fn servers_whose_check_cannot_be_made_get_nothing() {
    let (checked, free) = (Origin::start("checked").await, Origin::start("free").await);
    let entry = free_address();
    let _front = Front::run(&format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend app\nbackend app\n    \
         option spop-check\n    server checked {} check\n    \
         server free {}\n",
        checked.address(),
        free.address()
    ))
    .await;
    for _ in 0..6 {
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "free");
    }
    assert_eq!(checked.requests(), 0);
}

/// HAProxy: source.
#[tokio::test]
async fn checks_leave_from_where_traffic_does() {
    for which in ["ours", "HAProxy"] {
        let listen = || TcpListener::bind("127.0.0.1:0");
        let (checked, agents) = (listen().await.unwrap(), listen().await.unwrap());
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let (port, agent_port) = (port(&checked), port(&agents));
        let (_folder, socket, line) = console();
        let configuration = format!(
            "{line}{HTTP_DEFAULTS}frontend main\n    bind {}\n    default_backend app\nbackend app\n    \
             option httpchk\n    source 127.0.0.7\n    default-server inter 100ms\n    \
             server of_backend 127.0.0.1:{port} check\n    \
             server own 127.0.0.2:1 check addr 127.0.0.1 port {port} source 127.0.0.8 \
             agent-check agent-addr 127.0.0.1 agent-port {agent_port} agent-inter 100ms\n    \
             server nowhere 127.0.0.1:{port} check source 192.0.2.77\n",
            free_address()
        );
        let _running: Box<dyn Any> = match which {
            "ours" => Box::new(Sluicegate::run(&configuration).await),
            _ => Box::new(Haproxy::run(&configuration).await),
        };
        let mut found = BTreeSet::new();
        let heard = async {
            while found.len() < 2 {
                found.insert(checked.accept().await.unwrap().1.ip().to_string());
            }
            agents.accept().await.unwrap().1.ip().to_string()
        };
        let agent = timeout(PATIENCE, heard).await.expect("both servers are checked, and the agent is asked");
        assert_eq!(found, ["127.0.0.7".to_owned(), "127.0.0.8".to_owned()].into(), "{which}");
        assert_eq!(agent, "127.0.0.8", "{which}");
        becomes(&socket, "app/nowhere", "DOWN").await;
        let row = servers(&socket).await.remove("app/nowhere").unwrap();
        let words = "Can't bind to source address (Cannot assign requested address)";
        assert_eq!([&*row["check_status"], &*row["last_chk"]], ["L4CON", words], "{which}");
    }
}
