use sluicegate_engine::live::{EndpointState, Sign};
use sluicegate_proto::v1;
use sluicegate_sync::Apply;

use super::*;
use crate::apply::Applier;
use crate::fixture::{Site, applier, endpoint_key, nowhere};

/// Two failures in a row, every 10 s, 30 s to 100 s, half of them.
fn usual() -> v1::OutlierEjection {
    v1::OutlierEjection {
        consecutive_failures: 2,
        interval_ms: 10_000,
        base_ejection_ms: 30_000,
        max_ejection_ms: 100_000,
        max_ejected_percent: 50,
        ..v1::OutlierEjection::default()
    }
}

/// An engine whose endpoints nobody checks, and who looks after it.
struct Scene {
    engine: Arc<Engine>,
    applier: Applier,
    outliers: Outliers,
    generation: u64,
}

impl Scene {
    fn new() -> Self {
        let (engine, applier, _) = applier();
        let outliers = Outliers::new(Arc::clone(&engine));
        Self { engine, applier, outliers, generation: 0 }
    }

    async fn serve(&mut self, site: Site) {
        self.generation += 1;
        self.applier.apply(site.update(self.generation)).await.unwrap();
        self.outliers.follow(&self.engine.live().active());
    }

    fn state(&self, name: &str) -> Arc<EndpointState> {
        self.engine.live().endpoint(&endpoint_key("app", name)).unwrap()
    }

    fn health(&self, name: &str) -> Health {
        self.state(name).health()
    }

    fn counts(&self, name: &str) -> (u64, u64) {
        let ejections = self.state(name).ejections();
        (ejections.count, ejections.spared)
    }

    async fn fails(&mut self, name: &str) {
        let state = self.state(name);
        (0..2).for_each(|_| state.observe(Sign::Answer(500)));
        self.pass(Duration::from_millis(1)).await;
    }

    async fn pass(&mut self, time: Duration) {
        let turns = async {
            loop {
                self.outliers.turn().await;
                self.outliers.settle();
            }
        };
        assert!(tokio::time::timeout(time, turns).await.is_err());
    }
}

