use super::*;

#[test]
fn an_average_follows_what_comes() {
    let average = Average::default();
    (0..10).for_each(|_| average.add(20));
    assert_eq!((average.mean(10), average.most()), (20, 20));
    (0..100_000).for_each(|_| average.add(5));
    assert_eq!((average.mean(100_010), average.most()), (5, 20));
}

#[test]
fn what_has_not_happened_does_not_count() {
    let average = Average::default();
    average.add(-1);
    assert_eq!((average.mean(0), average.most()), (0, 0));
}
