//! Syslog through it, and what is said of sessions.

use sluicegate_e2e::console::{ask, socket};
use sluicegate_e2e::{HTTP_DEFAULTS, Haproxy, Origin, Sluicegate, Syslog, fetch, free_address};

use super::{DEFAULTS, Peer, told};

#[tokio::test]
async fn the_log_lines_of_haproxy_reach_a_collector() {
    let (mut collector, entry, http) = (Syslog::udp().await, free_address(), free_address());
    let _sluicegate = Sluicegate::run(&format!(
        "{DEFAULTS}listen collectors\n    bind {entry}\n    server one {}\n",
        collector.address()
    ))
    .await;
    let origin = Origin::start("app01").await;
    let _haproxy = Haproxy::run(&format!(
        "{HTTP_DEFAULTS}    log {entry} local0\n    option httplog\nlisten main\n    bind {http}\n    server app01 {}\n",
        origin.address()
    ))
    .await;
    for path in ["/one", "/two"] {
        assert_eq!(fetch(http, path).await.unwrap().status(), 200);
        let line = collector.wait_for(path).await;
        assert!(line.starts_with("<134>"), "{line}");
    }
}

#[tokio::test]
async fn sessions_are_counted_shown_and_logged_once() {
    let ((_folder, console, line), mut log) = (socket(), Syslog::udp().await);
    let (server, client, entry) = (Peer::start().await, Peer::start().await, free_address());
    let address = server.address();
    server.echo("app");
    let mut sluicegate = Sluicegate::run(&format!(
        "global\n    {line}\n{DEFAULTS}    log {} local0\n    option tcplog\nfrontend main\n    bind {entry}
    timeout client 300ms\n    default_backend app\nbackend app\n    server one {address}\n",
        log.address()
    ))
    .await;
    sluicegate.process().said("the console listens on").await;
    assert_eq!(client.ask("12345", entry).await, "app 12345");
    let sessions = ask(&console, "show sess\n").await;
    assert!(sessions.contains(&client.address().to_string()) && sessions.contains("srv=one"), "{sessions}");
    let line = log.wait_for("main app/one").await;
    assert!(line.contains(&client.address().to_string()), "{line}");
    assert!(line.contains(" 9 -- 0/0/0/0/0 0/0"), "the bytes of the answer, a good end, nobody left: {line}");
    assert_eq!(client.ask("6", entry).await, "app 6");
    let columns = ["mode", "stot", "scur", "bin", "bout"];
    told(&console, "main,FRONTEND", &columns, &["udp", "2", "0", "6", "14"]).await;
    told(&console, "app,one", &columns, &["udp", "2", "0", "6", "14"]).await;
}
