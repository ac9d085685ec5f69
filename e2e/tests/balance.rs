//! Which server gets a request, by each way to balance: beside Debian's HAProxy where that is not chance, and over all
//! workers together.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::collections::BTreeMap;
use std::net::SocketAddr;

use sluicegate_e2e::{
    Behaviour, Connection, HTTP_DEFAULTS, Haproxy, Origin, Response, Sluicegate, fetch, free_address,
};

/// Names of the servers, and what their lines say besides.
const SERVERS: [(&str, &str); 5] =
    [("a", ""), ("b", "weight 3"), ("c", "id 9"), ("d", "disabled"), ("e", "weight 2")];

/// Backends whose choices are HAProxy's, request by request. (HAProxy 2.6 spreads what has no key in turns of its own.)
const EQUAL: &[(&str, &str)] = &[
    ("static", "balance static-rr"),
    ("source", "balance source"),
    ("uri", "balance uri"),
    ("ring", "balance uri\n    hash-type consistent"),
    ("depth", "balance uri depth 2\n    hash-type map-based djb2"),
    ("length", "balance uri len 8 whole\n    hash-type consistent wt6"),
    ("whole", "balance uri whole\n    hash-type map-based crc32 avalanche"),
    ("parameter", "balance url_param id\n    hash-type consistent crc32"),
    ("header", "balance hdr(x-key)\n    hash-type map-based wt6"),
    ("domain", "balance hdr(host) use_domain_only\n    hash-type consistent sdbm avalanche"),
    ("expression", "balance hash path,lower\n    hash-type consistent"),
    ("number", "balance hash src\n    hash-type consistent djb2"),
];

/// Requests of each backend.
const REQUESTS: usize = 48;

fn configuration(entry: SocketAddr, backends: &[(&str, &str)], servers: &str) -> String {
    let routes: String = backends
        .iter()
        .map(|(name, _)| format!("    use_backend {name} if {{ hdr(x-to) {name} }}\n"))
        .collect();
    let backends: String =
        backends.iter().map(|(name, lines)| format!("backend {name}\n    {lines}\n{servers}")).collect();
    format!("global\n    nbthread 2\n{HTTP_DEFAULTS}frontend main\n    bind {entry}\n{routes}{backends}")
}

fn lines(origins: &[Origin]) -> String {
    let line = |(origin, (name, rest)): (&Origin, &(&str, &str))| {
        format!("    server {name} {} {rest}\n", origin.address())
    };
    origins.iter().zip(&SERVERS).map(line).collect()
}

/// The answer to the request of this number.
async fn answer(connection: &mut Connection, backend: &str, number: usize) -> Response {
    let head = format!(
        "GET /some/{number}/where?id={number}k&x=1 HTTP/1.1\r\nHost: www.site{number}.example\r\n\
         X-To: {backend}\r\nX-Key: key-{number}\r\n\r\n"
    );
    connection.request(head).await.unwrap()
}

/// The servers that answer `REQUESTS` requests with different keys; `-`: none did.
async fn choices(entry: SocketAddr, backend: &str) -> String {
    let mut connection = Connection::open(entry).await.unwrap();
    let mut chosen = String::new();
    for number in 0..REQUESTS {
        let answer = answer(&mut connection, backend, number).await;
        chosen += &if answer.status() == 200 { answer.text() } else { "-".to_owned() };
    }
    chosen
}

async fn origins() -> Vec<Origin> {
    let mut origins = Vec::new();
    for (name, _) in SERVERS {
        origins.push(Origin::start(name).await);
    }
    origins
}

