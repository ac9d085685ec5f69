//! How sessions begin, move and end.

use nix::sys::signal::Signal;
use sluicegate_e2e::{Sluicegate, Syslog, free_address};

use super::{DEFAULTS, Peer};

#[tokio::test]
async fn a_server_that_dies_loses_its_sessions() {
    let (one, two, entry, client) =
        (Peer::start().await, Peer::start().await, free_address(), Peer::start().await);
    let (of_one, of_two) = (one.address(), two.address());
    let (one, _two) = (one.echo("one"), two.echo("two"));
    let mut sluicegate = Sluicegate::run(&format!(
        "{DEFAULTS}listen main\n    bind {entry}\n    balance first\n    default-server check inter 50ms fall 1 rise 1
    server one {of_one}\n    server two {of_two}\n"
    ))
    .await;
    assert_eq!(client.ask("a", entry).await, "one a");
    one.abort();
    sluicegate.process().said("Server main/one is DOWN").await;
    assert_eq!(client.ask("b", entry).await, "two b", "the session has moved");
    let _one = Peer::at(of_one).await.echo("one");
    sluicegate.process().said("Server main/one is UP").await;
    assert_eq!(client.ask("c", entry).await, "two c", "and stays");
    assert_eq!(Peer::start().await.ask("d", entry).await, "one d");
}

#[tokio::test]
async fn a_change_of_the_configuration_keeps_sessions() {
    let (server, entry, client) = (Peer::start().await, free_address(), Peer::start().await);
    let configuration = |more: &str| {
        format!("{DEFAULTS}listen main\n    bind {entry}\n    server one {}\n{more}", server.address())
    };
    let mut sluicegate = Sluicegate::run(&configuration("")).await;
    client.send("a", entry).await;
    let (_, session) = server.hear().await;
    sluicegate.edit(&configuration(&format!("    server two {}\n    balance leastconn\n", server.address())));
    sluicegate.committed().await;
    client.send("b", entry).await;
    assert_eq!(server.hear().await, ("b".to_owned(), session));
    server.send("answer", session).await;
    assert_eq!(client.hear().await, ("answer".to_owned(), entry));
}

#[tokio::test]
async fn a_stop_lets_the_answer_through_that_is_awaited() {
    let (server, entry, client) = (Peer::start().await, free_address(), Peer::start().await);
    let mut sluicegate = Sluicegate::run(&format!(
        "{DEFAULTS}listen main\n    bind {entry}\n    timeout server 3s\n    server one {}\n",
        server.address()
    ))
    .await;
    client.send("a", entry).await;
    let (_, session) = server.hear().await;
    sluicegate.process().signal(Signal::SIGUSR1);
    // Nobody receives there any more: the port is free for who comes next.
    loop {
        let next = Peer::start().await;
        next.0.connect(entry).await.unwrap();
        // What was not refused was taken: it has a session of its own, which is not answered.
        let refused = next.0.send(b"next").await.is_err() || next.0.send(b"next").await.is_err();
        if refused {
            break;
        }
        tokio::task::yield_now().await;
    }
    server.send("late", session).await;
    assert_eq!(client.hear().await, ("late".to_owned(), entry));
    assert!(sluicegate.process().exit().await.success());
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up() {
    let ((server, client), entry, mut log) =
        ((Peer::start().await, Peer::start().await), free_address(), Syslog::udp().await);
    let _sluicegate = Sluicegate::run(&format!(
        "{DEFAULTS}    timeout client 5m\n    timeout server 200ms\n    log {} local0\n    option tcplog\nlisten main\n    bind {entry}
    server one {}\n",
        log.address(),
        server.address()
    ))
    .await;
    client.send("a", entry).await;
    let (_, session) = server.hear().await;
    server.send("b", session).await;
    assert_eq!(client.hear().await.0, "b");
    client.send("c", entry).await;
    assert_eq!(server.hear().await.1, session);
    let line = log.wait_for("main/one").await;
    assert!(line.contains(" 1 sD "), "{line}");
    client.send("d", entry).await;
    assert_ne!(server.hear().await.1, session, "what comes next has a session of its own");
}
