use sluicegate_engine::live::Health;
use sluicegate_proto::v1::Kind;
use sluicegate_sync::Apply;

use super::*;
use crate::fixture::{Site, applier, endpoint_key, key, nowhere};

fn names(report: &v1::Report) -> Vec<&str> {
    let frontends = report.frontends.iter().map(|it| &it.id);
    let backends = report.backends.iter().map(|it| &it.id);
    let endpoints = report.endpoints.iter().map(|it| &it.id);
    frontends.chain(backends).chain(endpoints).map(|id| id.as_ref().unwrap().name.as_str()).collect()
}

fn passed() -> sluicegate_engine::live::Probe {
    sluicegate_engine::live::Probe {
        harms: false,
        word: "L4OK",
        status: None,
        took: std::time::Duration::ZERO,
        info: "".into(),
    }
}

fn site() -> Site {
    let site = Site::default().forwarding("main", "app").backend("app", |_| {});
    let site = site.endpoint("app", "a", nowhere(1), |_| {}).endpoint("app", "b", nowhere(2), |_| {});
    site.endpoint("app", "off", nowhere(3), |endpoint| endpoint.disabled = true)
}

#[tokio::test]
async fn only_what_changed_is_told() {
    let (engine, mut applier, served) = applier();
    let mut reports = Reports::new(Arc::clone(&engine), 42, served, Arc::default());
    assert_eq!(reports.report(true).generation, None);
    applier.apply(site().update(3)).await.unwrap();
    let first = reports.report(false);
    assert_eq!(names(&first), ["main", "app", "app/a", "app/b", "app/off"]);
    assert_eq!((first.boot_epoch, first.generation.as_ref().unwrap().number), (42, 3));
    let healths: Vec<_> = first.endpoints.iter().map(v1::EndpointStats::health).collect();
    assert_eq!(healths, [v1::Health::Up, v1::Health::Up, v1::Health::Disabled]);
    assert_eq!(names(&reports.report(false)), Vec::<&str>::new());

    let b = engine.live().endpoint(&endpoint_key("app", "b")).unwrap();
    b.set_health(Health::Down, "L4CON in 0ms: Connection refused");
    engine.live().frontend(&key(Kind::Frontend, "main")).unwrap().counters.shard(0).requests.add(5);
    let second = reports.report(false);
    assert_eq!(names(&second), ["main", "app/b"]);
    assert_eq!(second.frontends[0].requests, 5);
    assert_eq!(second.endpoints[0].health(), v1::Health::Down);
    assert_eq!(second.endpoints[0].evidence, "L4CON in 0ms: Connection refused");

    assert_eq!(names(&reports.report(true)), ["main", "app", "app/a", "app/b", "app/off"]);
    applier.apply(Site::default().backend("app", |_| {}).update(4)).await.unwrap();
    reports.report(false);
    assert_eq!((reports.frontends.len(), reports.endpoints.len()), (0, 0));
}

#[tokio::test]
async fn where_a_name_leads_is_told_when_it_changes() {
    let (engine, mut applier, served) = applier();
    let mut reports = Reports::new(Arc::clone(&engine), 42, served, Arc::default());
    let host = v1::HostAddress { name: "app.test".into(), port: 9 };
    let address = Some(v1::endpoint::Address::Host(host));
    let site =
        Site::default().backend("app", |_| {}).endpoint("app", "a", nowhere(1), |a| a.address = address);
    applier.apply(site.update(1)).await.unwrap();
    let mut told = || -> Vec<Vec<u8>> {
        reports.report(false).endpoints.iter().map(|it| it.resolved_ip.to_vec()).collect()
    };
    assert_eq!(told(), [[0; 0]]);
    let a = engine.live().endpoint(&endpoint_key("app", "a")).unwrap();
    a.set_address(nowhere(7));
    assert_eq!(told(), [[127, 0, 0, 7]]);
    a.set_address(nowhere(7));
    assert!(told().is_empty());
    a.set_address(nowhere(8));
    assert_eq!(told(), [[127, 0, 0, 8]], "its health is what it was");
}

