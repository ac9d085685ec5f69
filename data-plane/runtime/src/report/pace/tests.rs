use sluicegate_proto::v1::Kind;

use super::*;

fn key() -> ObjectKey {
    ObjectKey::new("test", "", Kind::Endpoint, "a").unwrap()
}

/// Readings at these milliseconds; what was told at each: the rate, the most, when it grew.
fn told(readings: &[(u64, u64)]) -> Vec<(u64, u64, u64)> {
    let (mut paces, start) = (Paces::default(), Instant::now());
    readings
        .iter()
        .map(|&(ms, count)| {
            paces.begin(Moment { instant: start + Duration::from_millis(ms), unix_ms: ms });
            let grown = paces.read(&key(), 0, count);
            (grown.rate.now, grown.rate.most, grown.at_unix_ms)
        })
        .collect()
}

#[tokio::test]
async fn a_rate_is_of_the_last_round() {
    let rounds = [(0, 0), (1000, 10), (2000, 30), (3000, 30), (4000, 31)];
    assert_eq!(told(&rounds), [(0, 0, 0), (10, 10, 1000), (20, 20, 2000), (0, 20, 2000), (1, 20, 4000)]);
}

#[tokio::test]
async fn a_round_too_short_adds_to_the_next() {
    assert_eq!(told(&[(0, 0), (100, 50), (1100, 100)]), [(0, 0, 0), (0, 0, 100), (100, 100, 1100)]);
}

#[tokio::test]
async fn who_has_stopped_is_read_once_more() {
    let (mut paces, start) = (Paces::default(), Instant::now());
    for (ms, count, moving) in [(0, 0, 0), (1000, 5, 1), (2000, 5, 0)] {
        paces.begin(Moment { instant: start + Duration::from_millis(ms), unix_ms: ms });
        paces.read(&key(), 0, count);
        assert_eq!(paces.moving().count(), moving, "{ms}");
    }
    paces.retain(|_| false);
    assert!(paces.known.is_empty());
}

#[tokio::test]
async fn who_looks_in_between_sees_what_has_grown() {
    let (mut paces, start) = (Paces::default(), Instant::now());
    let at = |ms| Moment { instant: start + Duration::from_millis(ms), unix_ms: ms };
    for (ms, count) in [(0, 0), (1000, 5)] {
        paces.begin(at(ms));
        paces.read(&key(), 0, count);
    }
    let seen = |ms, count| {
        let grown = paces.knower(at(ms))(&key(), 0, count);
        (grown.rate.now, grown.rate.most, grown.at_unix_ms)
    };
    assert_eq!(seen(1500, 5), (5, 5, 1000));
    assert_eq!(seen(1500, 6), (5, 5, 1500));
    assert_eq!(seen(9000, 5), (0, 5, 1000));
}
