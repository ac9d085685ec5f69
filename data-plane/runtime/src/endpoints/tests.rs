use std::sync::Mutex;
use std::time::Duration;

use sluicegate_health::Status;
use sluicegate_health::script::{Connect, Errand};
use sluicegate_model::endpoint::CheckTls;
use sluicegate_proto::build;
use sluicegate_proto::v1::{self, Kind};
use sluicegate_sync::Apply;

use super::*;
use crate::fixture::{Site, applier, endpoint_key, key, nowhere};
use crate::probe::{Refusal, Way};
use crate::program::Ended;

/// Refuses each connection, and remembers where it went.
#[derive(Debug, Clone, Default)]
struct Refusing(Arc<Mutex<Vec<Target>>>);

impl Prober for Refusing {
    type Connection = ();

    async fn connect(&self, way: &Way, _form: &Connect) -> Result<(), Refusal> {
        self.0.lock().unwrap().push(way.target.clone());
        Err(Refusal { status: Status::L4Connection, words: String::new() })
    }

    async fn speak_http2(&self, (): ()) -> Result<(), String> {
        Ok(())
    }

    async fn agree(&self, (): (), _tls: &CheckTls, _to: &Connect) -> Result<(), Refusal> {
        Ok(())
    }

    fn local(&self, (): &()) -> Option<SocketAddr> {
        None
    }

    async fn send(&self, (): &mut (), _bytes: &[u8]) -> Result<(), String> {
        Ok(())
    }

    async fn receive(&self, (): &mut (), _into: &mut [u8]) -> Result<usize, String> {
        Ok(0)
    }

    async fn run(&self, _errand: &Errand) -> Result<Ended, Refusal> {
        Ok(Ended { code: 0, words: String::new() })
    }
}

async fn turns(endpoints: &mut Endpoints<Refusing>, time: Duration) {
    let turns = async {
        loop {
            endpoints.checks.turn().await;
        }
    };
    assert!(tokio::time::timeout(time, turns).await.is_err());
}

fn named(endpoint: &mut v1::Endpoint) {
    endpoint.address = Some(v1::endpoint::Address::Host(build::host_address("app.invalid", 80).unwrap()));
}

fn answer(address: Result<IpAddr, &str>) -> Answer {
    Answer { name: "app.invalid".into(), address: address.map_err(str::to_owned) }
}

