mod limits;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard};

use sluicegate_engine::live::Sign;
use sluicegate_engine::stream::Target;
use sluicegate_health::script::{Connect, Errand};
use sluicegate_health::{Health, Limits, Schedule, Status};
use sluicegate_model::backend::BackendSettings;
use sluicegate_model::endpoint::{CheckTls, EndpointAddress};
use sluicegate_model::{Change, Endpoint, compile};
use sluicegate_proto::v1;
use tokio::time::{advance, timeout};

use super::*;
use crate::fixture::{Site, endpoint_key, key, nowhere};
use crate::probe::Refusal;
use crate::program::Ended;

const MS: Duration = Duration::from_millis(1);

/// What an endpoint of the tests does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Opens,
    Refuses,
    Hangs,
    /// Opens after a while.
    Late(Duration),
}

/// Endpoints that need no network. An address that is not named opens.
#[derive(Debug, Clone, Default)]
struct Fake(Arc<State>);

#[derive(Debug, Default)]
struct State {
    manners: Mutex<HashMap<SocketAddr, Manner>>,
    probes: Mutex<Vec<(SocketAddr, Instant)>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

/// Counts itself while it lives.
struct Counted(Arc<State>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, SeqCst);
    }
}

impl Prober for Fake {
    type Connection = Counted;

    async fn connect(&self, way: &Way, _form: &Connect) -> Result<Counted, Refusal> {
        let state = Arc::clone(&self.0);
        state.most.fetch_max(state.now.fetch_add(1, SeqCst) + 1, SeqCst);
        let counted = Counted(Arc::clone(&state));
        let Target::Ip(address) = &way.target else { panic!("{way:?}") };
        lock(&state.probes).push((*address, Instant::now()));
        let manner = lock(&state.manners).get(address).copied().unwrap_or(Manner::Opens);
        match manner {
            Manner::Opens => Ok(counted),
            Manner::Refuses => {
                Err(Refusal { status: Status::L4Connection, words: "Connection refused".into() })
            }
            Manner::Hangs => pending().await,
            Manner::Late(wait) => {
                tokio::time::sleep(wait).await;
                Ok(counted)
            }
        }
    }

    async fn speak_http2(&self, connection: Counted) -> Result<Counted, String> {
        Ok(connection)
    }

    async fn agree(&self, connection: Counted, _tls: &CheckTls, _to: &Connect) -> Result<Counted, Refusal> {
        Ok(connection)
    }

    fn local(&self, _connection: &Counted) -> Option<SocketAddr> {
        None
    }

    async fn send(&self, _connection: &mut Counted, _bytes: &[u8]) -> Result<(), String> {
        Ok(())
    }

    async fn receive(&self, _connection: &mut Counted, _into: &mut [u8]) -> Result<usize, String> {
        pending().await
    }

    /// Runs until it is given up.
    async fn run(&self, _errand: &Errand) -> Result<Ended, Refusal> {
        let state = Arc::clone(&self.0);
        state.most.fetch_max(state.now.fetch_add(1, SeqCst) + 1, SeqCst);
        let _counted = Counted(state);
        pending().await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

/// What was found, as `NAME RESULT [HEALTH]`.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Verdicts for Heard {
    fn renewed(&mut self, endpoint: &Subject, _check: &Check) {
        lock(&self.0).push(format!("{} new", endpoint.key.name()));
    }

    fn state_words(&self, _endpoint: &Subject, check: &Check) -> String {
        check.state_words()
    }

    fn probed(&mut self, endpoint: &Subject, finding: &Finding, check: &Check) {
        let change = match finding.change {
            Some(Health::Up) => " up",
            Some(Health::Stopping) => " stopping",
            Some(Health::Down) => " down",
            None => "",
        };
        assert!(finding.change.is_none_or(|health| health == check.health()));
        lock(&self.0).push(format!("{} {}{change}", endpoint.key.name(), finding.evidence.status.code()));
    }
}

struct Bench {
    checks: Checks<Fake, Heard>,
    fake: Fake,
    heard: Heard,
    began: Instant,
}

impl Bench {
    fn new() -> Self {
        let (fake, heard) = (Fake::default(), Heard::default());
        Self { checks: Checks::new(fake.clone(), heard.clone(), 0), fake, heard, began: Instant::now() }
    }

    fn set(&self, address: SocketAddr, manner: Manner) {
        lock(&self.fake.0.manners).insert(address, manner);
    }

    async fn run(&mut self, time: Duration) {
        let turns = async {
            loop {
                self.checks.turn().await;
            }
        };
        assert!(timeout(time, turns).await.is_err());
    }

