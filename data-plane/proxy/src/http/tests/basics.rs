use super::site::{Named, Origin, Plan, Site, run};

#[test]
fn a_request_goes_through_and_its_connections_are_used_again() {
    run(async {
        let app = Named::start("app01").await;
        let site = Site::start(Plan::new(&[app.address])).await;
        let mut client = site.client().await;
        for number in 0..3 {
            let response = client.get("/hello?x").await;
            assert_eq!((response.status(), response.text()), (200, "app01"));
            assert_eq!(site.ended()[number].number, number as u32);
        }
        assert_eq!(*app.connections.borrow(), 1);
        assert_eq!(app.requests.borrow()[0], "GET /hello?x HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(site.outcomes(), ["200 --", "200 --", "200 --"]);
        let ended = &site.ended()[2];
        assert_eq!(ended.bytes_in, "GET /hello?x HTTP/1.1\r\nHost: a\r\n\r\n".len() as u64);
        assert_eq!(ended.bytes_out, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\napp01".len() as u64);
    });
}

#[test]
fn a_body_arrives_in_both_directions() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234").await;
        let mut server = origin.accept().await;
        client.send("56789").await;
        assert_eq!(server.request().await.text(), "0123456789");
        server.send("HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\na").await;
        server.send("bc").await;
        let response = client.response().await;
        assert_eq!((response.status(), response.text()), (201, "abc"));
    });
}
