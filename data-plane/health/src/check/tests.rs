use super::*;

const MS: Duration = Duration::from_millis(1);

fn schedule(rise: u32, fall: u32) -> Schedule {
    Schedule {
        interval: 2_000 * MS,
        fast_interval: 500 * MS,
        down_interval: 5_000 * MS,
        rise: NonZeroU32::new(rise).unwrap(),
        fall: NonZeroU32::new(fall).unwrap(),
    }
}

fn outcome(status: Status) -> Outcome {
    Outcome { status, code: None, info: String::new(), reply: None }
}

fn check(rise: u32, fall: u32) -> Check {
    Check::new(schedule(rise, fall), Limits::default(), Duration::ZERO)
}

/// Runs one probe when it is due, 1 ms long; the change and the pause after it.
fn probe(check: &mut Check, status: Status) -> (Option<Health>, Duration) {
    let now = check.due();
    assert_eq!(check.tick(now), Command::Probe);
    let finding = check.finish(now + MS, &outcome(status));
    assert_eq!(finding.evidence.took, MS);
    (finding.change, check.due() - now - MS)
}

#[test]
fn starts_up_and_falls_at_the_first_failure() {
    let mut check = check(2, 3);
    assert_eq!(check.health(), Health::Up);
    assert_eq!(probe(&mut check, Status::L4Connection), (Some(Health::Down), 5_000 * MS));
}

#[test]
fn the_first_success_makes_it_wholly_up() {
    let mut check = check(2, 3);
    assert_eq!(probe(&mut check, Status::L4Ok), (None, 2_000 * MS));
    assert_eq!(check.progress(), None);
    assert_eq!(probe(&mut check, Status::L4Connection), (None, 500 * MS));
    assert_eq!(check.progress(), Some((1, 3)));
    assert_eq!(probe(&mut check, Status::L4Connection), (None, 500 * MS));
    assert_eq!(probe(&mut check, Status::L4Connection), (Some(Health::Down), 5_000 * MS));
    assert_eq!(probe(&mut check, Status::L4Connection), (None, 5_000 * MS));
}

#[test]
fn a_success_between_failures_starts_the_count_anew() {
    let mut check = check(2, 3);
    probe(&mut check, Status::L7Ok);
    probe(&mut check, Status::L7Status);
    probe(&mut check, Status::L7Status);
    assert_eq!(probe(&mut check, Status::L7Ok), (None, 2_000 * MS));
    probe(&mut check, Status::L7Status);
    probe(&mut check, Status::L7Status);
    assert_eq!(check.health(), Health::Up);
}

#[test]
fn rises_after_enough_successes_in_a_row() {
    let mut check = check(3, 2);
    probe(&mut check, Status::L4Timeout);
    assert_eq!(probe(&mut check, Status::L4Ok), (None, 500 * MS));
    assert_eq!(probe(&mut check, Status::L4Timeout), (None, 5_000 * MS));
    assert_eq!(probe(&mut check, Status::L4Ok), (None, 500 * MS));
    assert_eq!(check.progress(), Some((1, 3)));
    assert_eq!(probe(&mut check, Status::L4Ok), (None, 500 * MS));
    assert_eq!(probe(&mut check, Status::L4Ok), (Some(Health::Up), 2_000 * MS));
}

#[test]
fn without_a_check_timeout_the_interval_is_for_all() {
    let mut check = check(2, 3);
    assert_eq!(check.tick(Duration::ZERO), Command::Probe);
    assert_eq!(check.due(), 2_000 * MS);
    check.connected(1_500 * MS);
    assert_eq!(check.due(), 2_000 * MS);
    assert_eq!(check.tick(1_999 * MS), Command::Wait);
    assert_eq!(check.tick(2_000 * MS), Command::Abandon);
    let finding = check.finish(2_000 * MS, &outcome(Status::L7Timeout));
    assert_eq!(finding.evidence.to_string(), "L7TOUT in 2000ms");
    assert_eq!(check.phase(), Phase::Idle);
}

