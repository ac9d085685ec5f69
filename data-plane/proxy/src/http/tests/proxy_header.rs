//! Connections to servers that begin with a header about their client.

use sluicegate_proto::v1::{Pool, ProxyHeader, ProxyVersion, Reuse};

use super::site::{Client, Origin, Plan, Site, run};

fn plan(server: std::net::SocketAddr, reuse: Option<Reuse>) -> Plan {
    let mut plan = Plan::new(&[server]);
    plan.backend.reuse = reuse.map(Into::into);
    let header = ProxyHeader { version: ProxyVersion::One.into(), ..ProxyHeader::default() };
    plan.endpoints[0].proxy_header = Some(header);
    plan
}

/// Sends a request; the header that its connection begins with.
async fn begin(client: &mut Client) -> String {
    let (ours, entry) = (client.stream.local_addr().unwrap(), client.stream.peer_addr().unwrap());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    format!("PROXY TCP4 {} {} {} {}\r\n", ours.ip(), entry.ip(), ours.port(), entry.port())
}

/// Answers it over a connection that begins so.
async fn served(client: &mut Client, server: &mut Client, header: &str) {
    assert_eq!(String::from_utf8(server.bytes(header.len()).await).unwrap(), header);
    server.request().await;
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na").await;
    assert_eq!(client.response().await.text(), "a");
}

/// Opens a connection ahead.
async fn open(origin: &Origin, site: &Site) -> Client {
    crate::worker::warm::open(&site.worker);
    let server = origin.accept().await;
    while site.worker.idle.is_empty() {
        tokio::task::yield_now().await;
    }
    server
}

#[test]
fn a_connection_is_one_client_s_whatever_is_shared() {
    run(async {
        for reuse in [None, Some(Reuse::Safe), Some(Reuse::Never)] {
            let origin = Origin::start().await;
            let site = Site::start(plan(origin.address, reuse)).await;
            let (mut first, mut second) = (site.client().await, site.client().await);
            let mut servers = Vec::new();
            for client in [&mut first, &mut second] {
                let asked = begin(client).await;
                let mut server = origin.accept().await;
                served(client, &mut server, &asked).await;
                servers.push(server);
            }
            assert!(site.worker.idle.is_empty());
            // What follows has no header, and goes over the client's own.
            assert_eq!(first.get_from(&mut servers[0], "/b").await, "b");
            assert_eq!(second.get_from(&mut servers[1], "/c").await, "c");
        }
    });
}

#[test]
fn what_was_opened_ahead_begins_when_it_has_a_client() {
    run(async {
        let origin = Origin::start().await;
        let mut plan = plan(origin.address, None);
        plan.endpoints[0].pool = Some(Pool { warm: 1, ..Pool::default() });
        let site = Site::start(plan).await;
        let mut server = open(&origin, &site).await;
        let mut client = site.client().await;
        let asked = begin(&mut client).await;
        served(&mut client, &mut server, &asked).await;
        assert_eq!(client.get_from(&mut server, "/b").await, "b");
    });
}
