use sluicegate_proto::v1::{Count, EjectionStats};

use super::*;

fn endpoint(name: &str, exchanges: u64, health: Health, since_unix_ms: u64) -> EndpointStats {
    let key = ObjectKey::new("test", "", sluicegate_proto::v1::Kind::Endpoint, name).unwrap();
    EndpointStats {
        id: Some((&key).into()),
        exchanges,
        health: health as i32,
        since_unix_ms,
        durations: Some(Durations {
            total: exchanges.saturating_mul(10),
            most_total: exchanges,
            ..Durations::default()
        }),
        responses: vec![0, exchanges],
        ..EndpointStats::default()
    }
}

fn report(endpoints: Vec<EndpointStats>, requests: u64) -> Report {
    let process = Some(ProcessStats { requests, uptime_ms: requests, ..ProcessStats::default() });
    Report { endpoints, process, ..Report::default() }
}

#[test]
fn counters_add_up_and_averages_weigh() {
    let (a, b) = (
        report(vec![endpoint("a", 1, Health::Up, 5), endpoint("b", 1, Health::Up, 5)], 10),
        report(vec![endpoint("a", 3, Health::Up, 5)], 20),
    );
    let total = sum([&a, &b]);
    let process = total.process.unwrap();
    assert_eq!((process.requests, process.uptime_ms), (30, 20));
    let [a, b] = &total.endpoints[..] else { panic!("{:?}", total.endpoints) };
    assert_eq!((a.exchanges, &a.responses[..], b.exchanges), (4, &[0, 4][..], 1));
    // (1 * 10 + 3 * 30) / 4
    assert_eq!(a.durations.map(|durations| (durations.total, durations.most_total)), Some((25, 3)));
}

#[test]
fn what_is_too_much_for_a_number_stops_at_its_end() {
    let full = || {
        let mut stats = endpoint("a", u64::MAX, Health::Up, 5);
        stats.durations = None;
        let closes = vec![Count { name: "client".to_owned(), count: u64::MAX }];
        let process = Some(ProcessStats { closes, ..ProcessStats::default() });
        Report { endpoints: vec![stats], process, omitted: u64::MAX, ..Report::default() }
    };
    let total = sum([&full(), &full()]);
    assert_eq!((total.omitted, total.process.unwrap().closes[0].count), (u64::MAX, u64::MAX));
    assert_eq!(total.endpoints[0].responses, [0, u64::MAX]);
    assert_eq!(saturating([u64::MAX, 1].into_iter()), u64::MAX);
}

#[test]
fn a_server_that_one_proxy_reaches_is_up() {
    let seen = |first: (Health, u64), second: (Health, u64)| {
        let (a, b) = (
            report(vec![endpoint("a", 0, first.0, first.1)], 0),
            report(vec![endpoint("a", 0, second.0, second.1)], 0),
        );
        let stats = sum([&a, &b]).endpoints.remove(0);
        (stats.health(), stats.since_unix_ms)
    };
    assert_eq!(seen((Health::Down, 7), (Health::Up, 5)), (Health::Up, 5));
    assert_eq!(seen((Health::Up, 5), (Health::Down, 7)), (Health::Up, 5));
    assert_eq!(seen((Health::Down, 5), (Health::Down, 7)), (Health::Down, 7));
    assert_eq!(seen((Health::Up, 7), (Health::Up, 5)), (Health::Up, 7));
}

#[test]
fn where_a_name_leads_is_told_by_any_that_knows() {
    let at = |resolved_ip: &[u8]| {
        let endpoint = endpoint("a", 0, Health::Up, 5);
        report(vec![EndpointStats { resolved_ip: resolved_ip.to_vec().into(), ..endpoint }], 0)
    };
    let told = |first: &[u8], second: &[u8]| sum([&at(first), &at(second)]).endpoints[0].resolved_ip.to_vec();
    assert_eq!(told(&[], &[10, 0, 0, 2]), [10, 0, 0, 2]);
    assert_eq!(told(&[10, 0, 0, 1], &[10, 0, 0, 2]), [10, 0, 0, 1]);
}

#[test]
fn the_busiest_process_says_how_much_time_is_left() {
    let at = |idle_percent, tasks| {
        let process = ProcessStats { idle_percent, tasks, failed_resolutions: 1, ..ProcessStats::default() };
        Report { process: Some(process), ..Report::default() }
    };
    let told = |reports: &[Report]| {
        let process = sum(reports).process.unwrap();
        (process.idle_percent, process.tasks, process.failed_resolutions)
    };
    assert_eq!(told(&[at(Some(90), 3), at(Some(40), 4), at(None, 0)]), (Some(40), 7, 3));
    assert_eq!(told(&[at(None, 1)]), (None, 1, 1), "one that does not say");
}

#[test]
fn ejections_add_up_and_the_reason_goes_where_the_server_is_up_for_anybody() {
    let seen = |health, ejections, until_unix_ms| {
        let reason = if until_unix_ms > 0 { "500s".to_owned() } else { String::new() };
        let stats = EjectionStats { ejections, spared: 1, until_unix_ms, reason };
        report(vec![EndpointStats { ejection: Some(stats), ..endpoint("a", 1, health, until_unix_ms) }], 1)
    };
    let total = |one: &Report, other: &Report| sum([one, other]).endpoints[0].ejection.clone().unwrap();
    let expected = |until_unix_ms, reason: &str| EjectionStats {
        ejections: 5,
        spared: 2,
        until_unix_ms,
        reason: reason.to_owned(),
    };
    let [soon, late] = [seen(Health::Ejected, 2, 7), seen(Health::Ejected, 3, 9)];
    assert_eq!(total(&soon, &late), expected(9, "500s"));
    assert_eq!(total(&late, &seen(Health::Up, 2, 0)), expected(0, ""));
    assert_eq!(total(&seen(Health::Up, 3, 0), &soon), expected(0, ""));
}
