//! Who stays with a server without any cookie: by a rule, in both modes, or because of the request before.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;

use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Haproxy, Origin, Sluicegate, Syslog, free_address};

fn servers(origins: &[Origin]) -> String {
    origins.iter().map(|origin| format!("    server {} {}\n", origin.name(), origin.address())).collect()
}

async fn origins() -> [Origin; 3] {
    [Origin::start("a").await, Origin::start("b").await, Origin::start("c").await]
}

/// The servers that answer on one connection.
async fn answers(entry: SocketAddr, count: usize) -> String {
    let mut connection = Connection::open(entry).await.unwrap();
    let mut names = String::new();
    for _ in 0..count {
        names += &connection.get("a", "/").await.unwrap().text();
    }
    names
}

#[tokio::test]
async fn a_request_goes_where_the_one_before_went() {
    let origins = origins().await;
    let configuration = |entry: SocketAddr, option: &str| {
        format!(
            "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    http-reuse never\n    {option}option prefer-last-server\n{}",
            servers(&origins)
        )
    };
    let (ours, theirs, turns) = (free_address(), free_address(), free_address());
    let _sluicegate = Sluicegate::run(&configuration(ours, "")).await;
    let _haproxy = Haproxy::run(&configuration(theirs, "")).await;
    let _other = Sluicegate::run(&configuration(turns, "no ")).await;
    for _ in 0..3 {
        assert_eq!(answers(ours, 4).await, answers(theirs, 4).await);
    }
    assert_eq!(answers(ours, 3).await, "aaa");
    assert_eq!(answers(turns, 3).await, "abc");
}

#[tokio::test]
async fn rules_choose_servers_of_connections_too() {
    let origins = origins().await;
    let configuration = |entry: SocketAddr| {
        format!(
            "defaults\n    mode tcp\n    timeout connect 2s\n    timeout client 5s\n    timeout server 5s\n\
             listen main\n    bind {entry}\n    use-server c if {{ dst_port {} }}\n    use-server a if {{ src 192.0.2.1 }}\n{}",
            entry.port(),
            servers(&origins)
        )
    };
    let (ours, theirs) = (free_address(), free_address());
    let mut sluicegate = Sluicegate::run(&configuration(ours)).await;
    let _haproxy = Haproxy::run(&configuration(theirs)).await;
    for entry in [ours, theirs] {
        for _ in 0..2 {
            assert_eq!(answers(entry, 1).await, "c");
        }
    }
    // Out of service, it is nobody's.
    sluicegate.edit(&configuration(ours).replace(
        &format!("server c {}", origins[2].address()),
        &format!("server c {} disabled", origins[2].address()),
    ));
    sluicegate.committed().await;
    let after = [answers(ours, 1).await, answers(ours, 1).await];
    assert!(after.contains(&"a".to_owned()) && after.contains(&"b".to_owned()), "{after:?}");
}

#[tokio::test]
async fn without_a_retry_a_connection_that_fails_is_the_end() {
    let (good, entry) = (Origin::start("good").await, free_address());
    let configuration = format!(
        "defaults\n    mode tcp\n    timeout connect 2s\n    timeout client 5s\n    timeout server 5s\n    option redispatch\n    \
         retry-on none\nlisten main\n    bind {entry}\n    server bad {}\n    server good {}\n",
        free_address(),
        good.address()
    );
    let _sluicegate = Sluicegate::run(&configuration).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let mut connection = Connection::open(entry).await.unwrap();
        seen.push(connection.get("a", "/").await.is_ok());
    }
    assert_eq!(seen, [false, true, false, true]);
}

#[tokio::test]
async fn who_belongs_to_a_server_that_is_gone_is_moved_at_the_last_retry() {
    let (good, gone) = (Origin::start("good").await, free_address());
    let configuration = |entry: SocketAddr, log: SocketAddr, lines: &str| {
        format!(
            "{HTTP_DEFAULTS}    timeout connect 100ms\n    retries 2\n    {lines}\nlisten main\n    bind {entry}\n    log {log} local0\n    \
             log-format \"%tsc %rc %ST %s\"\n    cookie SRV insert\n    server gone {gone} cookie gone\n    server good {} cookie good\n",
            good.address()
        )
    };
    for lines in ["option redispatch", "option redispatch 1", "no option redispatch", "option persist"] {
        let (ours, theirs) = (free_address(), free_address());
        let (mut our_log, mut their_log) = (Syslog::udp().await, Syslog::udp().await);
        let _sluicegate = Sluicegate::run(&configuration(ours, our_log.address(), lines)).await;
        let _haproxy = Haproxy::run(&configuration(theirs, their_log.address(), lines)).await;
        let mut seen = Vec::new();
        for (entry, log) in [(ours, &mut our_log), (theirs, &mut their_log)] {
            let mut connection = Connection::open(entry).await.unwrap();
            let answer =
                connection.request("GET / HTTP/1.1\r\nHost: a\r\nCookie: SRV=gone\r\n\r\n").await.unwrap();
            let line = log.line().await;
            let logged = line.rsplitn(5, ' ').take(4).collect::<Vec<_>>().join(" ");
            seen.push((answer.status(), answer.header("set-cookie").map(str::to_owned), logged));
        }
        assert_eq!(seen[0], seen[1], "{lines}");
    }
}
