use sluicegate_proto::v1::Kind;

use super::*;
use crate::sample::key;

fn endpoint(name: &str, health: Health, exchanges: u64) -> EndpointStats {
    let id = Some((&key("t", Kind::Endpoint, name)).into());
    EndpointStats { id, health: health as i32, exchanges, ..EndpointStats::default() }
}

fn report(boot_epoch: u64, endpoints: Vec<EndpointStats>) -> Report {
    Report { boot_epoch, endpoints, ..Report::default() }
}

#[test]
fn the_newest_value_of_each_stays() {
    let mut reports = Reports::default();
    reports.take(report(1, vec![endpoint("a", Health::Up, 1), endpoint("b", Health::Up, 1)]));
    reports.take(report(1, vec![endpoint("b", Health::Up, 5)]));
    let exchanges: Vec<_> = reports.report(10).endpoints.iter().map(|stats| stats.exchanges).collect();
    assert_eq!(exchanges, [1, 5]);
    reports.take(report(2, vec![endpoint("b", Health::Up, 2)]));
    assert_eq!(reports.report(10).endpoints, [endpoint("b", Health::Up, 2)]);
    reports.forget(&key("t", Kind::Endpoint, "b"));
    assert_eq!(reports.report(10).endpoints, []);
}

#[test]
fn trouble_is_shown_first_and_what_is_cut_is_counted() {
    let mut reports = Reports::default();
    reports.take(report(
        1,
        vec![endpoint("a", Health::Up, 0), endpoint("b", Health::Up, 0), endpoint("c", Health::Down, 0)],
    ));
    let cut = reports.report(2);
    assert_eq!(cut.endpoints, [endpoint("c", Health::Down, 0), endpoint("a", Health::Up, 0)]);
    assert_eq!(cut.omitted, 1);
}

#[test]
fn names_are_bounded_and_the_nameless_are_not_kept() {
    let mut reports = Reports::default();
    let many = (0..=KEPT_OBJECTS).map(|number| endpoint(&number.to_string(), Health::Up, 0)).collect();
    reports.take(report(1, many));
    assert_eq!(reports.len(), KEPT_OBJECTS);
    reports.take(report(1, vec![endpoint("0", Health::Down, 9), EndpointStats::default()]));
    assert_eq!(reports.len(), KEPT_OBJECTS);
    let shown = reports.report(1);
    assert_eq!(shown.endpoints, [endpoint("0", Health::Down, 9)]);
    assert_eq!(shown.omitted, 1 + KEPT_OBJECTS as u64 - 1);
}
