use super::*;

fn candidate(weight: u16, backup: bool, usable: bool) -> Candidate {
    Candidate { weight, backup, usable }
}

#[test]
fn backups_wait_until_nothing_else_is_usable() {
    let (active, backup) = (candidate(10, false, true), candidate(20, true, true));
    assert_eq!(eligible([backup, active], false), [(1, 10)]);
    assert_eq!(eligible([backup, active], true), [(1, 10)]);
    let down = candidate(10, false, false);
    assert_eq!(eligible([down, backup, backup], false), [(1, 20)]);
    assert_eq!(eligible([down, backup, backup], true), [(1, 20), (2, 20)]);
}

#[test]
fn weight_zero_takes_no_traffic() {
    let (drained, backup) = (candidate(0, false, true), candidate(1, true, true));
    assert_eq!(eligible([drained, backup], false), [(1, 1)]);
    assert_eq!(eligible([drained], true), []);
    assert_eq!(eligible([candidate(0, true, true), backup], false), [(1, 1)]);
}
