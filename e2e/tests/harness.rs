//! The harness, tried on itself and on Debian's HAProxy.

use std::time::Duration;

use sluicegate_e2e::{
    Behaviour, Connection, Failure, Haproxy, Origin, PATIENCE, Plan, Process, Syslog, Tomcat, fetch,
    free_address, free_port,
};

#[tokio::test]
async fn haproxy_answers_strictly_in_turn() {
    let (app01, app02) = (Origin::start("app01").await, Origin::start("app02").await);
    let entry = free_address();
    let configuration = format!(
        "
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen main
    bind {entry}
    balance roundrobin
    server app01 {}
    server app02 {}
",
        app01.address(),
        app02.address()
    );
    let _haproxy = Haproxy::run(&configuration).await;

    for turn in 0..20 {
        let expected = if turn % 2 == 0 { "app01" } else { "app02" };
        let answer = fetch(entry, "/").await.unwrap();
        assert_eq!((answer.status(), answer.text().as_str()), (200, expected), "turn {turn}");
    }
    assert_eq!((app01.requests(), app02.requests()), (10, 10));
}

#[tokio::test]
async fn haproxy_logs_to_a_syslog_server() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let folder = tempfile::tempdir().unwrap();
    let (mut udp, path) = (Syslog::udp().await, folder.path().join("log"));
    let mut unix = Syslog::unix(&path);
    let configuration = format!(
        "
global
    log {} local0
    log {} local1
defaults
    mode http
    log global
    option httplog
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen main
    bind {entry}
    server app01 {}
",
        udp.address(),
        path.display(),
        origin.address()
    );
    let _haproxy = Haproxy::run(&configuration).await;
    fetch(entry, "/logged").await.unwrap();
    for syslog in [&mut udp, &mut unix] {
        let line = syslog.wait_for("GET /logged").await;
        assert!(line.contains(" main main/app01 ") && line.contains(" 200 "), "{line}");
    }
}

#[tokio::test]
async fn two_tomcats_answer_their_names() {
    let (mut tomcat01, mut tomcat02) = (Tomcat::start("tomcat01"), Tomcat::start("tomcat02"));
    tomcat01.ready().await;
    tomcat02.ready().await;
    assert_eq!(fetch(tomcat01.address(), "/").await.unwrap().text(), "tomcat01");
    assert_eq!(fetch(tomcat02.address(), "/").await.unwrap().text(), "tomcat02");
}

#[tokio::test]
async fn a_load_counts_what_it_saw() {
    let origin = Origin::start("app01").await;
    let kept = Plan::new(origin.address()).connections(4).requests(1000).start().finish().await;
    assert_eq!((kept.ok(), kept.failed(), kept.closed, kept.connects), (1000, 0, 0, 4), "{kept}");
    assert_eq!(kept.answers["app01"], 1000);
    let fresh = Plan::new(origin.address()).fresh_connections().requests(100).start().finish().await;
    assert_eq!((fresh.ok(), fresh.failed(), fresh.closed, fresh.connects), (100, 0, 0, 100), "{fresh}");
    assert_eq!((origin.requests(), origin.connections()), (1100, 104));
}

#[tokio::test]
async fn a_load_sees_a_server_die_and_come_back() {
    let mut origin = Origin::start("app01").await;
    let load = Plan::new(origin.address()).connections(4).pause(Duration::from_millis(1)).start();
    load.reached(100).await;
    origin.kill().await;
    load.advance(20).await;
    let dead = load.tally();
    assert!(dead.failures[&Failure::Refused] > 0, "{dead}");
    assert_eq!(dead.closed, 4, "{dead}");
    origin.revive().await;
    let failed = load.tally().failed();
    load.advance(100).await;
    let tally = load.stop().await;
    assert!(tally.ok() > dead.ok() + 50 && tally.failed() <= failed + 4, "{tally}");
}

