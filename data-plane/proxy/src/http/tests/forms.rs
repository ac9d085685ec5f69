//! The statistics page, as far as workers have a part in it: who may send a form, and its bytes.

use sluicegate_proto::v1::{self, rule};
use tokio::sync::mpsc;

use super::site::{Client, Plan, Site, run};
use crate::http::{Answer, Ask, Posted};

const FORM: &str = "s=one&action=maint&b=app";

fn has(fetch: &str, argument: &str, values: &[&'static str]) -> v1::Condition {
    let argument = v1::Argument { value: Some(v1::argument::Value::Text(argument.to_owned().into())) };
    let call = v1::Call { name: fetch.into(), arguments: vec![argument] };
    let test = v1::Test {
        sample: Some(v1::Sample { fetch: Some(call), converters: vec![] }),
        r#match: v1::Match::Str.into(),
        patterns: values.iter().map(|&value| value.into()).collect(),
        ..Default::default()
    };
    v1::Condition { tests: vec![test], ops: vec![v1::Op { op: Some(v1::op::Op::Test(0)) }] }
}

/// A page for everybody, where requests that say who they are may change things; its questions are answered with 200.
async fn site() -> (Site, mpsc::Receiver<Ask>) {
    let page = v1::StatsPage {
        uri: "/stats".into(),
        admin: vec![has("req.hdr", "X-Who", &["nobody"]), has("req.hdr", "X-Who", &["boss", "chief"])],
        ..Default::default()
    };
    let service = v1::Service { kind: Some(v1::service::Kind::Stats(page)) };
    let mut plan = Plan::new(&[]);
    plan.frontend.request_rules = vec![v1::Rule { when: None, action: Some(rule::Action::Service(service)) }];
    Site::start_asked(plan).await
}

fn head(method: &str, fields: &str) -> String {
    format!("{method} /stats;up HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

/// Has the next question answered; what it was.
async fn asked(asks: &mut mpsc::Receiver<Ask>) -> (bool, Option<Posted>) {
    let ask = asks.recv().await.unwrap();
    assert_eq!(ask.target, b"/stats;up");
    let headers = vec![("Location", "/there".to_owned())];
    ask.answer.send(Answer { status: 303, headers, body: Vec::new() }).unwrap();
    (ask.admin, ask.posted)
}

/// What is asked for these bytes; the connection lives on.
async fn sent(client: &mut Client, asks: &mut mpsc::Receiver<Ask>, bytes: String) -> (bool, Option<Posted>) {
    client.send(bytes).await;
    let asked = asked(asks).await;
    let response = client.response().await;
    assert_eq!(response.status(), 303);
    assert!(response.has("Location: /there") && response.has("Content-Length: 0"), "{}", response.head);
    asked
}

fn post(fields: &str, body: &str) -> String {
    head("POST", &format!("X-Who: boss\r\nContent-Length: {}\r\n{fields}", body.len())) + body
}

fn form() -> Option<Posted> {
    Some(Posted::Form(FORM.into()))
}

#[test]
fn a_form_is_taken_from_who_may_change_things() {
    run(async {
        let (site, mut asks) = site().await;
        let mut client = site.client().await;
        let mut take = async |bytes: String| sent(&mut client, &mut asks, bytes).await;
        assert_eq!(take(head("GET", "")).await, (false, None));
        assert_eq!(take(head("GET", "X-Who: boss\r\n")).await, (true, None));
        assert_eq!(take(post("", FORM)).await, (true, form()));
        assert_eq!(take(post("X-Who: nobody\r\n", FORM)).await, (true, form()), "any of the conditions");
        let nobody = head("POST", &format!("Content-Length: {}\r\n", FORM.len())) + FORM;
        assert_eq!(take(nobody).await, (false, Some(Posted::Denied)));
        assert_eq!(take(post("Sec-Fetch-Site: cross-site\r\n", FORM)).await, (true, Some(Posted::Denied)));
        assert_eq!(take(post("Origin: http://b\r\n", FORM)).await, (true, Some(Posted::Denied)));
        assert_eq!(take(post("Origin: http://a\r\n", FORM)).await, (true, form()));
        assert_eq!(take(post("Content-Type: text/plain\r\n", FORM)).await, (true, Some(Posted::NoForm)));
        assert_eq!(take(post("", "")).await, (true, Some(Posted::Form(Vec::new()))));
        assert_eq!(site.outcomes()[2], "303 LR");
    });
}

#[test]
fn a_form_comes_in_pieces_and_chunks() {
    run(async {
        let (site, mut asks) = site().await;
        let mut client = site.client().await;
        let whole = post("", FORM);
        let (first, second) = whole.split_at(whole.len() - 5);
        client.send(first).await;
        tokio::task::yield_now().await;
        assert_eq!(sent(&mut client, &mut asks, second.to_owned()).await, (true, form()));
        let chunked = head("POST", "X-Who: boss\r\nTransfer-Encoding: chunked\r\n");
        let (a, b) = FORM.split_at(7);
        let chunks = format!("7\r\n{a}\r\n{:x};x=y\r\n{b}\r\n0\r\nX: y\r\n\r\n", b.len());
        assert_eq!(sent(&mut client, &mut asks, chunked.clone() + &chunks).await, (true, form()));
        // Behind it stands another request.
        client.send(chunked).await;
        tokio::task::yield_now().await;
        assert_eq!(sent(&mut client, &mut asks, chunks + &head("GET", "")).await, (true, form()));
        assert_eq!(sent(&mut client, &mut asks, String::new()).await, (false, None));
    });
}

#[test]
fn a_client_that_waits_is_told_to_go_on() {
    run(async {
        let (site, mut asks) = site().await;
        let mut client = site.client().await;
        let length = format!("X-Who: boss\r\nExpect: 100-continue\r\nContent-Length: {}\r\n", FORM.len());
        client.send(head("POST", &length)).await;
        assert_eq!(client.response().await.status(), 100);
        assert_eq!(sent(&mut client, &mut asks, FORM.to_owned()).await, (true, form()));
        assert_eq!(sent(&mut client, &mut asks, head("POST", &length) + FORM).await, (true, form()));
    });
}

#[test]
fn a_form_has_its_limits() {
    run(async {
        let (site, mut asks) = site().await;
        let mut client = site.client().await;
        let most = "a".repeat(16 * 1024);
        let taken = sent(&mut client, &mut asks, post("", &most)).await;
        assert_eq!(taken, (true, Some(Posted::Form(most.clone().into()))));
        let taken = sent(&mut client, &mut asks, post("", &format!("{most}a"))).await;
        assert_eq!(taken, (true, Some(Posted::TooLong)));
        let mut client = site.client().await;
        client.send(head("POST", "X-Who: boss\r\nTransfer-Encoding: chunked\r\n")).await;
        client.send(format!("{:x}\r\n{most}a", most.len() + 1)).await;
        assert_eq!(asked(&mut asks).await, (true, Some(Posted::TooLong)));
        assert!(client.response().await.has("Connection: close"), "the rest is not heard out");
        let mut client = site.client().await;
        client.send(head("POST", "X-Who: boss\r\nTransfer-Encoding: chunked\r\n") + "zz\r\n").await;
        assert_eq!(client.response().await.status(), 400);
    });
}

#[test]
fn a_form_that_does_not_come_is_not_waited_for() {
    run(async {
        let (site, _asks) = site().await;
        let mut client = site.client().await;
        client.send(head("POST", "X-Who: boss\r\nContent-Length: 5\r\n") + "s=").await;
        assert_eq!(client.response().await.status(), 408);
        let mut client = site.client().await;
        client.send(head("POST", "X-Who: boss\r\nContent-Length: 5\r\n") + "s=").await;
        client.reset();
        assert!(site.record.until_ended(2).await);
        assert_eq!(site.outcomes(), ["408 cR", "400 CR"]);
    });
}
