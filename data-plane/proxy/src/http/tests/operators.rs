//! What operators see of connections, and those that they end.

use super::site::{Client, Origin, Plan, Site, run};
use crate::counters::CloseCause;
use crate::sessions::{ClientSession, Listing, Sessions, State, Which, Wish};
use crate::worker::tasks::Asked;

const ALL: Wish = Wish { only: None, most: 100, detailed: true };

async fn listed(site: &Site, wish: Wish) -> Vec<ClientSession> {
    match site.worker.tasks.ask(Asked::List(Listing::new(wish)), || false).await {
        Some(Asked::List(listing)) => Sessions::of(vec![listing], wish.most, 0).sessions,
        other => panic!("{other:?}"),
    }
}

async fn end(site: &Site, which: Which) -> u64 {
    match site.worker.tasks.ask(Asked::End(which, 0), || false).await {
        Some(Asked::End(_, ended)) => ended,
        other => panic!("{other:?}"),
    }
}

/// Waits until the connections are at this.
async fn until(site: &Site, states: &[State]) -> Vec<ClientSession> {
    loop {
        let seen = listed(site, ALL).await;
        if seen.iter().map(|session| session.facts.state).eq(states.iter().copied()) {
            return seen;
        }
        tokio::task::yield_now().await;
    }
}

/// A client whose request the server has, and does not answer.
async fn hanging(site: &Site, origin: &Origin) -> (Client, Client) {
    let mut client = site.client().await;
    client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut server = origin.accept().await;
    server.request().await;
    (client, server)
}

/// A client that has its answer, and may ask again.
async fn idle(site: &Site, origin: &Origin) -> Client {
    let (mut client, mut server) = hanging(site, origin).await;
    server.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(client.response().await.status(), 200);
    client
}

#[test]
fn connections_tell_what_they_are_at() {
    run(async {
        let origin = Origin::start().await;
        let plan = Plan::new(&[origin.address]).timeouts(|it| it.client_ms = Some(5_000));
        let site = Site::start(plan).await;
        let _idle = idle(&site, &origin).await;
        until(&site, &[State::Idle]).await;
        let mut begun = site.client().await;
        begun.send("GET / HTT").await;
        until(&site, &[State::Idle, State::Request]).await;
        let (mut hangs, mut hung) = hanging(&site, &origin).await;
        let seen = until(&site, &[State::Idle, State::Request, State::Headers]).await;
        let [first, second, third] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!([first.id, second.id, third.id], [1, 2, 3]);
        assert_eq!((first.facts.exchanges, first.facts.backend.is_none()), (1, true));
        assert!(first.facts.expires.is_none_or(|left| left.as_millis() <= 5_000));
        assert_eq!((second.facts.exchanges, second.facts.bytes_in), (1, 9));
        assert_eq!(third.facts.endpoint.as_ref().unwrap().name(), "s1");
        assert_eq!(third.facts.request.as_deref(), Some(&b"GET /hang HTTP/1.1"[..]));
        assert_eq!(third.facts.endpoint_address, Some(origin.address));
        assert_eq!(third.facts.local.unwrap().ip(), Some(site.address));
        let one = listed(&site, Wish { only: Some(2), ..ALL }).await;
        assert_eq!(one.iter().map(|session| session.id).collect::<Vec<_>>(), [2]);
        let few = listed(&site, Wish { most: 2, ..ALL }).await;
        let kept: Vec<u64> = few.iter().map(|session| session.id).collect();
        assert_eq!(kept, [2, 3], "those within an exchange stay");
        hung.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await;
        let seen = until(&site, &[State::Idle, State::Request, State::Data]).await;
        assert_eq!((seen[2].facts.status, seen[2].facts.bytes_out), (Some(200), 41));
        hung.send("defghi").await;
        assert_eq!(hangs.response().await.text(), "abcdefghi");
    });
}

#[test]
fn an_operator_ends_a_connection_in_whatever_it_is_at() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let (mut hangs, mut hung) = hanging(&site, &origin).await;
        assert_eq!(end(&site, Which::Session(7)).await, 0);
        assert_eq!(end(&site, Which::Session(1)).await, 1);
        assert_eq!(hangs.response().await.status(), 502);
        assert!(hangs.is_closed().await && hung.is_closed().await);
        drop(hangs);
        let (mut answered, mut server) = hanging(&site, &origin).await;
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await;
        until(&site, &[State::Data]).await;
        assert_eq!(end(&site, Which::Session(2)).await, 1);
        assert!(answered.rest().await.ends_with(b"abc") && server.is_closed().await);
        let mut idle = idle(&site, &origin).await;
        until(&site, &[State::Idle]).await;
        assert_eq!(end(&site, Which::Session(3)).await, 1);
        assert!(idle.is_closed().await);
        assert_eq!(site.outcomes(), ["502 KH", "200 KD", "200 --"]);
        let closes = || site.worker.shared.counters.sum(|it| &it.closes[CloseCause::Operator as usize]);
        while closes() < 3 {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn an_operator_ends_what_is_at_an_endpoint() {
    run(async {
        let (one, two) = (Origin::start().await, Origin::start().await);
        let site = Site::start(Plan::new(&[one.address, two.address])).await;
        let (mut first, _one) = hanging(&site, &one).await;
        let (_second, _two) = hanging(&site, &two).await;
        let endpoint = super::site::key(sluicegate_proto::v1::Kind::Endpoint, "app/s1");
        assert_eq!(end(&site, Which::At(endpoint)).await, 1);
        assert_eq!(first.response().await.status(), 502);
        drop(first);
        until(&site, &[State::Headers]).await;
    });
}

#[test]
fn what_could_not_be_read_is_kept() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let bad = "GET / HTTP/1.1\r\nHost: a\r\nBad Header: a\r\n\r\n";
        let mut client = site.client().await;
        client.send(bad).await;
        assert_eq!(client.response().await.status(), 400);
        let (mut client, mut server) = hanging(&site, &origin).await;
        let worse = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n";
        server.send(worse).await;
        assert_eq!(client.response().await.status(), 502);
        let (events, kept) = site.worker.shared.captures.read();
        let [request, response] = &kept[..] else { panic!("{kept:?}") };
        assert_eq!((events, request.event, response.event), (2, 0, 1));
        assert_eq!((&*request.bytes, request.position), (bad.as_bytes(), 28));
        assert!(request.reason.contains("blank"), "{}", request.reason);
        assert_eq!((&*response.bytes, response.response), (worse.as_bytes(), true));
        assert_eq!(response.endpoint.as_ref().unwrap().name(), "s1");
    });
}