#[tokio::test]
async fn a_report_is_bounded_and_the_rest_follows_in_turn() {
    let (engine, mut applier, served) = applier();
    let total = 6_000;
    let site = (0..total).fold(Site::default().backend("app", |_| {}), |site, number| {
        site.endpoint("app", &format!("{number:0200}"), nowhere(1), |_| {})
    });
    applier.apply(site.update(1)).await.unwrap();
    let mut reports = Reports::new(Arc::clone(&engine), 1, served, Arc::default());
    let mut told = 0;
    let mut rounds = 0;
    while told < total {
        let report = reports.report(false);
        assert!(report.encoded_len() < MOST_BYTES + 64 * 1024);
        told += report.endpoints.len();
        assert_eq!(report.omitted, (total - told) as u64);
        rounds += 1;
        assert!(rounds < 20);
    }
    assert!(rounds > 1);
    // All are merely probed once more: a few at a time are told, none for ever before the others.
    let each =
        || engine.live().active().backends.values().flat_map(|it| it.endpoints.clone()).collect::<Vec<_>>();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..2 {
        each().iter().for_each(|endpoint| endpoint.state.count_check(passed()));
        let report = reports.report(false);
        assert_eq!((report.endpoints.len(), report.omitted), (MOST_PROBED, 0));
        seen.extend(report.endpoints.into_iter().map(|it| it.id.unwrap().name));
    }
    assert_eq!(seen.len(), 2 * MOST_PROBED);
}

#[tokio::test]
async fn counters_that_begin_anew_are_told_with_the_next_report() {
    let (engine, mut applier, served) = applier();
    let paces: Arc<Mutex<Paces>> = Arc::default();
    let mut reports = Reports::new(Arc::clone(&engine), 42, served, Arc::clone(&paces));
    applier.apply(site().update(1)).await.unwrap();
    let main = engine.live().frontend(&key(Kind::Frontend, "main")).unwrap();
    let a = engine.live().endpoint(&endpoint_key("app", "a")).unwrap();
    main.counters.shard(0).requests.add(5);
    a.counters.shard(0).exchanges.add(4);
    a.count_check(passed());
    a.set_health(Health::Down, "down");
    a.set_health(Health::Up, "up");
    let told = |report: &v1::Report| {
        let (main, a) = (&report.frontends[0], &report.endpoints[0]);
        (main.requests, a.exchanges, a.checks, a.downs)
    };
    assert_eq!(told(&reports.report(false)), (5, 4, 1, 1));
    reports.report(false);
    let highest = Ask::ClearCounters(v1::ClearCounters { all: false });
    assert_eq!(reports.answer(highest).await.silent_workers, 0);
    assert_eq!(names(&reports.report(false)), Vec::<&str>::new(), "there was no higher value");
    reports.answer(Ask::ClearCounters(v1::ClearCounters { all: true })).await;
    let anew = reports.report(false);
    assert_eq!(names(&anew), ["main", "app/a"]);
    assert_eq!(told(&anew), (0, 0, 0, 0));
    let page = whole(&engine, None, &paces);
    assert_eq!(page.frontends[0].requests, 0, "the page tells the same");
}

#[tokio::test]
async fn questions_about_nothing_are_answered_with_nothing() {
    let (engine, _applier, served) = applier();
    let mut reports = Reports::new(engine, 42, served, Arc::default());
    let list = v1::ListSessions { most: u64::MAX, ..v1::ListSessions::default() };
    assert_eq!(reports.answer(Ask::ListSessions(list)).await, v1::Answered::default());
    assert_eq!(reports.answer(Ask::ListErrors(v1::ListErrors {})).await, v1::Answered::default());
    let id = |name: &str| v1::ObjectId { name: name.into(), ..v1::ObjectId::default() };
    for which in
        [None, Some(v1::end_sessions::Which::Id(7)), Some(v1::end_sessions::Which::Endpoint(id("a\nb")))]
    {
        let end = Ask::EndSessions(v1::EndSessions { which });
        assert_eq!(reports.answer(end).await, v1::Answered::default());
    }
}
