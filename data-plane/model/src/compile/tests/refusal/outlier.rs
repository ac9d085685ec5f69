use sluicegate_proto::limits::MAX_DURATION_MS;

use super::*;

/// Five in a row, every 10 s, 30 s to 300 s, half of them.
fn usual() -> v1::OutlierEjection {
    v1::OutlierEjection {
        consecutive_failures: 5,
        consecutive_gateway_failures: 0,
        interval_ms: 10_000,
        base_ejection_ms: 30_000,
        max_ejection_ms: 300_000,
        max_ejected_percent: 50,
        success_rate: None,
    }
}

fn of(change: impl FnOnce(&mut v1::OutlierEjection)) -> Vec<String> {
    let faults = of_backend(|backend| {
        let mut ejection = usual();
        change(&mut ejection);
        backend.outlier_ejection = Some(ejection);
    });
    faults.iter().map(|fault| fault.trim_start_matches("outlier_ejection: ").to_owned()).collect()
}

#[test]
fn each_number_of_outlier_ejection_has_its_range() {
    assert_eq!(of(|_| {}), Vec::<String>::new());
    let spans = of(|it| (it.interval_ms, it.base_ejection_ms) = (99, u64::MAX));
    let most = MAX_DURATION_MS;
    assert_eq!(
        spans,
        [
            format!("interval_ms is 99, allowed is 100 to {most}"),
            format!("base_ejection_ms is {}, allowed is 100 to {most}", i64::MAX)
        ]
    );
    let shorter = of(|it| it.max_ejection_ms = 29_999);
    assert_eq!(shorter, [format!("max_ejection_ms is 29999, allowed is 30000 to {most}")]);
    for percent in [0, 101] {
        let refused = of(|it| it.max_ejected_percent = percent);
        assert_eq!(refused, [format!("max_ejected_percent is {percent}, allowed is 1 to 100")]);
    }
    assert_eq!(of(|it| it.consecutive_failures = 0), ["consecutive_failures is not set"]);
    assert_eq!(
        of(|it| (it.consecutive_failures, it.consecutive_gateway_failures) = (0, 1)),
        Vec::<String>::new()
    );
}

#[test]
fn each_number_of_a_comparison_has_its_range() {
    let compared = |minimum_hosts, request_volume, stdev_factor_thousandths| {
        of(|it| {
            it.consecutive_failures = 0;
            it.success_rate =
                Some(v1::SuccessRate { minimum_hosts, request_volume, stdev_factor_thousandths });
        })
    };
    assert_eq!(compared(2, 1, 1), Vec::<String>::new());
    assert_eq!(compared(10_000, u32::MAX, 100_000), Vec::<String>::new());
    assert_eq!(
        compared(1, 0, 0),
        [
            "success_rate: minimum_hosts is 1, allowed is 2 to 10000",
            "success_rate: request_volume is 0, allowed is 1 to 4294967295",
            "success_rate: stdev_factor_thousandths is 0, allowed is 1 to 100000",
        ]
    );
    assert_eq!(compared(10_001, 1, 100_001).len(), 2);
}
