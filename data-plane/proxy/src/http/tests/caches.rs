//! Responses that are kept, seen from both ends.

use std::time::Duration;

use sluicegate_proto::build::resource;
use sluicegate_proto::v1::{self, rule::Action};

use super::site::{Client, Origin, Plan, Received, Site, key, origin, run};
use crate::h1::Method;

fn rule(action: Action) -> v1::Rule {
    v1::Rule { when: None, action: Some(action) }
}

fn header(name: &str, value: &str) -> v1::Rule {
    let piece = v1::format_piece::Piece::Literal(value.as_bytes().to_vec().into());
    let pieces = vec![v1::FormatPiece { piece: Some(piece), ..Default::default() }];
    rule(Action::AddHeader(v1::SetHeader { name: name.into(), value: Some(v1::Format { pieces }) }))
}

/// A frontend whose responses are kept for a minute at most.
fn caching(plan: &mut Plan) {
    let small = key(v1::Kind::Cache, "small");
    let cache = v1::Cache {
        total_bytes: 4 << 20,
        object_bytes: 2 << 20,
        max_age_s: 60,
        vary: false,
        max_variants: 1,
    };
    plan.blobs.push(resource(&small, origin(), "", v1::resource::Body::Cache(cache)).unwrap());
    plan.frontend.request_rules.push(rule(Action::UseCache((&small).into())));
    plan.frontend.response_rules.push(rule(Action::StoreInCache((&small).into())));
}

struct Ends {
    site: Site,
    origin: Origin,
    client: Client,
}

async fn start(change: impl FnOnce(&mut Plan)) -> Ends {
    let origin = Origin::start().await;
    let mut plan = Plan::new(&[origin.address]);
    change(&mut plan);
    let site = Site::start(plan).await;
    let client = site.client().await;
    Ends { site, origin, client }
}

impl Ends {
    /// One exchange with a server, on a connection of its own.
    async fn served(&mut self, request: &str, response: &str) -> Received {
        self.client.send(request).await;
        let mut server = self.origin.accept().await;
        server.request().await;
        server.send(response).await;
        drop(server);
        self.client.response().await
    }

    /// How many responses there are, the bytes that are taken, and who reads.
    fn kept(&self) -> (usize, usize, usize) {
        self.site.worker.with_active(|active| {
            let store = active.caches.values().next().unwrap();
            let (shown, _) = store.shown(9, tokio::time::Instant::now());
            (shown.responses.len(), shown.taken, shown.responses.iter().map(|kept| kept.readers).sum())
        })
    }
}

const GET: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const FRESH: &str =
    "HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: max-age=30\r\nContent-Length: 5\r\n\r\nhello";

#[test]
fn what_is_kept_has_an_age_and_an_end() {
    run(async {
        let mut ends = start(caching).await;
        assert_eq!(ends.served(GET, FRESH).await.text(), "hello");
        tokio::time::advance(Duration::from_millis(12_500)).await;
        let again = ends.client.get("/a").await;
        assert!(again.has("Age: 12") && again.text() == "hello", "{}", again.head);
        assert!(!again.head.contains("Connection"), "{}", again.head);
        tokio::time::advance(Duration::from_secs(18)).await;
        let fresh = ends.served(GET, FRESH).await;
        assert!(!fresh.head.contains("Age"), "{}", fresh.head);
    });
}

#[test]
fn one_connection_is_answered_from_servers_and_from_the_cache() {
    run(async {
        let mut ends = start(caching).await;
        ends.served(GET, FRESH).await;
        // All at once: what follows is answered in turn.
        let head = "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n";
        let known = "GET /a HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n";
        let long = "GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
        ends.client.send(format!("{GET}{known}{long}{GET}")).await;
        assert_eq!(ends.client.response().await.text(), "hello");
        let unchanged = ends.client.response().await;
        assert_eq!((unchanged.status(), unchanged.text()), (304, ""));
        assert_eq!(ends.client.response().await.text(), "hello");
        assert_eq!(ends.client.response().await.text(), "hello");
        ends.client.send(head).await;
        let head = ends.client.response_to(Method::Head).await;
        assert!(head.has("Content-Length: 5") && head.has("Age: 0") && head.body.is_empty(), "{}", head.head);
        assert!(ends.site.record.until_ended(6).await);
        let ended = ends.site.record.ended.borrow();
        assert_eq!(ended[1].termination, "LR");
        assert_eq!((ended[1].status, ended[2].status, ended[1].server.clone()), (Some(200), Some(304), None));
        let counters = ends.site.worker.with_active(|active| {
            let frontend = active.frontends.values().next().unwrap();
            let counters = &frontend.state.counters;
            [
                counters.sum(|shard| &shard.cache.lookups),
                counters.sum(|shard| &shard.cache.hits),
                counters.sum(|shard| &shard.intercepted),
            ]
        });
        assert_eq!(counters, [6, 5, 5]);
    });
}

