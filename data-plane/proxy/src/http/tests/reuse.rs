//! Which connection to a server a request goes over.

use sluicegate_proto::v1::{Pool, Reuse, Source};

use super::site::{Client, Named, Origin, Plan, Site, run};

fn plan(server: std::net::SocketAddr, reuse: impl Into<Option<Reuse>>) -> Plan {
    let mut plan = Plan::new(&[server]);
    plan.backend.reuse = reuse.into().map(Into::into);
    plan
}

/// How many connections a server sees of two clients that ask in turns: the first one once, the second twice, a third
/// once.
async fn connections(reuse: Option<Reuse>) -> u32 {
    let app = Named::start("app01").await;
    let site = Site::start(plan(app.address, reuse)).await;
    let mut first = site.client().await;
    first.get("/").await;
    let mut second = site.client().await;
    second.get("/").await;
    second.get("/").await;
    site.client().await.get("/").await;
    *app.connections.borrow()
}

#[test]
fn a_first_request_goes_over_what_its_backend_lets_it() {
    run(async {
        assert_eq!(connections(None).await, 1);
        // The third one finds a connection that served two requests.
        assert_eq!(connections(Some(Reuse::Aggressive)).await, 2);
        assert_eq!(connections(Some(Reuse::Safe)).await, 3);
        assert_eq!(connections(Some(Reuse::Never)).await, 3);
    });
}

/// How many connections a server sees of a client of one worker and one of another, that ask in turns, three times each.
async fn connections_of_two_workers(reuse: Option<Reuse>, pool: Pool) -> u32 {
    let app = Named::start("app01").await;
    let mut plan = plan(app.address, reuse);
    plan.endpoints[0].pool = Some(pool);
    let sites = Site::start_two(plan).await;
    let (mut first, mut second) = (sites[0].client().await, sites[1].client().await);
    for _ in 0..3 {
        first.get("/").await;
        second.get("/").await;
    }
    *app.connections.borrow()
}

#[test]
fn a_worker_that_has_no_idle_connection_takes_one_of_another() {
    run(async {
        let low = |low| Pool { low, ..Pool::default() };
        assert_eq!(connections_of_two_workers(None, low(0)).await, 1);
        assert_eq!(connections_of_two_workers(None, low(1)).await, 1);
        // Below so many it opens its own, and from then on has it.
        assert_eq!(connections_of_two_workers(None, low(2)).await, 2);
        // A first request goes over none that others have used, or over one that has served two.
        assert_eq!(connections_of_two_workers(Some(Reuse::Safe), low(0)).await, 2);
        assert_eq!(connections_of_two_workers(Some(Reuse::Aggressive), low(0)).await, 2);
        assert_eq!(connections_of_two_workers(Some(Reuse::Never), low(0)).await, 2);
        assert_eq!(connections_of_two_workers(None, Pool { max_idle: Some(0), ..low(0) }).await, 6);
    });
}

#[test]
fn what_was_opened_ahead_is_found_with_another_worker() {
    run(async {
        let origin = Origin::start().await;
        let mut plan = plan(origin.address, Reuse::Never);
        plan.endpoints[0].pool = Some(Pool { warm: 1, ..Pool::default() });
        let sites = Site::start_two(plan).await;
        crate::worker::warm::open(&sites[0].worker);
        let mut server = origin.accept().await;
        while sites[0].worker.idle.is_empty() {
            tokio::task::yield_now().await;
        }
        let mut client = sites[1].client().await;
        assert_eq!(client.get_from(&mut server, "/a").await, "a");
        assert!(sites[0].worker.idle.is_empty());
    });
}

#[test]
fn a_connection_that_proves_who_its_client_is_is_out_of_reach_of_other_workers() {
    run(async {
        let origin = Origin::start().await;
        let sites = Site::start_two(Plan::new(&[origin.address])).await;
        let mut client = sites[0].client().await;
        let mut server = challenge(&origin, &mut client, 401, "WWW-Authenticate: NTLM").await;
        let mut other = sites[1].client().await;
        serve_first(&origin, &mut other).await;
        assert_eq!(client.get_from(&mut server, "/a").await, "a");
    });
}

#[test]
fn later_requests_of_a_client_go_over_connections_of_others_but_for_never() {
    run(async {
        for (reuse, at_second) in [(Reuse::Safe, true), (Reuse::Never, false)] {
            let origin = Origin::start().await;
            let site = Site::start(plan(origin.address, reuse)).await;
            let (mut one, mut two) = (site.client().await, site.client().await);
            one.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n").await;
            let mut first = origin.accept().await;
            first.request().await;
            let mut second = serve_first(&origin, &mut two).await;
            first.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
            one.response().await;
            // What was used last is the other one's.
            two.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n").await;
            let server = if at_second { &mut first } else { &mut second };
            assert!(server.request().await.head.starts_with("GET /2 "), "{reuse:?}");
        }
    });
}

async fn serve_first(origin: &Origin, client: &mut Client) -> Client {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut server = origin.accept().await;
    server.request().await;
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    client.response().await;
    server
}

#[test]
fn a_connection_of_one_client_ends_with_it_and_not_before() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(plan(origin.address, Reuse::Never)).await;
        let mut client = site.client().await;
        let mut server = serve_first(&origin, &mut client).await;
        for path in ["/a", "/b"] {
            assert_eq!(client.get_from(&mut server, path).await, path[1..]);
        }
        assert!(site.worker.idle.is_empty());
        drop(client);
        assert!(server.is_closed().await);
    });
}

