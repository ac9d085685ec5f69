//! Where traffic goes by what checks find.

use std::time::Duration;

use sluicegate_e2e::Does::{Closes, Hears, HearsHead, Says};
use sluicegate_e2e::{
    Connection, Front, HTTP_DEFAULTS, Origin, PATIENCE, Scripted, Sluicegate, fetch, free_address,
};
use tokio::time::{Instant, sleep};

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
         option external-check\n    external-check command /bin/true\n    server checked {} check\n    \
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
