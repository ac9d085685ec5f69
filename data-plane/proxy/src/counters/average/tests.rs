use super::*;

#[test]
fn an_average_follows_what_comes() {
    let average = Average::default();
    (0..10).for_each(|_| average.add(20));
    assert_eq!((average.mean(), average.most()), (20, 20));
    (0..100_000).for_each(|_| average.add(5));
    assert_eq!((average.mean(), average.most()), (5, 20));
}

#[test]
fn an_average_is_right_before_there_are_enough_for_it() {
    for number in [1, 100, 1_000, SAMPLES, SAMPLES + 1, 3 * SAMPLES] {
        let average = Average::default();
        (0..number).for_each(|_| average.add(20));
        assert_eq!(average.mean(), 20, "{number}");
    }
}

#[test]
fn what_has_not_happened_does_not_count() {
    let average = Average::default();
    average.add(-1);
    assert_eq!((average.mean(), average.most()), (0, 0));
    [8, -1, -1, -1].into_iter().for_each(|ms| average.add(ms));
    assert_eq!(average.mean(), 8);
}