#[test]
fn a_connection_of_one_client_that_the_server_ends_is_replaced() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(plan(origin.address, Reuse::Never)).await;
        let mut client = site.client().await;
        drop(serve_first(&origin, &mut client).await);
        assert!(origin.is_untouched().await);
        serve_first(&origin, &mut client).await;
    });
}

#[test]
fn a_client_keeps_no_more_connections_than_it_may() {
    run(async {
        let origin = Origin::start().await;
        let mut plan = plan(origin.address, Reuse::Never);
        plan.frontend.max_private_connections = Some(0);
        let site = Site::start(plan).await;
        let mut client = site.client().await;
        assert!(serve_first(&origin, &mut client).await.is_closed().await);
        serve_first(&origin, &mut client).await;
    });
}

/// Has a client asked who it is over a connection, and gives that.
async fn challenge(origin: &Origin, client: &mut Client, status: u16, challenge: &str) -> Client {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut server = origin.accept().await;
    server.request().await;
    server.send(format!("HTTP/1.1 {status} No\r\n{challenge}\r\nContent-Length: 0\r\n\r\n")).await;
    client.response().await;
    server
}

#[test]
fn a_connection_that_proves_who_its_client_is_serves_no_other() {
    run(async {
        for (status, header, private) in [
            (401, "WWW-Authenticate: NTLM", true),
            (401, "WWW-Authenticate: Basic realm=a\r\nwww-authenticate: negotiate abc", true),
            (407, "Proxy-Authenticate: Nego2", true),
            (401, "WWW-Authenticate: Basic realm=\"NTLM\"", false),
            (401, "Proxy-Authenticate: NTLM", false),
            (200, "WWW-Authenticate: NTLM", false),
        ] {
            let origin = Origin::start().await;
            let site = Site::start(Plan::new(&[origin.address])).await;
            let (mut client, mut other) = (site.client().await, site.client().await);
            let mut server = challenge(&origin, &mut client, status, header).await;
            assert_eq!(site.worker.idle.is_empty(), private, "{status} {header}");
            other.send("GET /b HTTP/1.1\r\nHost: a\r\n\r\n").await;
            if private {
                origin.accept().await.request().await;
                // Proven or not: from now on it is the client's.
                assert_eq!(client.get_from(&mut server, "/a").await, "a");
                assert!(site.worker.idle.is_empty());
            } else {
                assert!(server.request().await.head.starts_with("GET /b "));
            }
        }
    });
}

#[test]
fn a_client_stays_where_its_connection_proves_who_it_is() {
    run(async {
        let (one, two) = (Origin::start().await, Named::start("app02").await);
        let mut plan = Plan::new(&[one.address, two.address]);
        let site = Site::start(plan.clone()).await;
        let mut client = site.client().await;
        let mut server = challenge(&one, &mut client, 401, "WWW-Authenticate: NTLM").await;
        for path in ["/a", "/b", "/c"] {
            assert_eq!(client.get_from(&mut server, path).await, path[1..]);
        }
        // Out of service it is no reason to stay.
        plan.endpoints[0].disabled = true;
        let mut site = site;
        site.commit(&plan);
        assert_eq!(client.get("/").await.text(), "app02");
    });
}

#[test]
fn connections_that_were_opened_ahead_are_found() {
    run(async {
        for reuse in [None, Some(Reuse::Aggressive), Some(Reuse::Safe), Some(Reuse::Never)] {
            let origin = Origin::start().await;
            let mut plan = plan(origin.address, reuse);
            plan.endpoints[0].pool = Some(Pool { warm: 1, ..Pool::default() });
            let site = Site::start(plan).await;
            crate::worker::warm::open(&site.worker);
            let mut server = origin.accept().await;
            while site.worker.idle.is_empty() {
                tokio::task::yield_now().await;
            }
            let mut client = site.client().await;
            assert_eq!(client.get_from(&mut server, "/a").await, "a");
            // The one that is used is missing now.
            if reuse == Some(Reuse::Never) {
                crate::worker::warm::open(&site.worker);
                origin.accept().await;
            }
        }
    });
}

#[test]
fn a_connection_serves_no_more_requests_than_it_may() {
    run(async {
        let origin = Origin::start().await;
        let mut plan = Plan::new(&[origin.address]);
        plan.endpoints[0].pool = Some(Pool { max_reuse: Some(1), ..Pool::default() });
        let site = Site::start(plan).await;
        let mut client = site.client().await;
        let mut server = serve_first(&origin, &mut client).await;
        assert_eq!(client.get_from(&mut server, "/a").await, "a");
        assert!(server.rest().await.is_empty());
        serve_first(&origin, &mut client).await;
    });
}

#[test]
fn no_more_connections_are_kept_than_the_endpoint_lets() {
    run(async {
        let origin = Origin::start().await;
        let mut plan = Plan::new(&[origin.address]);
        plan.endpoints[0].pool = Some(Pool { max_idle: Some(0), ..Pool::default() });
        let site = Site::start(plan).await;
        let mut client = site.client().await;
        serve_first(&origin, &mut client).await;
        assert!(site.worker.idle.is_empty());
        serve_first(&origin, &mut client).await;
    });
}

#[test]
fn a_server_sees_where_connections_come_from() {
    run(async {
        let origin = Origin::start().await;
        let mut plan = Plan::new(&[origin.address]);
        let home = sluicegate_proto::build::ip_address(([127, 0, 0, 8], 0).into());
        plan.endpoints[0].source = Some(Source { address: Some(home), ..Source::default() });
        let site = Site::start(plan).await;
        let server = serve_first(&origin, &mut site.client().await).await;
        assert_eq!(server.stream.peer_addr().unwrap().ip().to_string(), "127.0.0.8");
    });
}