    /// Milliseconds since the start of all probes of an address.
    fn probes(&self, address: SocketAddr) -> Vec<u128> {
        let probes = lock(&self.fake.0.probes);
        let own = probes.iter().filter(|(other, _)| *other == address);
        own.map(|(_, at)| (*at - self.began).as_millis()).collect()
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.heard.0))
    }
}

/// A backend and an endpoint of it; its probe is an HTTP one for this path where there is one.
fn settings(uri: Option<&str>) -> Checked {
    checked(uri, |_| {})
}

/// What a subject is made of.
#[derive(Clone)]
struct Checked {
    settings: Arc<BackendSettings>,
    config: Arc<Endpoint>,
}

fn checked(uri: Option<&str>, change: impl FnOnce(&mut v1::Endpoint)) -> Checked {
    let site = Site::default().backend("app", |backend| {
        let probe = uri.map(|uri| {
            let probe = v1::HttpProbe {
                method: "GET".into(),
                uri: uri.into(),
                version: "HTTP/1.1".into(),
                ..v1::HttpProbe::default()
            };
            v1::HealthCheck { probe: Some(v1::health_check::Probe::Http(probe)) }
        });
        backend.check = probe;
    });
    let site = site.endpoint("app", "any", nowhere(9), change);
    let runtime = compile(None, Change::Full(&site.resources)).unwrap();
    let backend = &runtime.backends[&key(v1::Kind::Backend, "app")];
    Checked { settings: Arc::clone(&backend.settings), config: Arc::clone(&backend.endpoints[0]) }
}

fn subject(name: &str, address: SocketAddr, checked: &Checked) -> Subject {
    let two = std::num::NonZeroU32::MIN.saturating_add(1);
    Subject {
        key: endpoint_key("app", name),
        kind: Kind::Endpoint,
        script: Arc::clone(&checked.settings.probe),
        settings: Arc::clone(&checked.settings),
        config: Arc::clone(&checked.config),
        check: CheckKey { target: EndpointAddress::Ip(address), send_proxy: false, tls: None, http2: false },
        schedule: Schedule {
            interval: 2_000 * MS,
            fast_interval: 500 * MS,
            down_interval: 5_000 * MS,
            rise: two,
            fall: two,
        },
        limits: Limits::default(),
        target: Some(Target::Ip(address)),
        paused: false,
        forced: None,
    }
}

#[tokio::test(start_paused = true)]
async fn first_probes_are_spread_over_the_interval() {
    let mut bench = Bench::new();
    let settings = settings(None);
    let subjects = (1..=4).map(|number| subject(&number.to_string(), nowhere(number), &settings)).collect();
    bench.checks.follow(subjects);
    bench.run(2_900 * MS).await;
    let all: Vec<_> = (1..=4).map(|number| bench.probes(nowhere(number))).collect();
    assert_eq!(all, [vec![0, 2_000], vec![500, 2_500], vec![1_000], vec![1_500]]);
}

