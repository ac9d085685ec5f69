//! Containers with too much to say, with anything to say, very many of them, and such that are hardly there.

use sluicegate_e2e::Dice;

use super::*;

#[tokio::test]
async fn ten_thousand_labels_are_told_and_harm_nobody() {
    let site = Site::serving(&[]).await;
    let many = |name: &str, prefix: &str| {
        (0..10_000).fold(site.container(name), |container, number| {
            container.label(&format!("{prefix}{number}"), "a value of the usual length")
        })
    };
    site.engine.run(many("ours", "sluicegate.rules."));
    site.told("container 'ours': more than 1000 labels", false).await;
    // Those of others are not ours to count.
    site.engine.run(many("others", "com.example.label."));
    site.serves("others").await;
    site.engine.run(site.container("last"));
    site.serves("last").await;
    assert_eq!(site.status_of("first").await, 200);
    site.answers("ours", 503).await;
}

#[tokio::test]
async fn labels_may_have_any_bytes() {
    let site = Site::serving(&[]).await;
    let mut dice = Dice::new(7);
    let keys = [
        "http.x.host",
        "http.x.path",
        "http.x.rule",
        "backend.balance",
        "rules.1",
        "server.weight",
        "",
        "\0",
        "http..host",
    ];
    let pieces = [
        "\0",
        "\n",
        "\r\n",
        "\t",
        "\u{1b}[31m",
        "\u{fffd}",
        "\u{202e}",
        "\u{10ffff}",
        "\"",
        "'",
        "\\",
        "#",
        "{",
        "}",
        "%[",
        "]",
        " ",
        "server evil 192.0.2.1:80",
        "a",
        "é",
        "*.",
        ",",
        "/",
        "-1",
        "99999999999999999999",
    ];
    for number in 0..60 {
        let mut container = site.container(&format!("any{number}"));
        for _ in 0..=dice.below(3) {
            let value: String = (0..dice.below(6)).map(|_| dice.pick(&pieces)).collect();
            container = container.label(&format!("sluicegate.{}", dice.pick(&keys)), &value);
        }
        site.engine.run(container);
    }
    // Labels are among the attributes of events too, and must not pass for what the engine itself says.
    let named =
        [("container", "0"), ("signal", "9"), ("exitCode", "x"), ("name", "other"), ("type", "network")];
    let container =
        named.iter().fold(site.container("named"), |container, (key, value)| container.label(key, value));
    site.engine.run(container.label("sluicegate.backend.hold", "0s"));
    site.serves("named").await;
    site.engine.tell_to_stop("named");
    site.answers("named", 503).await;
    site.engine.run(site.container("last"));
    site.serves("last").await;
    assert_eq!(site.status_of("first").await, 200);
}

#[tokio::test]
async fn who_is_hardly_there_leaves_nothing() {
    let site = Site::serving(&["--docker-grace", "0s"]).await;
    let before = Site::resources(&site.sluicegate.status());
    // Gone before anybody could ask.
    for number in 0..50 {
        let name = format!("brief{number}");
        site.engine.run(site.container(&name));
        site.engine.kill(&name);
        site.engine.remove(&name);
    }
    site.engine.run(site.container("second"));
    site.serves("second").await;
    // Gone after it was told to stop, and before anybody could ask by what.
    site.engine.answer(&[Call::Inspect], Answers::Holds);
    let asked = site.engine.calls(Call::Inspect);
    site.engine.stop("second");
    site.engine.remove("second");
    // Of one that is told to stop and goes on meanwhile, the engine has to say how it stops.
    site.engine.run(site.container("third"));
    site.serves("third").await;
    site.engine.tell_to_stop("third");
    site.engine.called(Call::Inspect, asked).await;
    site.engine.kill("third");
    site.engine.remove("third");
    site.engine.answer(&[Call::Inspect], Answers::Well);
    site.sluicegate.status_where("no remains", |status| Site::resources(status) == before).await;
    for name in ["brief0", "second", "third"] {
        assert_eq!(site.status_of(name).await, 503);
    }
    assert_eq!(site.status_of("first").await, 200);
}

#[tokio::test]
async fn a_storm_of_events_is_a_few_generations() {
    const KNOWN: usize = 500;
    let engine = Engine::start();
    let site = Site::of(engine, &[]).await;
    site.engine.followed().await;
    for number in 0..KNOWN {
        site.engine.run(site.container(&format!("app{number}")));
    }
    site.serves(&format!("app{}", KNOWN - 1)).await;
    let (generation, calls) = (site.generation(), site.engine.all_calls());
    for number in 0..KNOWN {
        site.engine.run(site.container(&format!("storm{number}")));
        site.engine.stop(&format!("app{number}"));
    }
    site.serves(&format!("storm{}", KNOWN - 1)).await;
    site.sluicegate.status_where("the end of the storm", |_| true).await;
    let (generations, calls) = (site.generation() - generation, site.engine.all_calls() - calls);
    assert!(generations <= 20, "{generations} generations");
    assert!(calls <= 40, "{calls} calls of the engine");
}
