//! Engines that go, come back, fail, are slow, and talk nonsense.

use sluicegate_e2e::Docker;
use sluicegate_e2e::docker::Wanted;

use super::*;

#[tokio::test]
async fn while_the_engine_is_away_its_last_routes_serve() {
    let mut site = Site::serving(&["--docker-grace", "0s"]).await;
    site.engine.run(site.container("second"));
    site.serves("second").await;
    site.engine.go();
    site.told("away", true).await;
    for name in ["first", "second"] {
        assert_eq!(site.status_of(name).await, 200);
    }
    // What happens meanwhile is seen afterwards, though no event told of it.
    site.engine.kill("second");
    site.engine.remove("second");
    site.engine.has(site.container("third"));
    site.engine.come_back();
    site.serves("third").await;
    assert_eq!(site.status_of("first").await, 200);
    site.answers("second", 503).await;
    site.told("[]", false).await;
}

#[tokio::test]
async fn an_engine_that_comes_back_as_it_was_is_no_longer_told_to_be_away() {
    let mut site = Site::serving(&[]).await;
    site.engine.go();
    site.told("away", true).await;
    site.engine.come_back();
    site.told("[]", false).await;
    assert_eq!(site.status_of("first").await, 200);
}

#[tokio::test]
async fn what_happens_before_the_events_are_followed_is_not_lost() {
    let engine = Engine::start();
    engine.answer(&[Call::Events], Answers::Holds);
    let site = Site::of(engine, &[]).await;
    // The list was empty, and the engine does not tell of what follows yet.
    assert_eq!(site.engine.calls(Call::List), 1);
    site.engine.run(site.container("between"));
    site.engine.answer(&[Call::Events], Answers::Well);
    site.serves("between").await;
    // The same where the stream ends, which the engine takes a while to resume.
    site.engine.answer(&[Call::Events], Answers::Holds);
    let (lists, events) = (site.engine.calls(Call::List), site.engine.calls(Call::Events));
    site.engine.cut();
    site.engine.called(Call::List, lists).await;
    site.engine.called(Call::Events, events).await;
    site.engine.run(site.container("again"));
    site.engine.answer(&[Call::Events], Answers::Well);
    site.serves("again").await;
}

#[tokio::test]
async fn a_stream_of_events_that_is_cut_is_taken_up_again() {
    let site = Site::serving(&["--docker-grace", "0s"]).await;
    for turn in 0..5 {
        let (gone, fresh) = (format!("gone{turn}"), format!("fresh{turn}"));
        site.engine.run(site.container(&gone));
        site.serves(&gone).await;
        site.engine.cut();
        // Nobody follows now.
        site.engine.stop(&gone);
        site.engine.run(site.container(&fresh));
        site.serves(&fresh).await;
        site.answers(&gone, 503).await;
        assert_eq!(site.status_of("first").await, 200);
    }
}

#[tokio::test]
async fn an_engine_that_fails_is_asked_again() {
    let site = Site::serving(&[]).await;
    for (turn, answers) in [Answers::Fails, Answers::Garbage].into_iter().enumerate() {
        site.engine.answer(&Call::ALL, answers);
        let name = format!("late{turn}");
        site.engine.run(site.container(&name));
        site.told("away", true).await;
        assert_eq!(site.status_of("first").await, 200);
        site.engine.answer(&Call::ALL, Answers::Well);
        site.serves(&name).await;
        site.told("[]", false).await;
    }
}

#[tokio::test]
async fn an_engine_that_is_slow_is_waited_for_but_not_for_ever() {
    let site = Site::serving(&[]).await;
    let slow = [Call::List, Call::ListSome, Call::Inspect];
    site.engine.answer(&slow, Answers::Holds);
    let asked = site.engine.calls(Call::ListSome);
    site.engine.run(site.container("second"));
    site.engine.called(Call::ListSome, asked).await;
    // What happens while it is waited for is not lost.
    site.engine.run(site.container("third"));
    assert_eq!(site.status_of("first").await, 200);
    site.engine.answer(&slow, Answers::Well);
    site.serves("second").await;
    site.serves("third").await;
    site.engine.answer(&slow, Answers::Holds);
    site.engine.run(site.container("fourth"));
    site.told("away", true).await;
    assert_eq!(site.status_of("first").await, 200);
    site.engine.answer(&slow, Answers::Well);
    site.serves("fourth").await;
    site.told("[]", false).await;
}

#[tokio::test]
async fn nonsense_among_the_events_ends_nothing() {
    let site = Site::serving(&[]).await;
    let nonsense: [&[u8]; 6] =
        [b"{]\n", b"\xff\xfe\n", b"7\n", b"[]\n", b"{\"Action\":7}\n", b"{\"Actor\":{\"ID\":\n"];
    for (turn, nonsense) in nonsense.into_iter().enumerate() {
        site.engine.followed().await;
        site.engine.says(nonsense);
        let name = format!("after{turn}");
        site.engine.run(site.container(&name));
        site.serves(&name).await;
        assert_eq!(site.status_of("first").await, 200);
    }
}

#[tokio::test]
async fn who_watches_asks_for_nothing_while_nothing_happens() {
    let site = Site::serving(&[]).await;
    // Whom an event told of is looked at once more, a little later.
    let looked = async || site.engine.called(Call::ListSome, site.engine.calls(Call::ListSome)).await;
    while tokio::time::timeout(Duration::from_secs(2), looked()).await.is_ok() {}
    let (calls, generation) = (site.engine.all_calls(), site.generation());
    for _ in 0..200 {
        assert_eq!(site.status_of("first").await, 200);
    }
    assert_eq!((site.engine.all_calls(), site.generation()), (calls, generation));
}

#[tokio::test]
async fn a_real_engine_is_started_again() {
    let mut docker = Docker::start().await;
    let port = free_port();
    let (engine, entrypoint) =
        (format!("--docker=unix://{}", docker.socket().display()), format!("web=127.0.0.1:{port}"));
    let mut sluicegate =
        Sluicegate::program("sluicegate", "", &["run", &engine, "--entrypoint", &entrypoint]);
    sluicegate.committed().await;
    let labelled = |name: &str| {
        Wanted::app(name)
            .label("sluicegate.enable", "true")
            .label(&format!("sluicegate.http.{name}.host"), &format!("{name}.example"))
            .label(&format!("sluicegate.http.{name}.port"), "8080")
            .label("sluicegate.backend.hold", "1s")
    };
    let site = async |name: &str| {
        let begin = Instant::now();
        let entry = SocketAddr::from(([127, 0, 0, 1], port));
        loop {
            let mut connection = Connection::open(entry).await.unwrap();
            let answer = connection.get(&format!("{name}.example"), "/").await.unwrap();
            if (answer.status(), answer.text().as_str()) == (200, name) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{name}: {}", answer.status());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut app01 = docker.run(labelled("app01")).await;
    site("app01").await;
    // Its containers end with it.
    docker.restart().await;
    app01.start(&docker).await;
    let _app02 = docker.run(labelled("app02")).await;
    site("app01").await;
    site("app02").await;
}
