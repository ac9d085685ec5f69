//! The tasks that carry streams of HTTP/2.

use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use http::{Request, StatusCode};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::site::{Named, Origin, Plan, Site, run};

/// A connection to the site, driven in the background.
async fn connected(site: &Site) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(site.address).await.unwrap();
    // On a paused clock nothing waits for an acknowledgement.
    stream.set_nodelay(true).unwrap();
    let (requests, driver) = h2::client::handshake(stream).await.unwrap();
    tokio::task::spawn_local(driver);
    requests
}

/// Asks for something; its answer's status, once all of it is there.
async fn status(requests: &SendRequest<Bytes>) -> StatusCode {
    let request = Request::get("http://a/").body(()).unwrap();
    let mut requests = requests.clone().ready().await.unwrap();
    let mut response = requests.send_request(request, true).unwrap().0.await.unwrap();
    while let Some(data) = response.body_mut().data().await {
        let length = data.unwrap().len();
        response.body_mut().flow_control().release_capacity(length).unwrap();
    }
    response.status()
}

#[test]
fn one_task_carries_what_comes_one_after_the_other() {
    run(async {
        let app = Named::start("app01").await;
        let site = Site::start(Plan::new(&[app.address])).await;
        let (one, two) = (connected(&site).await, connected(&site).await);
        for requests in [&one, &two, &one] {
            assert_eq!(status(requests).await, 200);
            while site.worker.http.spare_carriers() == 0 {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(site.worker.http.spare_carriers(), 1);
        let three = tokio::join!(status(&one), status(&one), status(&two));
        assert_eq!(three, (StatusCode::OK, StatusCode::OK, StatusCode::OK));
        let ended = site.ended();
        assert_eq!(ended.len(), 6);
        assert_eq!(ended.iter().map(|end| end.number).collect::<Vec<_>>(), [0, 0, 1, 2, 3, 1]);
    });
}

#[test]
fn each_stream_has_its_whole_time() {
    run(async {
        let origin = Origin::start().await;
        let plan = Plan::new(&[origin.address]).timeouts(|it| it.server_ms = Some(10_000));
        let site = Site::start(plan).await;
        let requests = connected(&site).await;
        for _ in 0..3 {
            let asked = Instant::now();
            assert_eq!(status(&requests).await, 504);
            let waited = asked.elapsed();
            assert!((10_000..10_100).contains(&waited.as_millis()), "{waited:?}");
            // Part of the time that the timer of the stream before still runs.
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        assert_eq!(site.worker.http.spare_carriers(), 1);
    });
}
