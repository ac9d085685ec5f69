use std::net::IpAddr;

use super::*;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const HOLD: Hold = Hold { nx: s(2), refused: s(3), timeout: s(4), other: s(5), obsolete: s(10) };

fn ip(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn found(known: &mut Known, at: u64, of: &[u8]) -> Vec<IpAddr> {
    known.found(of.iter().map(|last| Record::address(ip(*last))).collect(), s(at), &HOLD);
    known.records().iter().filter_map(|record| record.ip).collect()
}

#[test]
fn a_record_stays_for_its_time() {
    let mut known = Known::new(s(100));
    assert_eq!(found(&mut known, 100, &[1, 2]), [ip(1), ip(2)]);
    assert_eq!(found(&mut known, 105, &[2, 3]), [ip(2), ip(3), ip(1)]);
    assert_eq!(found(&mut known, 110, &[3]), [ip(3), ip(2), ip(1)]);
    assert_eq!(found(&mut known, 111, &[3]), [ip(3), ip(2)]);
    // It is seen again, and has all its time once more.
    assert_eq!(found(&mut known, 112, &[3, 2]), [ip(3), ip(2)]);
    assert_eq!(found(&mut known, 122, &[3]), [ip(3), ip(2)]);
    assert_eq!(found(&mut known, 123, &[3]), [ip(3)]);
}

#[test]
fn a_failure_takes_all_when_its_time_is_over() {
    let cases = [(Failure::NxDomain, 2), (Failure::Refused, 3), (Failure::Timeout, 4), (Failure::Other, 5)];
    for (failure, hold) in cases {
        let mut known = Known::new(s(0));
        found(&mut known, 100, &[1]);
        assert!(!known.failed(failure, s(100 + hold) - Duration::from_millis(1), &HOLD));
        assert_eq!(known.records().len(), 1);
        assert!(known.failed(failure, s(100 + hold), &HOLD), "{failure}");
        assert_eq!(known.records(), []);
        // It comes back with an answer.
        assert_eq!(found(&mut known, 200, &[1]), [ip(1)]);
        assert!(!known.failed(failure, s(201), &HOLD));
    }
}

#[test]
fn a_service_whose_host_fails_once_stays_where_it_was() {
    let record = |ip| Record { key: Key::Service { target: "n.test".into(), port: 80 }, ip, weight: 0 };
    let mut known = Known::new(s(0));
    known.found(vec![record(Some(ip(1)))], s(1), &HOLD);
    known.found(vec![record(None)], s(2), &HOLD);
    assert_eq!(known.records(), [record(Some(ip(1)))]);
    known.found(vec![record(Some(ip(2)))], s(3), &HOLD);
    assert_eq!(known.records(), [record(Some(ip(2)))]);
}
