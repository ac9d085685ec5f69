//! The client's address in requests, from `option forwardfor` of both sides: as HAProxy sends it.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;

use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Haproxy, Origin, Sluicegate, free_address};

/// `option forwardfor` of a frontend and of a backend together. Each row: both sides' words (`-`: no such line), and
/// the field that is added where the request has none, where it has X-Forwarded-For, where it has X-Client.
const FORWARDED: &[(&str, &str, [&str; 3])] = &[
    ("", "-", [XFF, XFF, XFF]),
    ("-", "", [XFF, XFF, XFF]),
    ("", "", [XFF, XFF, XFF]),
    ("if-none", "-", [XFF, "", XFF]),
    ("if-none", "", [XFF, XFF, XFF]),
    ("", "if-none", [XFF, XFF, XFF]),
    ("if-none", "if-none", [XFF, "", XFF]),
    ("except 127.0.0.0/8", "-", ["", "", ""]),
    ("except 127.0.0.0/8", "", ["", "", ""]),
    ("", "except 127.0.0.0/8", ["", "", ""]),
    ("except 10.0.0.0/8", "", [XFF, XFF, XFF]),
    ("header X-Client", "-", [CLIENT, CLIENT, CLIENT]),
    ("header X-Client", "", [XFF, XFF, XFF]),
    ("", "header X-Client", [CLIENT, CLIENT, CLIENT]),
    ("header X-Client if-none", "if-none", [XFF, "", XFF]),
    ("if-none", "header X-Client if-none", [CLIENT, CLIENT, ""]),
    ("header X-Client", "header X-Client if-none", [CLIENT, CLIENT, CLIENT]),
    ("except 127.0.0.1 if-none", "header X-Client", ["", "", ""]),
    ("header X-Client", "except 10.0.0.1 if-none header X-Client", [CLIENT, CLIENT, CLIENT]),
];
const XFF: &str = "x-forwarded-for";
const CLIENT: &str = "x-client";

/// What a server was sent for each row and request: which field got the client's address.
async fn forwarded(entries: &[SocketAddr], origin: &Origin) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for entry in entries {
        let mut row = <[String; 3]>::default();
        for (added, sent) in
            row.iter_mut().zip(["", "X-Forwarded-For: 192.0.2.1\r\n", "X-Client: 192.0.2.2\r\n"])
        {
            let request = format!("GET / HTTP/1.1\r\nHost: app\r\n{sent}\r\n");
            let answer = Connection::open(*entry).await.unwrap().request(request).await.unwrap();
            assert_eq!(answer.status(), 200);
            let seen = origin.last_request().unwrap().head;
            let got = |name: &&str| seen.headers_named(name).any(|value| value == "127.0.0.1");
            *added = [XFF, CLIENT].into_iter().filter(got).collect::<Vec<_>>().join(" ");
        }
        rows.push(row);
    }
    rows
}

#[tokio::test]
async fn both_sides_forward_the_address_as_haproxy_does() {
    let origin = Origin::start("app01").await;
    let server = origin.address();
    for ours in [false, true] {
        let entries: Vec<SocketAddr> = FORWARDED.iter().map(|_| free_address()).collect();
        let mut text = HTTP_DEFAULTS.to_owned();
        for (number, ((front, back, _), entry)) in FORWARDED.iter().zip(&entries).enumerate() {
            let option = |words: &str| match words {
                "-" => String::new(),
                words => format!("    option forwardfor {words}\n"),
            };
            text += &format!(
                "frontend f{number}\n    bind {entry}\n{}    default_backend b{number}\n\
                 backend b{number}\n{}    server app01 {server}\n",
                option(front),
                option(back)
            );
        }
        let (_haproxy, _sluicegate) = if ours {
            (None, Some(Sluicegate::run(&text).await))
        } else {
            (Some(Haproxy::run(&text).await), None)
        };
        let got = forwarded(&entries, &origin).await;
        for ((front, back, expected), got) in FORWARDED.iter().zip(&got) {
            assert_eq!(got, expected, "ours: {ours}, frontend {front:?}, backend {back:?}");
        }
    }
}
