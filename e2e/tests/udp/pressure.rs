//! Many at one time: workers, floods, trains.

use sluicegate_e2e::console::socket;
use sluicegate_e2e::{Sluicegate, free_address};

use super::{DEFAULTS, Peer, told};

#[tokio::test]
async fn clients_stay_with_their_servers_on_two_workers() {
    let entry = free_address();
    let mut servers = String::new();
    for (number, name) in ["a", "b", "c"].into_iter().enumerate() {
        let server = Peer::start().await;
        servers.push_str(&format!("    server s{number} {}\n", server.address()));
        server.echo(name);
    }
    let configuration = format!("{DEFAULTS}listen main\n    bind {entry}\n{servers}");
    let _sluicegate = Sluicegate::run_with(&configuration, &["--workers", "2"]).await;
    let mut clients = Vec::new();
    for number in 0..30 {
        let client = Peer::start().await;
        let first = client.ask(&format!("{number}"), entry).await;
        clients.push((client, first));
    }
    for server in ["a ", "b ", "c "] {
        assert_eq!(clients.iter().filter(|(_, first)| first.starts_with(server)).count(), 10, "{server}");
    }
    for (number, (client, first)) in clients.iter().enumerate() {
        assert_eq!(client.ask(&format!("{number}"), entry).await, *first);
    }
}

#[tokio::test]
async fn a_flood_fills_the_table_and_no_more() {
    let ((_folder, console, line), server, entry) = (socket(), Peer::start().await, free_address());
    let address = server.address();
    server.echo("app");
    let configuration = format!(
        "global\n    {line}\n{DEFAULTS}listen main\n    bind {entry}\n    maxconn 8\n    server one {address}\n"
    );
    let mut sluicegate = Sluicegate::run_with(&configuration, &["--workers", "1"]).await;
    sluicegate.process().said("the console listens on").await;
    let used = Peer::start().await;
    assert_eq!(used.ask("first", entry).await, "app first");
    for _ in 0..10 {
        for _ in 0..20 {
            Peer::start().await.send("flood", entry).await;
        }
        // By then those before it are taken: none is lost for want of room in the socket.
        assert_eq!(used.ask("again", entry).await, "app again", "who is there stays there");
    }
    told(&console, "main,FRONTEND", &["stot", "scur", "smax", "ereq"], &["8", "8", "8", "193"]).await;
}

#[tokio::test]
async fn rules_turn_clients_away_by_what_they_send() {
    let ((_folder, console, line), server, entry) = (socket(), Peer::start().await, free_address());
    let address = server.address();
    server.echo("app");
    let mut sluicegate = Sluicegate::run(&format!(
        "global\n    {line}\n{DEFAULTS}listen main\n    bind {entry}\n    tcp-request content reject if {{ req.len gt 4 }}
    server one {address}\n"
    ))
    .await;
    sluicegate.process().said("the console listens on").await;
    let client = Peer::start().await;
    client.send("too long", entry).await;
    assert_eq!(client.ask("good", entry).await, "app good");
    told(&console, "main,FRONTEND", &["dreq", "ereq"], &["1", "0"]).await;
}

#[tokio::test]
async fn datagrams_pass_as_they_are_however_long() {
    let (server, client, entry) = (Peer::start().await, Peer::start().await, free_address());
    let _sluicegate = Sluicegate::run(&format!(
        "{DEFAULTS}listen main\n    bind {entry}\n    server one {}\n",
        server.address()
    ))
    .await;
    let longest = "x".repeat(65_507);
    for text in ["", "a", &longest] {
        client.send(text, entry).await;
        let (heard, session) = server.hear().await;
        assert!(heard == text, "{} of {} bytes", heard.len(), text.len());
        server.send(text, session).await;
        let (heard, _) = client.hear().await;
        assert!(heard == text, "{} of {} bytes came back", heard.len(), text.len());
    }
}