#[test]
fn a_check_timeout_is_for_the_answer_alone() {
    let limits = Limits { connect: Some(300 * MS), answer: Some(10_000 * MS) };
    let mut check = Check::new(schedule(2, 3), limits, Duration::ZERO);
    check.tick(Duration::ZERO);
    assert_eq!(check.due(), 300 * MS);
    check.connected(200 * MS);
    assert_eq!(check.due(), 10_200 * MS);
    let mut slow = Check::new(schedule(2, 3), limits, Duration::ZERO);
    slow.tick(Duration::ZERO);
    assert_eq!((slow.tick(300 * MS), slow.phase()), (Command::Abandon, Phase::Connecting));
    let finding = slow.finish(300 * MS, &outcome(Status::L4Timeout));
    assert_eq!(finding.change, Some(Health::Down));
    let long = Limits { connect: Some(60_000 * MS), answer: Some(MS) };
    let mut check = Check::new(schedule(2, 3), long, Duration::ZERO);
    check.tick(Duration::ZERO);
    assert_eq!(check.due(), 2_000 * MS);
}

#[test]
fn a_late_connection_changes_nothing() {
    let mut check = check(2, 3);
    check.connected(5 * MS);
    assert_eq!((check.phase(), check.due()), (Phase::Idle, Duration::ZERO));
}

#[test]
fn evidence_in_haproxys_words() {
    let mut check = check(2, 3);
    check.tick(Duration::ZERO);
    let finding = check.finish(
        4 * MS,
        &Outcome { code: Some(503), info: "Service\r\n Unavailable".into(), ..outcome(Status::L7Status) },
    );
    assert_eq!(finding.evidence.to_string(), "L7STS/503 in 4ms: Service Unavailable");
    let reason = "Layer7 wrong status, code: 503, info: \"Service Unavailable\", check duration: 4ms";
    assert_eq!(finding.evidence.reason(), reason);
    let due = check.due();
    check.tick(due);
    let finding = check.finish(due, &outcome(Status::L7Ok));
    assert_eq!(finding.evidence.reason(), "Layer7 check passed, code: 0, check duration: 0ms");
}

#[test]
fn a_conditional_success_stops_and_a_plain_one_starts() {
    let mut check = check(2, 3);
    assert_eq!(probe(&mut check, Status::L7OkConditional).0, Some(Health::Stopping));
    assert_eq!(check.state_words(), "NOLB");
    assert_eq!(probe(&mut check, Status::L7Status).0, None);
    assert_eq!((check.health(), check.state_words()), (Health::Stopping, "NOLB 2/3".into()));
    assert_eq!(probe(&mut check, Status::L7Ok).0, Some(Health::Up));
    probe(&mut check, Status::L7OkConditional);
    probe(&mut check, Status::L7Status);
    probe(&mut check, Status::L7Status);
    assert_eq!(probe(&mut check, Status::L7Status).0, Some(Health::Down));
    assert_eq!(probe(&mut check, Status::L7OkConditional).0, None);
    assert_eq!(check.state_words(), "DOWN 1/2");
    assert_eq!(probe(&mut check, Status::L7OkConditional).0, Some(Health::Stopping));
}

#[test]
fn each_connection_of_a_probe_has_its_own_time() {
    let mut check = check(2, 3);
    check.tick(Duration::ZERO);
    check.connected(500 * MS);
    check.reconnecting(1_500 * MS);
    assert_eq!((check.phase(), check.due()), (Phase::Connecting, 3_500 * MS));
    check.connected(1_600 * MS);
    assert_eq!(check.due(), 3_500 * MS);
    let finding = check.finish(3_500 * MS, &outcome(Status::L7Timeout));
    assert_eq!(finding.evidence.took, 3_500 * MS);
    check.reconnecting(4_000 * MS);
    assert_eq!(check.phase(), Phase::Idle);
}

#[test]
fn a_new_schedule_keeps_the_health() {
    let mut check = check(2, 3);
    probe(&mut check, Status::L4Ok);
    let waits_until = check.due();
    check.reschedule(schedule(5, 1), Limits::default(), MS);
    assert_eq!(check.health(), Health::Up);
    assert!(check.due() <= waits_until);
    assert_eq!(probe(&mut check, Status::L4Connection).0, Some(Health::Down));
    check.reschedule(schedule(1, 3), Limits::default(), check.due());
    assert_eq!(check.health(), Health::Down);
    assert_eq!(probe(&mut check, Status::L4Ok).0, Some(Health::Up));
}

#[test]
fn first_probes_are_spread_over_the_interval() {
    let delays: Vec<Duration> = (0..4).map(|at| first_delay(2_000 * MS, at, 4, 0)).collect();
    assert_eq!(delays, [0, 500, 1_000, 1_500].map(|ms| ms * MS));
    let mut shifted: Vec<Duration> = (0..4).map(|at| first_delay(2_000 * MS, at, 4, 77)).collect();
    shifted.sort();
    assert!(shifted.windows(2).all(|pair| pair[1] - pair[0] == 500 * MS), "{shifted:?}");
    assert!(shifted[3] < 2_000 * MS);
    assert_ne!(first_delay(2_000 * MS, 0, 4, 77), first_delay(2_000 * MS, 0, 4, 78));
    assert_eq!(first_delay(Duration::ZERO, 3, 0, 9), Duration::ZERO);
}

