use super::*;

fn generation(number: u64) -> Generation {
    Generation { epoch: 1, number, hash: ContentHash::of(&number.to_le_bytes()) }
}

#[test]
fn one_update_at_a_time_then_the_newest() {
    let mut session = Session::default();
    assert!(session.wants(&generation(1)));
    assert_eq!(session.base(), None);
    session.sent(generation(1));
    assert!(!session.wants(&generation(2)));
    session.acknowledged(generation(1)).unwrap();
    assert!(!session.wants(&generation(1)));
    assert!(session.wants(&generation(9)));
    assert_eq!(session.base(), Some(generation(1).hash));
}

#[test]
fn what_was_refused_is_not_sent_again() {
    let mut session = Session::new(Some(generation(1)), None);
    session.sent(generation(2));
    session.refused(generation(2)).unwrap();
    assert!(!session.wants(&generation(2)));
    assert!(session.wants(&generation(3)));
    assert_eq!(session.base(), Some(generation(1).hash));
}

#[test]
fn content_counts_and_not_the_number() {
    let session = Session::new(Some(generation(4)), None);
    let renumbered = Generation { epoch: 2, number: 1, ..generation(4) };
    assert!(!session.wants(&renumbered));
}

#[test]
fn answers_out_of_turn_are_errors() {
    let mut session = Session::default();
    assert!(matches!(session.acknowledged(generation(1)), Err(Unexpected::Nothing { .. })));
    session.sent(generation(1));
    assert!(matches!(session.refused(generation(2)), Err(Unexpected::Other { .. })));
    assert_eq!(session.acknowledged(generation(1)), Ok(()));
}
