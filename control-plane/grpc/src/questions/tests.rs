use sluicegate_core::Fleet;
use sluicegate_core::fleet::Introduction;
use sluicegate_proto::v1::{CapturedError, ListErrors};

use super::*;

fn sessions() -> [SessionId; 2] {
    let mut fleet = Fleet::default();
    ["a", "b"].map(|name| {
        fleet.hello(Introduction { proxy_id: name.into(), ..Introduction::default() }, 0).unwrap()
    })
}

fn errors() -> Ask {
    Ask::ListErrors(ListErrors {})
}

fn piece(number: u64, bytes: usize, last: bool) -> Answered {
    let error = CapturedError { bytes: vec![0; bytes].into(), ..CapturedError::default() };
    Answered { number, last, errors: vec![error], ..Answered::default() }
}

#[test]
fn questions_go_out_in_order_and_answers_come_whole() {
    let ([a, b], questions, bytes) = (sessions(), Questions::default(), Arc::default());
    let (first, mut answer) = questions.put(a, errors(), &bytes);
    let (second, _other) = questions.put(a, errors(), &bytes);
    assert_eq!(questions.next(b), None);
    let next = || questions.next(a).map(|question| question.number);
    assert_eq!((next(), next(), next()), (Some(first), Some(second), None));
    questions.take(a, piece(first, 1, false)).unwrap();
    assert!(answer.try_recv().is_err());
    // Of another session it is no answer.
    questions.take(b, piece(first, 1, true)).unwrap();
    questions.take(a, piece(first, 2, true)).unwrap();
    assert_eq!(answer.try_recv().unwrap().unwrap().errors.len(), 2);
}

#[test]
fn what_was_not_asked_and_what_is_too_much_ends_the_session() {
    let ([a, _], questions, bytes) = (sessions(), Questions::default(), Arc::default());
    let (number, _answer) = questions.put(a, errors(), &bytes);
    assert_eq!(questions.take(a, piece(number + 1, 1, true)), Err(Unfit::Unasked(number + 1)));
    let much = questions.take(a, piece(number, 20_000, true));
    assert_eq!(much, Err(Unfit::Invalid(InvalidAnswer::Captured(20_000))));
}

#[test]
fn a_late_answer_is_nobodys_and_a_session_that_ends_answers_no_more() {
    let ([a, b], questions, bytes) = (sessions(), Questions::default(), Arc::default());
    let (late, _gone) = questions.put(a, errors(), &bytes);
    questions.forget(a, late);
    assert_eq!(questions.next(a), None);
    assert_eq!(questions.take(a, piece(late, 1, true)), Ok(()));
    let (_, mut answer) = questions.put(b, errors(), &bytes);
    questions.leave(b);
    assert_eq!(questions.next(b), None);
    assert_eq!(answer.try_recv(), Err(oneshot::error::TryRecvError::Closed));
}

#[test]
fn all_answers_together_have_their_limit() {
    let ([a, b], questions, bytes) = (sessions(), Questions::default(), Arc::default());
    let (number, _answer) = questions.put(a, errors(), &bytes);
    let (other, mut refused) = questions.put(b, errors(), &bytes);
    questions.take(a, piece(number, 100, false)).unwrap();
    bytes.store(MAX_BYTES, Relaxed);
    questions.take(b, piece(other, 1, true)).unwrap();
    assert_eq!(refused.try_recv(), Ok(None));
}
