//! Remote desktop clients, beside Debian's HAProxy: which server their cookie leads to.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;

use sluicegate_e2e::{Connection, Does, Haproxy, Scripted, Sluicegate, free_address};

/// Bytes before the cookie: TPKT (RFC 1006) and the start of a connection request (X.224).
const HEADERS: [u8; 11] = [3, 0, 0, 60, 55, 0xe0, 0, 0, 0, 0, 0];

fn message(cookie: &str) -> Vec<u8> {
    [HEADERS.as_slice(), b"Cookie: ", cookie.as_bytes(), b"\r\n"].concat()
}

fn configuration(hashed: SocketAddr, kept: SocketAddr, servers: &[Scripted]) -> String {
    let servers: String = (1..)
        .zip(servers)
        .map(|(number, server)| format!("    server s{number} {}\n", server.address()))
        .collect();
    let waits = "    tcp-request inspect-delay 2s\n    tcp-request content accept if RDP_COOKIE\n";
    format!(
        "defaults\n    mode tcp\n    timeout connect 2s\n    timeout client 5s\n    timeout server 5s\n\
         listen hashed\n    bind {hashed}\n{waits}    balance rdp-cookie\n{servers}\
         listen kept\n    bind {kept}\n{waits}    balance roundrobin\n    persist rdp-cookie\n{servers}"
    )
}

/// The server that a client of this message gets.
async fn server_of(entry: SocketAddr, message: &[u8]) -> String {
    let mut client = Connection::open(entry).await.unwrap();
    // In two pieces: the cookie is not whole at once.
    client.send(&message[..message.len() / 2]).await.unwrap();
    client.send(&message[message.len() / 2..]).await.unwrap();
    String::from_utf8_lossy(&client.read(1).await.unwrap()).into_owned()
}

/// As terminal servers write where they are.
fn routing(address: SocketAddr) -> String {
    let SocketAddr::V4(address) = address else { panic!("{address} is not IPv4") };
    let ip = u32::from(*address.ip()).swap_bytes();
    format!("msts={ip}.{}.0000", address.port().swap_bytes())
}

#[tokio::test]
async fn clients_go_where_their_cookie_leads() {
    let answer = |name| [Does::Hears(20), Does::Says(name), Does::Hangs];
    let servers = [
        Scripted::start(&answer(b"1")).await,
        Scripted::start(&answer(b"2")).await,
        Scripted::start(&answer(b"3")).await,
    ];
    let (ours, theirs) = ([free_address(), free_address()], [free_address(), free_address()]);
    let _sluicegate = Sluicegate::run(&configuration(ours[0], ours[1], &servers)).await;
    let _haproxy = Haproxy::run(&configuration(theirs[0], theirs[1], &servers)).await;
    let mut chosen = String::new();
    for number in 0..24 {
        let message = message(&format!("mstshash=user{number}"));
        let mine = server_of(ours[0], &message).await;
        assert_eq!(mine, server_of(theirs[0], &message).await, "user{number}");
        chosen += &mine;
    }
    assert!(["1", "2", "3"].iter().all(|name| chosen.contains(name)), "{chosen}");
    for (name, server) in ["1", "2", "3"]
        .into_iter()
        .zip(&servers)
        .chain(["3", "1"].into_iter().zip([&servers[2], &servers[0]]))
    {
        let message = message(&routing(server.address()));
        assert_eq!(server_of(theirs[1], &message).await, name);
        assert_eq!(server_of(ours[1], &message).await, name);
    }
}

#[tokio::test]
async fn who_speaks_something_else_takes_a_turn() {
    let servers = [
        Scripted::start(&[Does::Hears(4), Does::Says(b"1"), Does::Hangs]).await,
        Scripted::start(&[Does::Hears(4), Does::Says(b"2"), Does::Hangs]).await,
    ];
    let entries = [free_address(), free_address()];
    let text = configuration(entries[0], entries[1], &servers);
    let waits =
        text.lines().filter(|line| !line.contains("tcp-request")).collect::<Vec<_>>().join("\n") + "\n";
    let _sluicegate = Sluicegate::run(&waits).await;
    for entry in entries {
        let mut turns = String::new();
        for _ in 0..4 {
            turns += &server_of(entry, b"SSH-2.0-x\r\n").await;
        }
        assert!(turns == "1212" || turns == "2121", "{turns}");
    }
}
