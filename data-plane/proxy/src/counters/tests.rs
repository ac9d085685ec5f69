use super::*;

#[test]
fn shards_sum_over_threads() {
    let counters = Sharded::<BackendCounters>::new(3);
    std::thread::scope(|scope| {
        for worker in 0..3 {
            let counters = &counters;
            scope.spawn(move || (0..1000).for_each(|_| counters.shard(worker).exchanges.add(1)));
        }
    });
    assert_eq!(counters.sum(|shard| &shard.exchanges), 3000);
}

#[test]
fn responses_are_counted_by_class() {
    let counters = Sharded::<BackendCounters>::new(1);
    for status in [99, 100, 200, 204, 503, 599, 600] {
        count_response(&counters.shard(0).responses, status);
    }
    assert_eq!(counters.sum_each(|shard| &shard.responses), [1, 2, 0, 0, 2]);
}

#[test]
fn causes_stand_at_their_number() {
    for (number, cause) in CloseCause::ALL.into_iter().enumerate() {
        assert_eq!(cause as usize, number);
    }
}
