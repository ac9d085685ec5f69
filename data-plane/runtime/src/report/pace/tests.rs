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
    assert_eq!(told(&[(0, 0), (100, 50), (1000, 100)]), [(0, 0, 0), (0, 0, 100), (100, 100, 1000)]);
}

#[tokio::test]
async fn short_rounds_tell_the_rate_of_the_time_they_take_together() {
    let rounds: Vec<_> = (0..=20).map(|round| (round * 100, round * 10)).collect();
    let told = told(&rounds);
    assert_eq!(told[4], (0, 0, 400));
    assert!(told[5..].iter().all(|&(rate, most, _)| (rate, most) == (100, 100)), "{told:?}");
}

#[tokio::test]
async fn growth_is_dated_once_though_its_rate_is_told_later() {
    assert_eq!(told(&[(0, 0), (100, 5), (200, 5), (1000, 5)])[3], (5, 5, 100));
}

#[tokio::test]
async fn what_came_before_the_first_round_is_no_rate() {
    assert_eq!(told(&[(0, 1_000_000), (1000, 1_000_010)]), [(0, 0, 0), (10, 10, 1000)]);
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

#[tokio::test]
async fn the_highest_rates_begin_anew_and_counters_too() {
    let (mut paces, start) = (Paces::default(), Instant::now());
    let read = |paces: &mut Paces, ms: u64, counts: [u64; 2]| {
        paces.begin(Moment { instant: start + Duration::from_millis(ms), unix_ms: ms });
        let rate = |grown: Grown| (grown.rate.now, grown.rate.most);
        [rate(paces.read(&key(), 0, counts[0])), rate(paces.read(&OWN, 0, counts[1]))]
    };
    read(&mut paces, 0, [0, 0]);
    assert_eq!(read(&mut paces, 1_000, [10, 10]), [(10, 10), (10, 10)]);
    assert_eq!(read(&mut paces, 2_000, [15, 15]), [(5, 10), (5, 10)]);
    paces.clear(false);
    assert_eq!(read(&mut paces, 3_000, [18, 18]), [(3, 3), (3, 3)]);
    paces.clear(true);
    // The object's counter has begun at 0 again, the process's goes on.
    assert_eq!(read(&mut paces, 3_100, [1, 19]), [(0, 0), (3, 0)]);
    assert_eq!(read(&mut paces, 4_000, [4, 20]), [(4, 4), (2, 2)]);
}
