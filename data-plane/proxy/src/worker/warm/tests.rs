use super::*;

const KEY: TransportId = TransportId(1, 0);

#[tokio::test(start_paused = true)]
async fn no_more_is_begun_than_is_missing() {
    let openings = Openings::default();
    let now = Instant::now();
    assert_eq!(openings.begin(KEY, 3, now), 3);
    assert_eq!(openings.begin(KEY, 3, now), 0);
    assert_eq!(openings.begin(KEY, 4, now), 1);
    openings.end(KEY, false, now);
    assert_eq!(openings.begin(KEY, 4, now), 1);
}

#[tokio::test(start_paused = true)]
async fn who_takes_no_connection_is_left_alone_for_a_while() {
    let openings = Openings::default();
    let now = Instant::now();
    assert_eq!(openings.begin(KEY, 1, now), 1);
    openings.end(KEY, true, now);
    assert_eq!(openings.begin(KEY, 1, now + PAUSE / 2), 0);
    openings.forget(now + PAUSE);
    assert!(openings.0.borrow().is_empty());
    assert_eq!(openings.begin(KEY, 1, now + PAUSE), 1);
}
