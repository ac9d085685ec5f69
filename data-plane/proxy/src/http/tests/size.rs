//! What a connection costs while it is idle.

use super::site::{Named, Plan, Site, run};
use crate::http::Connection;

#[test]
fn an_idle_connection_is_small() {
    assert!(size_of::<Connection>() <= 256, "{} bytes", size_of::<Connection>());
}

#[test]
fn an_idle_connection_owns_no_turn() {
    run(async {
        let app = Named::start("app01").await;
        let site = Site::start(Plan::new(&[app.address])).await;
        let mut clients = Vec::new();
        for _ in 0..20 {
            let mut client = site.client().await;
            client.get("/").await;
            clients.push(client);
        }
        assert_eq!(site.worker.http.spare_turns(), 1);
    });
}