#[test]
fn chance_moves_a_probe_within_its_part_of_the_interval() {
    let shifted = |percent, chance| {
        let mut check = check(2, 3);
        check.tick(check.due());
        check.finish(MS, &outcome(Status::L4Ok));
        check.shift(percent, chance);
        check.due() - MS
    };
    assert!((0..9).all(|chance| shifted(0, chance) == 2_000 * MS));
    let all: Vec<_> = (0..1_000).map(|chance| shifted(25, chance)).collect();
    let (first, last) = (all.iter().min().unwrap(), all.iter().max().unwrap());
    assert!(*first >= 1_500 * MS && *first < 1_510 * MS, "{first:?}");
    assert!(*last <= 2_500 * MS && *last > 2_490 * MS, "{last:?}");
}

#[test]
fn where_it_begins_says_what_the_first_probes_do() {
    let passes = |check: &mut Check| {
        let now = check.due();
        check.tick(now);
        check.finish(now, &outcome(Status::L4Ok)).change
    };
    let fails = |check: &mut Check| {
        let now = check.due();
        check.tick(now);
        check.finish(now, &outcome(Status::L4Timeout)).change
    };
    let starting = |initial| check(2, 3).starting(initial);
    assert_eq!(fails(&mut starting(Initial::Up)), Some(Health::Down));
    let mut fully = starting(Initial::FullyUp);
    assert_eq!([fails(&mut fully), fails(&mut fully), fails(&mut fully)], [None, None, Some(Health::Down)]);
    assert_eq!(starting(Initial::Down).health(), Health::Down);
    assert_eq!(passes(&mut starting(Initial::Down)), Some(Health::Up));
    let mut fully = starting(Initial::FullyDown);
    assert_eq!([passes(&mut fully), passes(&mut fully)], [None, Some(Health::Up)]);
}

#[test]
fn suspicions_are_failed_probes_of_different_weight() {
    let well = || check(2, 3).starting(Initial::FullyUp);
    let change = |check: &mut Check, suspicion| {
        check.suspect(Duration::ZERO, suspicion, "why").and_then(|finding| finding.change)
    };
    let mut failed = well();
    assert_eq!(failed.suspect(Duration::ZERO, Suspicion::Probe, "why"), None);
    assert_eq!(failed.progress(), None);
    let finding = failed.suspect(Duration::ZERO, Suspicion::Failure, "why").unwrap();
    assert_eq!(finding.evidence.reason(), "Health analyze, info: \"why\"");
    assert_eq!(failed.progress(), Some((1, 3)));
    let mut dying = well();
    assert_eq!(change(&mut dying, Suspicion::LastFailure), None);
    assert_eq!(change(&mut dying, Suspicion::Failure), Some(Health::Down));
    assert_eq!(change(&mut well(), Suspicion::Down), Some(Health::Down));
    let mut down = check(2, 3).starting(Initial::Down);
    assert_eq!(change(&mut down, Suspicion::Down), None);
    assert_eq!(down.health(), Health::Down);
}

#[test]
fn after_a_suspicion_the_next_probe_comes_soon() {
    let fast = Schedule { fast_interval: Duration::from_millis(10), ..schedule(2, 3) };
    let mut check = Check::new(fast, Limits::default(), Duration::from_secs(60)).starting(Initial::FullyUp);
    check.suspect(Duration::from_secs(1), Suspicion::Probe, "why");
    assert_eq!(check.due(), Duration::from_millis(1_010));
    check.suspect(Duration::from_secs(2), Suspicion::Probe, "why");
    assert_eq!(check.due(), Duration::from_millis(1_010), "never later");
}

#[test]
fn an_agent_that_says_nothing_changes_nothing() {
    let mut agent = check(1, 1).of_agent();
    let mut hears = |status| agent.finish(Duration::ZERO, &outcome(status)).change;
    assert_eq!(hears(Status::L7Status), Some(Health::Down));
    assert_eq!(hears(Status::NoChange), None);
    assert_eq!(hears(Status::L4Connection), None);
    assert_eq!(hears(Status::L7Ok), Some(Health::Up));
    assert_eq!(hears(Status::L7Timeout), None);
}