#[tokio::test]
async fn a_load_sees_closes_that_the_server_announces() {
    let origin = Origin::start("app01").await;
    origin.behave(Behaviour::AnswerAndClose);
    let tally = Plan::new(origin.address()).connections(2).requests(10).start().finish().await;
    assert_eq!((tally.ok(), tally.closed, tally.connects), (10, 10, 10), "{tally}");
}

#[tokio::test]
async fn an_origin_misbehaves_on_demand() {
    let mut origin = Origin::start("app01").await;
    let address = origin.address();
    let ask = async |behaviour| {
        origin.behave(behaviour);
        let mut connection = Connection::open(address).await?.patience(Duration::from_millis(200));
        connection.get("app", "/").await.map(|response| response.status())
    };
    assert_eq!(ask(Behaviour::Status(503)).await, Ok(503));
    assert_eq!(ask(Behaviour::Slow(Duration::from_millis(10))).await, Ok(200));
    assert_eq!(ask(Behaviour::Hang).await, Err(Failure::TimedOut));
    assert_eq!(ask(Behaviour::Close).await, Err(Failure::Closed));
    assert_eq!(ask(Behaviour::Truncate).await, Err(Failure::Truncated));
    origin.kill().await;
    assert_eq!(fetch(address, "/").await.unwrap_err(), Failure::Refused);
}

#[tokio::test]
async fn bodies_arrive_whole() {
    let origin = Origin::start("app01").await;
    let mut connection = Connection::open(origin.address()).await.unwrap();
    assert_eq!(connection.get("app", "/bytes/100000").await.unwrap().body.len(), 100_000);
    assert_eq!(connection.get("app", "/chunks/7").await.unwrap().body, vec![b'c'; 7000]);
    let head = connection.request("HEAD /bytes/5 HTTP/1.1\r\nHost: app\r\n\r\n").await.unwrap();
    assert_eq!((head.header("content-length"), head.body.len()), (Some("5"), 0));
    let post = "POST /reflect HTTP/1.1\r\nHost: app\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n\
                3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n";
    assert_eq!(connection.request(post).await.unwrap().text(), "abcde");
    assert_eq!(origin.last_request().unwrap().trailers, [("X-Sum".to_owned(), "5".to_owned())]);
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn an_upgraded_connection_echoes_until_the_server_dies() {
    let mut origin = Origin::start("app01").await;
    let mut socket = Connection::open(origin.address()).await.unwrap();
    socket.upgrade("app").await.unwrap();
    socket.echo(b"hello").await.unwrap();
    socket.echo(&[7; 100_000]).await.unwrap();
    assert!(socket.is_open());
    origin.kill().await;
    assert_eq!(socket.closed().await, Ok(()));
    assert!(!socket.is_open());
}

#[tokio::test]
async fn a_process_is_heard_and_ended() {
    let script = "echo one; echo two >&2; sleep 60 & trap 'kill $!; exit 7' TERM; echo ready; wait";
    let mut shell = Process::start("/bin/sh", ["-c", script]);
    shell.wait_for("ready").await;
    assert!(shell.is_running() && shell.resident_bytes() > 100_000);
    assert_eq!(shell.terminate().await.code(), Some(7));
    assert!(shell.output().contains("one") && shell.output().contains("two"));
}

#[tokio::test]
async fn a_process_tells_what_it_costs() {
    let mut shell = Process::start(
        "/bin/sh",
        ["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done; exec sleep 60"],
    );
    shell.wait_for("done").await;
    let (user, kernel) = shell.processor_time();
    assert!(user > Duration::ZERO && user + kernel < PATIENCE, "{user:?} {kernel:?}");
}

#[tokio::test]
#[should_panic(expected = "waited for a line with \"never\", but it ended. It said:\nsomething else")]
async fn a_process_that_does_not_say_it_is_quoted() {
    Process::start("/bin/sh", ["-c", "echo something else"]).wait_for("never").await;
}

#[test]
fn ports_are_handed_out_once() {
    let ports: std::collections::BTreeSet<u16> = (0..100).map(|_| free_port()).collect();
    assert_eq!(ports.len(), 100);
}
