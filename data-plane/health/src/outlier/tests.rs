use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn rule(base: u64, longest: u64) -> OutlierRule {
    OutlierRule {
        failures: NonZeroU32::new(5),
        gateway_failures: None,
        interval: 10 * SECOND,
        base: Duration::from_secs(base),
        longest: Duration::from_secs(longest),
        most_percent: 10,
        success_rate: None,
    }
}

fn compared(rates: &[(u64, u64)], minimum_hosts: u32, factor_thousandths: u32) -> Vec<usize> {
    let tallies: Vec<Tally> =
        rates.iter().map(|&(exchanges, failures)| Tally { exchanges, failures }).collect();
    let minimum_hosts = NonZeroU32::new(minimum_hosts).unwrap();
    let request_volume = NonZeroU32::new(100).unwrap();
    let rule = SuccessRate { minimum_hosts, request_volume, factor_thousandths };
    outliers(&tallies, &rule).iter().map(|outlier| outlier.place).collect()
}

#[test]
fn each_ejection_is_longer_until_it_is_as_long_as_it_may() {
    let (mut record, rule) = (Record::default(), rule(30, 100));
    let mut now = Duration::ZERO;
    for expected in [30, 60, 90, 100, 100] {
        assert_eq!(record.eject(now, &rule), expected * SECOND);
        assert_eq!(record.until(), Some(now + expected * SECOND));
        now += expected * SECOND;
        record.readmit(now);
        assert_eq!(record.until(), None);
    }
    // What is as long as it may be was four times, however often it was.
    for interval in 1..=4 {
        assert!(!record.is_clean());
        record.forgive(now + 10 * interval * SECOND, &rule);
    }
    assert!(record.is_clean());
}

#[test]
fn whole_intervals_in_service_make_the_next_one_shorter_and_no_others() {
    let (mut record, rule) = (Record::default(), rule(30, 300));
    record.eject(Duration::ZERO, &rule);
    record.forgive(20 * SECOND, &rule);
    record.readmit(30 * SECOND);
    record.forgive(30 * SECOND, &rule);
    record.forgive(39 * SECOND, &rule);
    assert_eq!(record.eject(40 * SECOND, &rule), 60 * SECOND);
    record.readmit(100 * SECOND);
    record.forgive(110 * SECOND, &rule);
    assert_eq!(record.eject(200 * SECOND, &rule), 60 * SECOND);
}

#[test]
fn one_may_be_ejected_always_and_the_last_never() {
    for (members, ejected, usable, percent, may) in [
        (4, 0, 4, 10, true),
        (4, 1, 3, 10, false),
        (4, 1, 3, 50, true),
        (4, 2, 2, 50, false),
        (4, 3, 1, 100, false),
        (2, 0, 1, 100, false),
        (2, 0, 2, 1, true),
        (1, 0, 1, 100, false),
        (30, 2, 28, 10, true),
        (30, 3, 27, 10, false),
    ] {
        let population = Population { members, ejected, usable };
        assert_eq!(population.may_lose_one(percent), may, "{population:?}, {percent}%");
    }
}

#[test]
fn who_is_far_below_the_others_stands_out() {
    let good = (200, 2);
    assert_eq!(compared(&[good, good, good, good, (200, 100)], 5, 1_900), [4]);
    assert_eq!(compared(&[good, good, good, (200, 100)], 5, 1_000), [], "too few to compare");
    // The farthest that one of four can be is the root of three.
    assert_eq!(compared(&[good, good, good, (200, 100)], 4, 1_900), []);
    assert_eq!(compared(&[good, good, good, (200, 100)], 4, 1_700), [3]);
    assert_eq!(compared(&[good, good, good, good, good, (99, 99)], 5, 1_900), [], "too few exchanges");
    // The worst comes first.
    let mut many = vec![(1_000, 0); 20];
    (many[3], many[7]) = ((1_000, 400), (1_000, 500));
    assert_eq!(compared(&many, 5, 1_900), [7, 3]);
}

#[test]
fn those_who_are_alike_are_no_outliers_however_strict_the_rule() {
    for failures in [0, 1, 33, 100, 299, 300] {
        assert_eq!(compared(&[(300, failures); 7], 2, 0), [], "{failures}");
    }
    assert_eq!(compared(&[(300, 0), (300, 1)], 2, 0), [1]);
    assert_eq!(compared(&[(u64::MAX, u64::MAX), (u64::MAX, 0)], 2, 0), [0]);
    assert_eq!(compared(&[(100, 200), (100, 0)], 2, 0), [0], "counted while they moved");
}

#[test]
fn an_outlier_says_by_what() {
    let tallies = [(200, 2), (200, 2), (200, 2), (200, 2), (200, 100)]
        .map(|(exchanges, failures)| Tally { exchanges, failures });
    let (minimum_hosts, request_volume) = (NonZeroU32::new(5).unwrap(), NonZeroU32::new(100).unwrap());
    let rule = SuccessRate { minimum_hosts, request_volume, factor_thousandths: 1_900 };
    let words = outliers(&tallies, &rule)[0].to_string();
    assert_eq!(words, "success rate 50.00%, mean of all 89.20%, standard deviation 19.60%");
}
