//! What is too much, and how connections end.

use sluicegate_e2e::{Behaviour, Origin, Sluicegate, free_address};

use super::client::Client;
use super::raw::Raw;
use super::{entry_before, get};

/// A request for `/`, as RFC 7541 has it: `:method GET`, `:scheme http`, `:path /`, `:authority a`.
const GET: [u8; 6] = [0x82, 0x86, 0x84, 0x41, 1, b'a'];
const ENHANCE_YOUR_CALM: u32 = 11;

/// What a client sends against the rules is nothing that an operator has to read line by line.
#[tokio::test]
async fn what_clients_do_wrong_does_not_fill_the_log() {
    let entry = free_address();
    let mut sluicegate = Sluicegate::run(&entry_before(entry, "    server s 127.0.0.1:1\n")).await;
    let mut raw = Raw::open(entry).await;
    for _ in 0..50 {
        // An answer to a PING that nobody has sent.
        assert!(raw.send(6, 1, 0, b"no-ping.").await);
    }
    // Then one of its own, whose answer shows that all was read.
    raw.send(6, 0, 0, b"the last").await;
    while raw.next().await.is_some_and(|(kind, _, payload)| kind != 6 || payload != b"the last") {}
    let output = sluicegate.process().output();
    assert!(!output.contains("PING"), "{output}");
}

/// CVE-2023-44487: streams that are opened and given up at once.
#[tokio::test]
async fn who_opens_streams_to_give_them_up_is_sent_away() {
    let origin = Origin::start("a").await;
    origin.behave(Behaviour::Hang);
    let entry = free_address();
    let _sluicegate =
        Sluicegate::run(&entry_before(entry, &format!("    server s {}\n", origin.address()))).await;
    let mut raw = Raw::open(entry).await;
    for number in 0..5_000 {
        let stream = number * 2 + 1;
        if !raw.send(1, 0x5, stream, &GET).await || !raw.send(3, 0, stream, &8_u32.to_be_bytes()).await {
            break;
        }
    }
    assert_eq!(raw.goaway().await, Some(ENHANCE_YOUR_CALM));
    assert!(origin.requests() <= 1_000, "{} requests came through", origin.requests());
    origin.behave(Behaviour::Answer);
    assert_eq!(Client::open(entry).await.ask(get("/"), None).await.unwrap().status, 200);
}

/// CVE-2024-27316: a head that never ends.
#[tokio::test]
async fn a_head_without_an_end_ends_the_connection() {
    let origin = Origin::start("a").await;
    let entry = free_address();
    let _sluicegate =
        Sluicegate::run(&entry_before(entry, &format!("    server s {}\n", origin.address()))).await;
    let mut raw = Raw::open(entry).await;
    raw.send(1, 0x1, 1, &GET).await;
    // A field that is not kept: `x: ` and 1000 bytes.
    let field = [&[0, 1, b'x', 0x7f, 0xe9, 0x06][..], &[b'y'; 1000]].concat();
    let mut sent = 0;
    while sent < 10_000 && raw.send(9, 0, 1, &field).await {
        sent += 1;
    }
    assert!(sent < 10_000);
    assert_eq!(origin.requests(), 0);
}

/// What is larger than heads may be: 431, and the connection goes on.
#[tokio::test]
async fn large_heads_are_answered_431() {
    let origin = Origin::start("a").await;
    let entry = free_address();
    let _sluicegate =
        Sluicegate::run(&entry_before(entry, &format!("    server s {}\n", origin.address()))).await;
    let client = Client::open(entry).await;
    client.ask(get("/"), None).await.unwrap();
    let mut large = get("/");
    for number in 0..15 {
        let name: http::HeaderName = format!("x-{number}").parse().unwrap();
        large.headers_mut().insert(name, "y".repeat(1_020).parse().unwrap());
    }
    assert_eq!(client.ask(large.clone(), None).await.unwrap().status, 431);
    large.headers_mut().insert("x-more", "y".repeat(2_000).parse().unwrap());
    assert_eq!(client.ask(large, None).await.unwrap().status, 431);
    assert_eq!(client.ask(get("/"), None).await.unwrap().status, 200);
    assert_eq!(origin.requests(), 2);
}

/// A client that lets nothing come keeps a server for the time that it has, and no longer.
#[tokio::test]
async fn who_reads_nothing_is_left() {
    let origin = Origin::start("a").await;
    let entry = free_address();
    let text = entry_before(entry, &format!("    server s {}\n", origin.address()));
    let _sluicegate = Sluicegate::run(&text.replace("timeout client 30s", "timeout client 300ms")).await;
    let mut raw = Raw::open(entry).await;
    // SETTINGS_INITIAL_WINDOW_SIZE: 0.
    raw.send(4, 0, 0, &[0, 4, 0, 0, 0, 0]).await;
    raw.send(1, 0x5, 1, &GET).await;
    let mut reset = false;
    while let Some((kind, stream, _)) = raw.next().await {
        reset |= kind == 3 && stream == 1;
    }
    assert!(reset, "the stream is given up before the connection ends");
}

/// At a soft stop clients are told to go; what has begun comes to its end.
#[tokio::test]
async fn a_stop_tells_clients_to_go_and_finishes_what_has_begun() {
    let origin = Origin::start("a").await;
    origin.behave(Behaviour::Held);
    let entry = free_address();
    let mut sluicegate =
        Sluicegate::run(&entry_before(entry, &format!("    server s {}\n", origin.address()))).await;
    let mut raw = Raw::open(entry).await;
    raw.send(1, 0x5, 1, &GET).await;
    origin.reached(1).await;
    sluicegate.process().signal(nix::sys::signal::Signal::SIGUSR1);
    let mut told = false;
    let mut answered = false;
    while let Some((kind, stream, payload)) = raw.next().await {
        match kind {
            // PING: what was sent before it has been heard.
            6 => drop(raw.send(6, 1, 0, &payload).await),
            7 if !std::mem::replace(&mut told, true) => origin.release(1),
            1 if stream == 1 => answered = told,
            _ => {}
        }
    }
    assert!(told && answered);
    assert!(sluicegate.process().exit().await.success());
}