#[tokio::test(start_paused = true)]
async fn health_stays_while_weights_and_siblings_change_and_goes_with_the_check() {
    let (engine, mut applier, _served) = applier();
    let mut endpoints = Endpoints::new(Arc::clone(&engine), Refusing::default(), 0);
    let health = |name: &str| engine.live().endpoint(&endpoint_key("app", name)).unwrap().health();
    let site = Site::default().backend("app", |_| {}).endpoint("app", "a", nowhere(1), |_| {});
    applier.apply(site.update(1)).await.unwrap();
    endpoints.follow();
    turns(&mut endpoints, Duration::from_secs(1)).await;
    assert_eq!(health("a"), Health::Down);
    let (checks, failed) = engine.live().endpoint(&endpoint_key("app", "a")).unwrap().checks().counts();
    assert_eq!((checks, failed), (1, 1));

    let heavier = Site::default()
        .backend("app", |_| {})
        .endpoint("app", "a", nowhere(1), |endpoint| endpoint.weight = 9)
        .endpoint("app", "b", nowhere(2), |endpoint| endpoint.disabled = true);
    applier.apply(heavier.update(2)).await.unwrap();
    endpoints.follow();
    turns(&mut endpoints, Duration::from_millis(900)).await;
    assert_eq!(health("a"), Health::Down);
    assert_eq!(engine.live().endpoint(&endpoint_key("app", "a")).unwrap().checks().counts(), (1, 1));
    assert_eq!(engine.live().endpoint(&endpoint_key("app", "b")).unwrap().checks().counts(), (0, 0));

    let unchecked = Site::default()
        .backend("app", |_| {})
        .endpoint("app", "a", nowhere(1), |endpoint| endpoint.check = None);
    applier.apply(unchecked.update(3)).await.unwrap();
    endpoints.follow();
    turns(&mut endpoints, Duration::from_secs(60)).await;
    assert_eq!(health("a"), Health::Unchecked);
    assert_eq!(engine.live().endpoint(&endpoint_key("app", "a")).unwrap().checks().counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_name_brings_its_endpoint_up_and_keeps_it_where_it_was() {
    let (engine, mut applier, _served) = applier();
    let prober = Refusing::default();
    let mut endpoints = Endpoints::new(Arc::clone(&engine), prober.clone(), 0);
    let site = Site::default().backend("app", |_| {}).endpoint("app", "a", nowhere(1), named);
    applier.apply(site.update(1)).await.unwrap();
    endpoints.follow();
    let state = engine.live().endpoint(&endpoint_key("app", "a")).unwrap();
    assert_eq!(state.health(), Health::Unresolved);
    endpoints.hear(answer(Err("no such name")));
    assert_eq!((state.health(), &*state.evidence().text), (Health::Unresolved, "no such name"));

    endpoints.hear(answer(Ok(nowhere(7).ip())));
    assert_eq!(state.health(), Health::Up);
    assert_eq!(state.address().unwrap().to_string(), "127.0.0.7:80");
    turns(&mut endpoints, Duration::from_millis(1)).await;
    assert_eq!(state.health(), Health::Down);
    assert_eq!(*prober.0.lock().unwrap(), [Target::Ip("127.0.0.7:80".parse().unwrap())]);
    endpoints.hear(answer(Err("no answer")));
    assert_eq!(state.address().unwrap().to_string(), "127.0.0.7:80");

    // Another endpoint of the same name need not wait for the next answer.
    applier.apply(site.endpoint("app", "b", nowhere(1), named).update(2)).await.unwrap();
    endpoints.follow();
    let second = engine.live().endpoint(&endpoint_key("app", "b")).unwrap();
    assert_eq!((second.health(), second.address()), (Health::Up, state.address()));
    applier.apply(Site::default().backend("app", |_| {}).update(3)).await.unwrap();
    endpoints.follow();
    assert!(endpoints.hosts.is_empty() && endpoints.known.is_empty());
    assert!(engine.live().active().backends[&key(Kind::Backend, "app")].endpoints.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_drained_endpoint_is_checked_and_a_paused_one_stays_what_it_was() {
    let (engine, mut applier, _served) = applier();
    let mut endpoints = Endpoints::new(Arc::clone(&engine), Refusing::default(), 0);
    let site = |change: fn(&mut v1::Endpoint)| {
        Site::default().backend("app", |_| {}).endpoint("app", "a", nowhere(1), change)
    };
    applier.apply(site(|endpoint| endpoint.drain = true).update(1)).await.unwrap();
    endpoints.follow();
    turns(&mut endpoints, Duration::from_secs(1)).await;
    let state = engine.live().endpoint(&endpoint_key("app", "a")).unwrap();
    assert_eq!((state.health(), state.checks().counts()), (Health::Down, (1, 1)));

    let paused = |endpoint: &mut v1::Endpoint| endpoint.check.as_mut().unwrap().paused = true;
    applier.apply(site(paused).update(2)).await.unwrap();
    endpoints.follow();
    turns(&mut endpoints, Duration::from_secs(60)).await;
    assert_eq!((state.health(), state.checks().counts()), (Health::Down, (1, 1)));
    applier.apply(site(|_| {}).update(3)).await.unwrap();
    endpoints.follow();
    turns(&mut endpoints, Duration::from_secs(3)).await;
    assert_eq!(state.health(), Health::Down);
    assert!(state.checks().made > 1, "probes go on");
}

#[tokio::test(start_paused = true)]
async fn checks_go_on_from_a_health_that_a_person_set() {
    let (engine, mut applier, _served) = applier();
    let mut endpoints = Endpoints::new(Arc::clone(&engine), Refusing::default(), 0);
    let site = |at_unix_ms: u64| {
        Site::default().backend("app", |_| {}).endpoint("app", "a", nowhere(1), move |endpoint| {
            let value = v1::forced_health::Value::Up.into();
            endpoint.forced_health = (at_unix_ms > 0).then_some(v1::ForcedHealth { value, at_unix_ms });
        })
    };
    applier.apply(site(0).update(1)).await.unwrap();
    endpoints.follow();
    turns(&mut endpoints, Duration::from_secs(1)).await;
    let state = engine.live().endpoint(&endpoint_key("app", "a")).unwrap();
    assert_eq!(state.health(), Health::Down);
    applier.apply(site(5).update(2)).await.unwrap();
    endpoints.follow();
    assert_eq!(state.health(), Health::Up);
    // fall 3: as far from down as it can be.
    turns(&mut endpoints, Duration::from_secs(3)).await;
    assert_eq!(state.health(), Health::Up);
    turns(&mut endpoints, Duration::from_secs(6)).await;
    assert_eq!(state.health(), Health::Down);
}