#[tokio::test]
async fn choices_are_haproxys() {
    let (origins, ours, theirs) = (origins().await, free_address(), free_address());
    let servers = lines(&origins);
    let _sluicegate = Sluicegate::run(&configuration(ours, EQUAL, &servers)).await;
    let _haproxy = Haproxy::run(&configuration(theirs, EQUAL, &servers)).await;
    let mut differ = Vec::new();
    for (name, _) in EQUAL {
        let (mine, its) = (choices(ours, name).await, choices(theirs, name).await);
        if mine != its {
            differ.push(format!("{name}\n  ours:    {mine}\n  HAProxy: {its}"));
        }
        if !matches!(*name, "source" | "number") {
            let all = ["a", "b", "c", "e"].iter().all(|server| mine.contains(server));
            assert!(all && !mine.contains('d'), "{name}: {mine}");
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}

/// How many requests each server got.
fn counts(origins: &[Origin]) -> BTreeMap<String, u64> {
    origins.iter().map(|origin| (origin.name().to_owned(), origin.requests())).collect()
}

#[tokio::test]
async fn keys_of_a_server_that_is_gone_go_elsewhere_and_the_others_stay() {
    let (mut origins, entry) = (origins().await, free_address());
    let servers = lines(&origins).replace(" \n", "\n");
    let checked = servers.replace('\n', " check inter 50ms fall 1 rise 1\n");
    let _sluicegate = Sluicegate::run(&configuration(
        entry,
        &[("ring", "balance uri\n    hash-type consistent")],
        &checked,
    ))
    .await;
    let before = choices(entry, "ring").await;
    origins[1].kill().await;
    // Until its check has found it dead, what has its keys is refused.
    let after = loop {
        let after = choices(entry, "ring").await;
        if !after.contains('-') {
            break after;
        }
    };
    assert!(before.contains('b') && !after.contains('b'), "{before}\n{after}");
    for (was, is) in before.chars().zip(after.chars()).filter(|(was, _)| *was != 'b') {
        assert_eq!(was, is, "{before}\n{after}");
    }
}

#[tokio::test]
async fn the_least_loaded_gets_the_next_and_the_first_is_filled_first() {
    let (one, two, three) = (Origin::start("1").await, Origin::start("2").await, Origin::start("3").await);
    let all = [&one, &two, &three];
    for origin in all {
        origin.behave(Behaviour::Held);
    }
    let servers = format!(
        "    server s1 {} maxconn 4\n    server s2 {} weight 2 maxconn 4\n    server s3 {} maxconn 4\n",
        one.address(),
        two.address(),
        three.address()
    );
    for (balance, shares) in [("balance leastconn", [2, 4, 2]), ("balance first", [4, 4, 0])] {
        let entry = free_address();
        let _sluicegate = Sluicegate::run(&configuration(entry, &[("it", balance)], &servers)).await;
        let before: Vec<u64> = all.iter().map(|origin| origin.requests()).collect();
        let mut clients = Vec::new();
        for sent in 1..=8_u64 {
            let mut client = Connection::open(entry).await.unwrap();
            client.send("GET / HTTP/1.1\r\nHost: a\r\nX-To: it\r\n\r\n").await.unwrap();
            clients.push(client);
            // One after the other: what is under way counts.
            let arrived =
                || all.iter().map(|origin| origin.requests()).sum::<u64>() - before.iter().sum::<u64>();
            while arrived() < sent {
                tokio::task::yield_now().await;
            }
        }
        let got: Vec<u64> =
            all.iter().zip(&before).map(|(origin, before)| origin.requests() - before).collect();
        assert_eq!(got, shares, "{balance}");
        for (origin, got) in all.iter().zip(got) {
            origin.release(usize::try_from(got).unwrap());
        }
        for client in &mut clients {
            assert_eq!(client.response("GET").await.unwrap().status(), 200);
        }
    }
}

#[tokio::test]
async fn chance_finds_everybody() {
    let (origins, entry) = (origins().await, free_address());
    let _sluicegate =
        Sluicegate::run(&configuration(entry, &[("it", "balance random(3)")], &lines(&origins))).await;
    choices(entry, "it").await;
    let counts = counts(&origins);
    assert_eq!(counts.values().sum::<u64>(), REQUESTS as u64);
    assert!(["a", "b", "c", "e"].iter().all(|name| counts[*name] > 0) && counts["d"] == 0, "{counts:?}");
    assert_eq!(fetch(entry, "/").await.unwrap().status(), 503);
}

#[tokio::test]
async fn a_parameter_may_be_in_a_form() {
    let (origins, ours, theirs) = (origins().await, free_address(), free_address());
    let servers = lines(&origins);
    let backends = [("form", "balance url_param id check_post\n    hash-type consistent")];
    let _sluicegate = Sluicegate::run(&configuration(ours, &backends, &servers)).await;
    let _haproxy = Haproxy::run(&configuration(theirs, &backends, &servers)).await;
    let mut chosen = BTreeMap::new();
    for number in 0..24 {
        let form = format!("name=x&id=user{number}&more=1");
        let head = "POST /form HTTP/1.1\r\nHost: a\r\nX-To: form\r\n";
        let plain = format!("{head}Content-Length: {}\r\n\r\n{form}", form.len());
        let chunked =
            format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{form}\r\n0\r\n\r\n", form.len());
        let mut names = Vec::new();
        for (entry, request) in [(theirs, &plain), (ours, &plain), (ours, &chunked)] {
            let mut connection = Connection::open(entry).await.unwrap();
            // The body comes behind the head.
            let (head, body) = request.split_at(request.find("\r\n\r\n").unwrap() + 4);
            connection.send(head).await.unwrap();
            connection.send(body).await.unwrap();
            names.push(connection.response("POST").await.unwrap().text());
        }
        assert!(names.iter().all(|name| *name == names[0]), "user{number}: {names:?}");
        *chosen.entry(names[0].clone()).or_insert(0) += 1;
    }
    assert!(chosen.len() > 2, "{chosen:?}");
}