#[tokio::test(start_paused = true)]
async fn chance_spreads_probes_as_far_as_is_said() {
    let mut bench = Bench::new();
    bench.checks.spread(Spread { percent: 50, first: Some(400 * MS) });
    let settings = settings(None);
    let subjects = (1..=4).map(|number| subject(&number.to_string(), nowhere(number), &settings)).collect();
    bench.checks.follow(subjects);
    bench.run(30_000 * MS).await;
    let mut pauses = Vec::new();
    for number in 1..=4 {
        let probes = bench.probes(nowhere(number));
        assert_eq!(probes[0], 100 * u128::from(number - 1));
        pauses.extend(probes.windows(2).map(|pair| pair[1] - pair[0]));
    }
    assert!(pauses.iter().all(|pause| (1_000..=3_001).contains(pause)), "{pauses:?}");
    let other: std::collections::BTreeSet<_> = pauses.iter().collect();
    assert!(other.len() > pauses.len() / 2, "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn the_interval_follows_the_state() {
    let mut bench = Bench::new();
    let address = nowhere(1);
    bench.checks.follow(vec![subject("a", address, &settings(None))]);
    bench.run(1_000 * MS).await;
    assert_eq!(bench.heard(), ["app/a new", "app/a L4OK"]);
    bench.set(address, Manner::Refuses);
    bench.run(4_000 * MS).await;
    assert_eq!(bench.heard(), ["app/a L4CON", "app/a L4CON down"]);
    bench.set(address, Manner::Opens);
    bench.run(4_000 * MS).await;
    assert_eq!(bench.heard(), ["app/a L4OK", "app/a L4OK up"]);
    // interval, fast after the first failure, down, fast after the first success
    assert_eq!(bench.probes(address), [0, 2_000, 2_500, 7_500, 8_000]);
}

#[tokio::test(start_paused = true)]
async fn what_is_probed_as_before_keeps_its_state_and_its_schedule() {
    let mut bench = Bench::new();
    let address = nowhere(1);
    bench.set(address, Manner::Refuses);
    let before = subject("a", address, &settings(None));
    bench.checks.follow(vec![before.clone()]);
    bench.run(1_000 * MS).await;
    assert_eq!(bench.heard(), ["app/a new", "app/a L4CON down"]);
    // The settings are another value with the same probe, as after a change of a weight or a rule.
    bench.checks.follow(vec![Subject { settings: settings(None).settings, ..before.clone() }]);
    bench.run(5_000 * MS).await;
    assert_eq!(bench.heard(), ["app/a L4CON"]);
    assert_eq!(bench.probes(address), [0, 5_000]);
    let slower = Schedule { down_interval: 60_000 * MS, ..before.schedule };
    bench.checks.follow(vec![Subject { schedule: slower, ..before }]);
    bench.run(10_000 * MS).await;
    assert_eq!(bench.heard(), ["app/a L4CON"]);
}

#[tokio::test(start_paused = true)]
async fn another_address_or_probe_begins_anew() {
    let mut bench = Bench::new();
    bench.set(nowhere(1), Manner::Refuses);
    let plain = settings(None);
    bench.checks.follow(vec![subject("a", nowhere(1), &plain)]);
    bench.run(100 * MS).await;
    bench.checks.follow(vec![subject("a", nowhere(2), &plain)]);
    bench.run(100 * MS).await;
    assert_eq!(bench.heard(), ["app/a new", "app/a L4CON down", "app/a new", "app/a L4OK"]);
    bench.checks.follow(vec![subject("a", nowhere(2), &settings(Some("/")))]);
    bench.checks.follow(vec![subject("a", nowhere(2), &settings(Some("/")))]);
    bench.run(2_100 * MS).await;
    assert_eq!(bench.heard(), ["app/a new", "app/a L7TOUT down"]);
}

#[tokio::test(start_paused = true)]
async fn the_answer_has_the_time_of_timeout_check() {
    let mut bench = Bench::new();
    let limits = Limits { connect: Some(100 * MS), answer: Some(3_000 * MS) };
    let subject = Subject { limits, ..subject("a", nowhere(1), &settings(Some("/"))) };
    bench.set(nowhere(1), Manner::Late(50 * MS));
    bench.checks.follow(vec![subject]);
    bench.run(3_040 * MS).await;
    assert_eq!(bench.heard(), ["app/a new"]);
    bench.run(20 * MS).await;
    assert_eq!(bench.heard(), ["app/a L7TOUT down"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_seen_in_time_counts_though_it_is_heard_late() {
    let mut bench = Bench::new();
    bench.set(nowhere(1), Manner::Late(50 * MS));
    bench.checks.follow(vec![subject("a", nowhere(1), &settings(None))]);
    bench.run(10 * MS).await;
    // The thread was busy elsewhere, past the end of the probe's time.
    advance(50 * MS).await;
    advance(60_000 * MS).await;
    bench.run(10 * MS).await;
    assert_eq!(bench.heard()[..2], ["app/a new", "app/a L4OK"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_probed_once_it_is_resolved() {
    let mut bench = Bench::new();
    let named = Subject { target: None, ..subject("a", nowhere(1), &settings(None)) };
    bench.checks.follow(vec![named.clone()]);
    bench.run(10_000 * MS).await;
    assert_eq!(bench.heard(), Vec::<String>::new());
    bench.checks.aim(&named.key, Target::Ip(nowhere(1)));
    bench.run(100 * MS).await;
    assert_eq!(bench.heard(), ["app/a new", "app/a L4OK"]);
    bench.checks.aim(&named.key, Target::Ip(nowhere(2)));
    bench.run(2_000 * MS).await;
    assert_eq!(bench.heard(), ["app/a L4OK"]);
    assert_eq!(bench.probes(nowhere(2)), [12_000]);
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_is_not_probed_and_its_probe_is_given_up() {
    let mut bench = Bench::new();
    bench.set(nowhere(1), Manner::Hangs);
    let subject = subject("a", nowhere(1), &settings(None));
    bench.checks.follow(vec![subject.clone()]);
    bench.run(100 * MS).await;
    assert_eq!(bench.fake.0.now.load(SeqCst), 1);
    bench.checks.forget(&subject.key);
    bench.run(10_000 * MS).await;
    assert_eq!(bench.heard(), ["app/a new"]);
    assert_eq!(bench.fake.0.now.load(SeqCst), 0);
    assert_eq!(bench.probes(nowhere(1)), [0]);
}

#[tokio::test(start_paused = true)]
async fn too_many_errors_in_a_row_count_as_their_endpoint_says() {
    let run = ErrorRun { errors: 4, last: Sign::Answer(503) };
    let observed = |on_error: v1::OnError| {
        checked(None, |endpoint| {
            endpoint.check =
                Some(v1::CheckSchedule { interval_ms: 9, rise: 1, fall: 1, ..Default::default() });
            endpoint.observation = Some(v1::Observation {
                layer: v1::ObservedLayer::Answers.into(),
                error_limit: 4,
                on_error: on_error.into(),
            });
        })
    };
    for (on_error, told) in [
        (v1::OnError::ProbeSoon, &[][..]),
        (v1::OnError::FailCheck, &["app/a HANA"]),
        (v1::OnError::SuddenDeath, &["app/a HANA"]),
        (v1::OnError::MarkDown, &["app/a HANA down"]),
    ] {
        let mut bench = Bench::new();
        let subject = subject("a", nowhere(1), &observed(on_error));
        bench.checks.follow(vec![subject.clone()]);
        bench.run(100 * MS).await;
        assert_eq!(bench.heard(), ["app/a new", "app/a L4OK"]);
        bench.checks.suspect(&subject.key, run);
        assert_eq!(bench.heard(), told, "{on_error:?}");
        bench.run(600 * MS).await;
        assert_eq!(bench.probes(nowhere(1)), [0, 600], "the next probe comes soon");
    }
}

#[tokio::test(start_paused = true)]
async fn where_an_endpoint_begins_is_said_by_its_configuration() {
    let mut bench = Bench::new();
    let down = checked(None, |endpoint| {
        let initial = v1::InitialState::Down.into();
        endpoint.check =
            Some(v1::CheckSchedule { interval_ms: 9, rise: 1, fall: 1, initial, ..Default::default() });
    });
    bench.checks.follow(vec![subject("a", nowhere(1), &down)]);
    bench.run(100 * MS).await;
    assert_eq!(bench.heard(), ["app/a new", "app/a L4OK up"]);
}

#[tokio::test(start_paused = true)]
async fn endpoints_that_are_probed_alike_share_a_probe() {
    let mut bench = Bench::new();
    let settings = settings(None);
    let slower = |mut subject: Subject| {
        subject.schedule.interval = 3_000 * MS;
        subject
    };
    let [a, b, other] = ["a", "b", "other"].map(|name| subject(name, nowhere(1), &settings));
    bench.checks.follow(vec![a.clone(), b.clone(), slower(other)]);
    bench.run(1_000 * MS).await;
    assert_eq!(bench.probes(nowhere(1)), [0], "the third comes in its own time");
    let all = bench.heard();
    assert_eq!(all[3..], ["app/a L4OK", "app/b L4OK"]);
    bench.set(nowhere(1), Manner::Refuses);
    bench.run(1_600 * MS).await;
    let down = bench.heard();
    assert_eq!(down.iter().filter(|line| *line == "app/b L4CON down").count(), 1, "{down:?}");
    assert_eq!(down.iter().filter(|line| *line == "app/a L4CON down").count(), 1, "{down:?}");
    assert_eq!(bench.probes(nowhere(1)), [0, 2_000, 2_000, 2_500]);
}

#[tokio::test(start_paused = true)]
async fn who_took_part_in_a_probe_that_was_given_up_makes_its_own() {
    let mut bench = Bench::new();
    bench.set(nowhere(1), Manner::Hangs);
    let settings = settings(None);
    let [a, b] = ["a", "b"].map(|name| subject(name, nowhere(1), &settings));
    bench.checks.follow(vec![a.clone(), b]);
    bench.run(100 * MS).await;
    assert_eq!(bench.probes(nowhere(1)), [0]);
    bench.checks.forget(&a.key);
    bench.set(nowhere(1), Manner::Opens);
    bench.run(1_000 * MS).await;
    assert_eq!(bench.heard(), ["app/a new", "app/b new", "app/b L4OK"]);
    assert_eq!(bench.fake.0.now.load(SeqCst), 0);
}
