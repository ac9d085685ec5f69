use super::*;
use crate::limits::MAX_TOLD_RESPONSES;
use crate::v1::{
    CachedResponse, CapturedError, ClientSession, ListCaches, ListErrors, ListResolvers, ListSessions,
    NameServerStats, ObjectId,
};

fn list(most: u64) -> Question {
    let list = ListSessions { most, ..ListSessions::default() };
    Question { number: 7, ask: Some(Ask::ListSessions(list)) }
}

fn sessions(count: u64) -> Vec<ClientSession> {
    (1..=count)
        .map(|id| ClientSession { id, request: vec![b'x'; 1_000].into(), ..Default::default() })
        .collect()
}

fn together(question: &Question, whole: Answered) -> Result<Option<Answered>, InvalidAnswer> {
    let mut gathering = Gathering::of(question);
    let mut done = None;
    for piece in pieces(question.number, whole) {
        assert!(done.is_none(), "nothing follows the last piece");
        done = gathering.push(piece)?;
    }
    Ok(done)
}

#[test]
fn a_long_answer_goes_in_pieces_and_comes_out_whole() {
    let errors = vec![CapturedError { event: 3, ..CapturedError::default() }];
    let whole = Answered {
        sessions: sessions(2_000),
        errors,
        omitted: 5,
        error_events: 9,
        silent_workers: 1,
        ..Answered::default()
    };
    let cut = pieces(7, whole.clone());
    assert_eq!(cut.len(), 4);
    assert!(cut.iter().all(|piece| piece.encoded_len() < 2 * PIECE_BYTES && piece.number == 7));
    let expected = Answered { number: 7, last: true, ..whole.clone() };
    assert_eq!(together(&list(2_000), whole), Ok(Some(expected)));
}

#[test]
fn an_empty_answer_is_one_piece() {
    assert_eq!(pieces(1, Answered::default()), [Answered { number: 1, last: true, ..Answered::default() }]);
}

#[test]
fn what_is_over_a_limit_is_refused() {
    let many = Answered { sessions: sessions(11), ..Answered::default() };
    assert_eq!(together(&list(10), many.clone()), Err(InvalidAnswer::Sessions(11, 10)));
    let errors = Question { number: 7, ask: Some(Ask::ListErrors(ListErrors {})) };
    assert_eq!(together(&errors, many), Err(InvalidAnswer::Sessions(11, 0)));
    let of = |count, bytes: usize, reason: usize| Answered {
        errors: vec![
            CapturedError {
                bytes: vec![0; bytes].into(),
                reason: "x".repeat(reason),
                ..CapturedError::default()
            };
            count
        ],
        ..Answered::default()
    };
    assert!(together(&errors, of(MAX_TOLD_ERRORS, MAX_CAPTURED_BYTES, 256)).is_ok());
    assert_eq!(together(&errors, of(257, 1, 0)), Err(InvalidAnswer::Errors(257)));
    assert_eq!(together(&errors, of(1, 16_385, 0)), Err(InvalidAnswer::Captured(16_385)));
    assert_eq!(together(&errors, of(1, 1, 257)), Err(InvalidAnswer::Captured(1)));
}

#[test]
fn an_answer_without_end_is_refused() {
    let mut gathering = Gathering::of(&list(u64::MAX));
    let piece = Answered { sessions: sessions(1_000), ..Answered::default() };
    let pushed = (0..100).map(|_| gathering.push(piece.clone())).find(Result::is_err);
    assert!(matches!(pushed, Some(Err(InvalidAnswer::Bytes(_)))), "{pushed:?}");
}

#[test]
fn an_answer_that_took_its_room_is_within_the_limit() {
    let mut room = Room::new();
    let one = sessions(1).remove(0);
    let mut whole = Answered::default();
    while room.takes(&one) {
        whole.sessions.push(one.clone());
    }
    assert!(whole.sessions.len() > 10_000, "{}", whole.sessions.len());
    assert!(together(&list(u64::MAX), whole).is_ok());
}

#[test]
fn each_question_needs_a_capability_of_this_build() {
    let known = crate::capability::of_this_build();
    let asks = [
        Ask::ListSessions(ListSessions::default()),
        Ask::ListErrors(ListErrors {}),
        Ask::EndSessions(crate::v1::EndSessions::default()),
        Ask::ClearCounters(crate::v1::ClearCounters::default()),
        Ask::ListResolvers(ListResolvers::default()),
        Ask::ListCaches(ListCaches::default()),
    ];
    for ask in asks {
        let name = capability(&Question { number: 1, ask: Some(ask) }).unwrap();
        assert!(known.contains(name), "{name}");
    }
    assert_eq!(capability(&Question::default()), None);
}

#[test]
fn name_servers_go_in_pieces_and_have_a_limit() {
    let question = Question { number: 7, ask: Some(Ask::ListResolvers(ListResolvers::default())) };
    let of = |count: usize| Answered {
        number: 7,
        last: true,
        name_servers: vec![NameServerStats { name: "n".repeat(200), ..NameServerStats::default() }; count],
        ..Answered::default()
    };
    assert!(pieces(7, of(MAX_TOLD_NAME_SERVERS)).len() > 2);
    assert_eq!(together(&question, of(MAX_TOLD_NAME_SERVERS)), Ok(Some(of(MAX_TOLD_NAME_SERVERS))));
    assert_eq!(together(&question, of(10_001)), Err(InvalidAnswer::NameServers(10_001)));
}

#[test]
fn caches_go_in_pieces_and_have_a_limit() {
    let most = MAX_TOLD_RESPONSES as u64;
    let question = Question { number: 7, ask: Some(Ask::ListCaches(ListCaches { most })) };
    let response =
        CachedResponse { hash: u32::MAX, bytes: 1 << 30, readers: 9, fresh_ms: 1 << 40, varies: true };
    let cache = |name: &str, count: usize| CacheStats {
        cache: Some(ObjectId { name: name.into(), ..ObjectId::default() }),
        total_bytes: 1 << 30,
        used_bytes: 1 << 29,
        responses: vec![response; count],
    };
    let of = |caches: Vec<CacheStats>| Answered { number: 7, last: true, caches, ..Answered::default() };
    let whole = of(vec![cache("a", 0), cache("b", MAX_TOLD_RESPONSES - 3), cache("c", 3)]);
    assert!(pieces(7, whole.clone()).len() > 2);
    assert_eq!(together(&question, whole.clone()), Ok(Some(whole)));
    let more = of(vec![cache("a", MAX_TOLD_RESPONSES + 1)]);
    assert_eq!(together(&question, more), Err(InvalidAnswer::Responses(100_001, most)));
    let many = of((0..1_001).map(|number| cache(&number.to_string(), 0)).collect());
    assert_eq!(together(&question, many), Err(InvalidAnswer::Caches(1_001)));
}
