//! What becomes of traffic while containers come, go, freeze, stop and crash.

use sluicegate_e2e::Response;

use super::*;

/// A request of its own, which may wait.
async fn asked(entry: SocketAddr) -> Response {
    Connection::open(entry).await.unwrap().get("shop.example", "/").await.unwrap()
}

/// Until the route is answered by none but this one, in turn after turn.
async fn only(entry: SocketAddr, name: &str) {
    let begin = Instant::now();
    let mut in_a_row = 0;
    while in_a_row < 4 {
        let (status, text) = answer(entry, "shop.example", |_, _| true).await;
        in_a_row = if (status, text.as_str()) == (200, name) { in_a_row + 1 } else { 0 };
        assert!(begin.elapsed() < PATIENCE, "{status} {text}");
    }
}

#[tokio::test]
async fn who_is_frozen_or_was_told_to_stop_gets_nothing_new() {
    let docker = Docker::start().await;
    let (_sluicegate, entry) = serving(&docker, &[]).await;
    // The application does not heed SIGTERM: it goes on until the engine's patience ends.
    let hasty = |name: &str| labelled(name).label("sluicegate.backend.timeout.server", "1s");
    let app01 = docker.run(hasty("app01").stop_signal("SIGTERM")).await;
    let _app02 = docker.run(hasty("app02")).await;
    answer(entry, "shop.example", |_, text| text == "app01").await;
    answer(entry, "shop.example", |_, text| text == "app02").await;
    app01.pause(&docker).await;
    only(entry, "app02").await;
    app01.unpause(&docker).await;
    answer(entry, "shop.example", |_, text| text == "app01").await;
    let stopped = app01.stop_within(&docker, 3);
    let meanwhile = async {
        only(entry, "app02").await;
        // It is still there, and answers whoever has a connection.
        let direct = Connection::open(app01.address(8080)).await.unwrap().get("a", "/").await.unwrap();
        assert_eq!(direct.text(), "app01");
    };
    tokio::join!(stopped, meanwhile);
    only(entry, "app02").await;
}

#[tokio::test]
async fn what_is_under_way_ends_well_when_its_container_is_told_to_stop() {
    let docker = Docker::start().await;
    let (sluicegate, entry) = serving(&docker, &[]).await;
    let app01 = docker.run(labelled("app01").stop_signal("SIGTERM")).await;
    answer(entry, "shop.example", |status, _| status == 200).await;
    let mut client = Connection::open(entry).await.unwrap();
    client.send("GET /after/4000 HTTP/1.1\r\nHost: shop.example\r\n\r\n").await.unwrap();
    let under_way = |status: &serde_json::Value| status.to_string().contains("\"current_exchanges\":1");
    sluicegate.status_where("a request under way", under_way).await;
    let (answer, ()) = tokio::join!(client.response("GET"), app01.stop_within(&docker, 8));
    let answer = answer.unwrap();
    assert_eq!((answer.status(), answer.text().as_str()), (200, "app01"));
}

#[tokio::test]
async fn requests_wait_for_a_container_that_is_made_anew() {
    let docker = Docker::start().await;
    let state = tempfile::tempdir().unwrap();
    let kept = ["--state", state.path().to_str().unwrap()];
    let (mut sluicegate, entry) = serving(&docker, &kept).await;
    let patient = || labelled("app01").label("sluicegate.backend.hold", "15s");
    let app01 = docker.run(patient()).await;
    answer(entry, "shop.example", |status, _| status == 200).await;
    app01.remove(&docker).await;
    // Who comes before that is known is tried, as with one that crashed.
    let out = |status: &serde_json::Value| !status.to_string().contains("docker/endpoint/shop/app01");
    sluicegate.status_where("app01 out", out).await;
    let held = tokio::spawn(asked(entry));
    let app01 = docker.run(patient()).await;
    let answered = held.await.unwrap();
    assert_eq!((answered.status(), answered.text().as_str()), (200, "app01"));
    // Also where the control plane was started anew meanwhile.
    answer(entry, "shop.example", |status, _| status == 200).await;
    sluicegate.process().terminate().await;
    app01.remove(&docker).await;
    let (_sluicegate, entry) = serving(&docker, &kept).await;
    let held = tokio::spawn(asked(entry));
    let _app01 = docker.run(patient()).await;
    let answer = held.await.unwrap();
    assert_eq!((answer.status(), answer.text().as_str()), (200, "app01"));
}

#[tokio::test]
async fn who_does_not_come_back_is_waited_for_no_longer_than_was_said() {
    let docker = Docker::start().await;
    let (_sluicegate, entry) = serving(&docker, &["--docker-grace", "3s"]).await;
    let app01 = docker.run(labelled("app01")).await;
    answer(entry, "shop.example", |status, _| status == 200).await;
    app01.stop(&docker).await;
    let (begin, mut waited) = (Instant::now(), false);
    loop {
        let answer = asked(entry).await;
        match (answer.status(), answer.header("retry-after")) {
            // Its endpoint may be there for a moment still.
            (503, None) if !waited => {}
            (503, Some("1")) => waited = true,
            // The route has gone.
            (503, None) => break,
            (status, _) => assert_eq!(status, 200),
        }
        assert!(begin.elapsed() < PATIENCE);
    }
}

#[tokio::test]
async fn a_container_that_crashed_is_tried_and_not_waited_for() {
    let docker = Docker::start().await;
    let (_sluicegate, entry) = serving(&docker, &[]).await;
    // Its address may be silent: a try takes its time then.
    let hasty = labelled("app01").label("sluicegate.backend.timeout.connect", "500ms");
    let mut app01 = docker.run(hasty.label("sluicegate.backend.hold", "15s")).await;
    answer(entry, "shop.example", |status, _| status == 200).await;
    app01.crash(&docker).await;
    app01.wait(&docker).await;
    let begin = Instant::now();
    let (status, _) = answer(entry, "shop.example", |status, _| status == 503).await;
    assert!(status == 503 && begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    app01.start(&docker).await;
    answer(entry, "shop.example", |status, _| status == 200).await;
}
