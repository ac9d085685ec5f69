use super::*;

const EWMA: PeakEwma = PeakEwma { decay: Duration::from_secs(10), penalty: Duration::from_secs(1) };

fn known(average_seconds: f64) -> Option<Latency> {
    Some(Latency { average_seconds, at: Duration::ZERO })
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn a_peak_counts_at_once_and_fades() {
    let second = Duration::from_secs(1);
    let peak = EWMA.observe(known(0.1), second, second);
    assert!(near(peak.average_seconds, 1.0));
    let later = EWMA.observe(Some(peak), Duration::from_millis(100), Duration::from_secs(11));
    let kept = (-1.0_f64).exp();
    assert!(near(later.average_seconds, kept + 0.1 * (1.0 - kept)));
}

#[test]
fn pending_requests_cost() {
    assert!(near(EWMA.cost(known(0.2), 4, Duration::ZERO), 1.0));
    assert!(near(EWMA.cost(known(0.2), 0, Duration::from_secs(10)), 0.2 * (-1.0_f64).exp()));
    assert!(EWMA.cost(known(0.0), 1, Duration::ZERO) > EWMA.cost(known(0.0), 0, Duration::ZERO));
}

#[test]
fn a_new_endpoint_is_tried_once() {
    let now = Duration::from_secs(1);
    assert!(EWMA.cost(None, 0, now) < EWMA.cost(known(0.001), 0, now));
    assert!(EWMA.cost(None, 1, now) > EWMA.cost(known(0.1), 1, now));
}

#[test]
fn clocks_that_stand_still_and_no_decay() {
    assert!(near(EWMA.cost(known(0.2), 0, Duration::ZERO), 0.2));
    let forgetful = PeakEwma { decay: Duration::ZERO, ..EWMA };
    let after = forgetful.observe(known(5.0), Duration::from_secs(1), Duration::ZERO);
    assert!(near(after.average_seconds, 1.0));
}