fn site(names: &[&str], rule: v1::OutlierEjection) -> Site {
    let backend = Site::default().backend("app", |backend| backend.outlier_ejection = Some(rule));
    names.iter().zip(1..).fold(backend, |site, (name, number)| {
        site.endpoint("app", name, nowhere(number), |endpoint| endpoint.check = None)
    })
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn each_ejection_of_an_endpoint_is_longer_and_ends_by_itself() {
    let mut scene = Scene::new();
    scene.serve(site(&["a", "b"], usual())).await;
    for seconds in [30, 60] {
        scene.fails("a").await;
        let ejection = scene.state("a").ejections().now.unwrap();
        assert_eq!(&*ejection.reason, "2 consecutive failures, last one was: Wrong http response");
        scene.pass((seconds - 1) * SECOND).await;
        assert_eq!((scene.health("a"), scene.health("b")), (Health::Ejected, Health::Unchecked));
        scene.pass(SECOND).await;
        assert_eq!(scene.health("a"), Health::Unchecked);
        assert_eq!(scene.state("a").ejections().now, None);
    }
    assert_eq!(scene.counts("a"), (2, 0));
    // Two whole intervals without make it a first one.
    scene.pass(30 * SECOND).await;
    scene.fails("a").await;
    scene.pass(30 * SECOND).await;
    assert_eq!(scene.health("a"), Health::Unchecked);
}

#[tokio::test(start_paused = true)]
async fn no_more_are_ejected_than_may_be() {
    let mut scene = Scene::new();
    scene.serve(site(&["a", "b", "c", "d"], usual())).await;
    for name in ["a", "b", "c", "a"] {
        scene.fails(name).await;
    }
    let healths = ["a", "b", "c", "d"].map(|name| scene.health(name));
    assert_eq!(healths, [Health::Ejected, Health::Ejected, Health::Unchecked, Health::Unchecked]);
    assert_eq!(["a", "b", "c"].map(|name| scene.counts(name)), [(1, 0), (1, 0), (0, 1)]);
}

#[tokio::test(start_paused = true)]
async fn who_is_left_out_comes_back_where_nobody_else_is_left() {
    let mut scene = Scene::new();
    scene.serve(site(&["a", "b"], usual())).await;
    scene.fails("a").await;
    scene.state("b").set_health(Health::Down, "");
    scene.outliers.settle();
    assert_eq!(scene.health("a"), Health::Unchecked);
    scene.fails("a").await;
    assert_eq!((scene.health("a"), scene.counts("a")), (Health::Unchecked, (1, 1)));
}

#[tokio::test(start_paused = true)]
async fn an_ejection_outlives_what_does_not_concern_it() {
    let mut scene = Scene::new();
    scene.serve(site(&["a", "b"], usual())).await;
    scene.fails("a").await;
    scene.pass(10 * SECOND).await;
    scene.serve(site(&["a", "b", "c"], usual())).await;
    scene.pass(19 * SECOND).await;
    assert_eq!(scene.health("a"), Health::Ejected);
    scene.pass(SECOND).await;
    assert_eq!(scene.health("a"), Health::Unchecked);

    scene.fails("a").await;
    let moved = Site::default().backend("app", |backend| backend.outlier_ejection = Some(usual()));
    let moved = moved.endpoint("app", "a", nowhere(9), |endpoint| endpoint.check = None);
    scene.serve(moved.endpoint("app", "b", nowhere(2), |endpoint| endpoint.check = None)).await;
    assert_eq!(scene.health("a"), Health::Unchecked, "it is another server");

    scene.fails("b").await;
    let longer = v1::OutlierEjection { base_ejection_ms: 31_000, ..usual() };
    scene.serve(site(&["a", "b"], longer)).await;
    assert_eq!(scene.health("b"), Health::Unchecked, "the rule is another one");
    scene.fails("b").await;
    assert_eq!(scene.health("b"), Health::Ejected);
    scene.serve(Site::default().backend("app", |_| {}).endpoint("app", "b", nowhere(2), |_| {})).await;
    assert_eq!(scene.health("b"), Health::Up, "there is no rule");
    assert!(scene.outliers.watched.is_empty() && scene.outliers.due.is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_is_worse_than_the_others_is_ejected_when_the_interval_ends() {
    let mut scene = Scene::new();
    let compared = v1::SuccessRate { minimum_hosts: 5, request_volume: 10, stdev_factor_thousandths: 1_900 };
    let rule = v1::OutlierEjection { consecutive_failures: 0, success_rate: Some(compared), ..usual() };
    scene.serve(site(&["a", "b", "c", "d", "e"], rule)).await;
    for _ in 0..10 {
        ["a", "b", "c", "d"].iter().for_each(|name| scene.state(name).observe(Sign::Answer(200)));
        scene.state("e").observe(Sign::Garbled);
    }
    scene.pass(9 * SECOND).await;
    assert_eq!(scene.health("e"), Health::Unchecked);
    scene.pass(2 * SECOND).await;
    assert_eq!((scene.health("e"), scene.health("a")), (Health::Ejected, Health::Unchecked));
    let reason = scene.state("e").ejections().now.unwrap().reason;
    assert_eq!(&*reason, "success rate 0.00%, mean of all 80.00%, standard deviation 40.00%");
    // What came before does not count again.
    scene.pass(30 * SECOND).await;
    assert_eq!((scene.health("e"), scene.counts("e")), (Health::Unchecked, (1, 0)));
}

#[tokio::test(start_paused = true)]
async fn checks_go_before_and_an_ejection_is_none_of_theirs() {
    let mut scene = Scene::new();
    scene.serve(site(&["a", "b"], usual())).await;
    scene.fails("a").await;
    let state = scene.state("a");
    state.set_health(Health::Down, "L4CON");
    assert_eq!(state.health(), Health::Down);
    state.set_health(Health::Up, "L4OK");
    assert_eq!((state.health(), state.standing().told()), (Health::Ejected, Health::Up));
    scene.pass(30 * SECOND).await;
    assert_eq!(state.health(), Health::Up);
}