#[test]
fn rules_below_the_one_that_keeps_act_on_what_is_sent_alone() {
    run(async {
        let rules = |plan: &mut Plan| {
            plan.frontend.response_rules.push(header("X-Before", "1"));
            caching(plan);
            plan.frontend.response_rules.push(header("X-After", "1"));
        };
        let mut ends = start(rules).await;
        let count = |response: &Received, name: &str| response.head.matches(name).count();
        let first = ends.served(GET, FRESH).await;
        assert_eq!((count(&first, "X-Before"), count(&first, "X-After")), (1, 1));
        let again = ends.client.get("/a").await;
        assert_eq!((count(&again, "X-Before"), count(&again, "X-After")), (2, 1));
    });
}

#[test]
fn what_a_rule_puts_in_the_place_of_a_response_is_not_kept() {
    run(async {
        let refused = |plan: &mut Plan| {
            caching(plan);
            let content = Some(v1::reply::Content::ErrorPage(v1::Empty {}));
            let reply = v1::Reply { status: 502, content, ..v1::Reply::default() };
            plan.frontend.response_rules.push(rule(Action::Deny(reply)));
        };
        let mut ends = start(refused).await;
        assert_eq!(ends.served(GET, FRESH).await.status(), 502);
        assert!(ends.site.record.until_ended(1).await);
        assert_eq!(ends.kept(), (0, 0, 0));
    });
}

#[test]
fn what_breaks_off_is_not_kept() {
    run(async {
        let mut ends = start(caching).await;
        ends.client.send(GET).await;
        let mut server = ends.origin.accept().await;
        server.request().await;
        server.send("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 9\r\n\r\nhello").await;
        drop(server);
        assert!(ends.site.record.until_ended(1).await);
        assert_eq!(ends.kept(), (0, 0, 0));
    });
}

#[test]
fn whoever_leaves_lets_go_of_what_is_kept() {
    run(async {
        let mut ends = start(caching).await;
        let body = "x".repeat(1_900_000);
        let response =
            format!("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        ends.client.send(GET).await;
        let mut server = ends.origin.accept().await;
        server.request().await;
        let (_, first) = tokio::join!(server.send(response), ends.client.response());
        assert_eq!(first.body.len(), body.len());
        drop(server);
        // More than the sockets of both sides hold: it waits for its client.
        let mut slow = ends.site.client().await;
        slow.send(GET.repeat(8)).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(ends.kept().2, 1);
        let sent = ends.site.record.ended.borrow().len();
        slow.reset();
        assert!(ends.site.record.until_ended(sent + 1).await);
        tokio::task::yield_now().await;
        assert_eq!(ends.kept().2, 0);
        assert_eq!(ends.client.get("/a").await.body.len(), body.len());
    });
}

#[test]
fn rules_of_both_sides_keep_it_once() {
    run(async {
        let both = |plan: &mut Plan| {
            caching(plan);
            plan.backend.response_rules = plan.frontend.response_rules.clone();
        };
        let mut ends = start(both).await;
        ends.served(GET, FRESH).await;
        assert_eq!(ends.client.get("/a").await.text(), "hello");
        assert_eq!(ends.kept().0, 1);
    });
}

#[test]
fn a_target_with_a_host_does_not_answer_for_that_host() {
    run(async {
        let mut ends = start(caching).await;
        let posing = "GET http://a/a HTTP/1.1\r\nHost: a\r\n\r\n";
        ends.served(posing, &FRESH.replace("hello", "trick")).await;
        assert_eq!(ends.served(GET, FRESH).await.text(), "hello");
        assert_eq!(ends.kept().0, 2);
    });
}
