//! Rules, routes and answers of the proxy's own.

use bytes::Bytes;
use sluicegate_proto::build::blob;
use sluicegate_proto::v1::{self, reply, rule};

use super::site::{Named, Origin, Plan, Site, origin, run};
use crate::h1::Method;

fn text(text: &'static str) -> v1::Format {
    let piece = v1::format_piece::Piece::Literal(Bytes::from_static(text.as_bytes()));
    v1::Format { pieces: vec![v1::FormatPiece { piece: Some(piece), ..Default::default() }] }
}

fn rule(when: Option<v1::Condition>, action: rule::Action) -> v1::Rule {
    v1::Rule { when, action: Some(action) }
}

fn path_begins(prefix: &'static str) -> Option<v1::Condition> {
    let test = v1::Test {
        sample: Some(v1::Sample {
            fetch: Some(v1::Call { name: "path".into(), arguments: vec![] }),
            converters: vec![],
        }),
        r#match: v1::Match::Beg.into(),
        patterns: vec![Bytes::from_static(prefix.as_bytes())],
        ..Default::default()
    };
    Some(v1::Condition { tests: vec![test], ops: vec![v1::Op { op: Some(v1::op::Op::Test(0)) }] })
}

fn answer(status: u32, content: reply::Content) -> v1::Reply {
    v1::Reply { status, content_type: "text/plain".into(), content: Some(content), headers: vec![] }
}

fn said(words: &'static str) -> reply::Content {
    reply::Content::Text(Bytes::from_static(words.as_bytes()))
}

async fn site(rules: Vec<v1::Rule>) -> Site {
    let mut plan = Plan::new(&[]);
    plan.frontend.request_rules = rules;
    Site::start(plan).await
}

#[test]
fn return_answers_and_the_connection_lives_on() {
    run(async {
        let mut reply = answer(200, said("I'm app01"));
        reply.headers = vec![v1::SetHeader { name: "X-A".into(), value: Some(text("b")) }];
        let site = site(vec![rule(None, rule::Action::Return(reply))]).await;
        let mut client = site.client().await;
        for _ in 0..3 {
            let response = client.get("/").await;
            assert_eq!((response.status(), response.text()), (200, "I'm app01"));
            assert!(response.has("Content-Type: text/plain") && response.has("X-A: b"));
            assert!(response.has("Content-Length: 9") && !response.head.contains("Connection"));
        }
        client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(client.response_to(Method::Head).await.has("Content-Length: 9"));
        assert_eq!(client.response().await.text(), "I'm app01");
        assert_eq!(site.outcomes(), ["200 LR"; 5]);
    });
}

#[test]
fn deny_answers_the_statuss_page_and_is_counted() {
    run(async {
        let denied = answer(403, reply::Content::ErrorPage(v1::Empty {}));
        let site = site(vec![rule(path_begins("/no"), rule::Action::Deny(denied))]).await;
        let mut client = site.client().await;
        let response = client.get("/no/way").await;
        assert!(response.status() == 403 && response.text().contains("403 Forbidden"));
        assert_eq!(client.get("/yes").await.status(), 503);
        assert_eq!(site.outcomes(), ["403 PR", "503 SC"]);
        assert_eq!(site.frontend().state.counters.sum(|counters| &counters.denied), 1);
    });
}

#[test]
fn redirects_say_where() {
    run(async {
        let prefix = v1::Redirect {
            kind: v1::RedirectKind::Prefix.into(),
            target: Some(text("https://b")),
            status: 301,
            set_cookie: "SEEN=1".into(),
            ..Default::default()
        };
        let site = site(vec![rule(None, rule::Action::Redirect(prefix))]).await;
        let response = site.client().await.get("/p?q").await;
        assert_eq!(response.status(), 301);
        assert!(
            response.has("Location: https://b/p?q") && response.has("Set-Cookie: SEEN=1"),
            "{}",
            response.head
        );
        assert_eq!(site.outcomes(), ["301 LR"]);
    });
}

#[test]
fn a_small_unread_body_is_read_and_a_large_one_ends_the_connection() {
    run(async {
        let site = site(vec![rule(None, rule::Action::Return(answer(200, said("ok"))))]).await;
        let mut client = site.client().await;
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab").await;
        assert_eq!(client.response().await.text(), "ok");
        client.send("cdeGET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(client.response().await.text(), "ok");
        for body in [
            "Content-Length: 10000000",
            "Transfer-Encoding: chunked",
            "Expect: 100-continue\r\nContent-Length: 5",
        ] {
            let mut client = site.client().await;
            client.send(format!("POST / HTTP/1.1\r\nHost: a\r\n{body}\r\n\r\n")).await;
            assert!(client.response().await.has("Connection: close"), "{body}");
            assert!(client.is_closed().await);
        }
    });
}

#[test]
fn headers_are_rewritten_on_both_ways() {
    run(async {
        let server = Origin::start().await;
        let mut plan = Plan::new(&[server.address]);
        let set = |name: &str, value| v1::SetHeader { name: name.into(), value: Some(text(value)) };
        let delete = |name: &str| v1::DeleteHeader { name: name.into(), r#match: v1::Match::Str.into() };
        plan.frontend.request_rules = vec![
            rule(None, rule::Action::SetHeader(set("X-One", "1"))),
            rule(None, rule::Action::DeleteHeader(delete("X-Secret"))),
        ];
        plan.backend.response_rules = vec![rule(None, rule::Action::DeleteHeader(delete("Server")))];
        plan.frontend.response_rules = vec![rule(None, rule::Action::AddHeader(set("X-Two", "2")))];
        let site = Site::start(plan).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Secret: s\r\nx-one: 0\r\n\r\n").await;
        let mut server = server.accept().await;
        assert_eq!(server.request().await.head, "GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\n\r\n");
        server.send("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(client.response().await.head, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Two: 2\r\n\r\n");
    });
}

#[test]
fn a_response_rule_takes_the_responses_place() {
    run(async {
        let app = Named::start("secret").await;
        let mut plan = Plan::new(&[app.address]);
        plan.backend.response_rules = vec![rule(None, rule::Action::Deny(answer(502, said("hidden"))))];
        let site = Site::start(plan).await;
        let response = site.client().await.get("/").await;
        assert_eq!((response.status(), response.text()), (502, "hidden"));
    });
}

#[test]
fn error_files_take_the_place_of_built_in_pages() {
    run(async {
        let whole = b"HTTP/1.0 503 Sorry\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n<b>sorry</b>";
        let (page, name) = blob("test", origin(), Bytes::from_static(whole)).unwrap();
        let mut plan = Plan::new(&[]);
        plan.blobs = vec![page];
        plan.frontend.error_pages = vec![
            v1::ErrorPage { status: 503, blob: name },
            v1::ErrorPage { status: 408, blob: String::new() },
        ];
        let site = Site::start(plan.timeouts(|timeouts| timeouts.http_request_ms = Some(1_000))).await;
        let mut client = site.client().await;
        for _ in 0..2 {
            let response = client.get("/").await;
            assert_eq!((response.status(), response.text()), (503, "<b>sorry</b>"));
            assert!(response.head.starts_with("HTTP/1.1 503 Sorry\r\n") && !response.head.contains("close"));
        }
        assert!(site.client().await.is_closed().await);
        assert_eq!(site.outcomes().last().unwrap(), "408 cR");
    });
}
