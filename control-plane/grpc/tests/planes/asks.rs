//! Questions to proxies, and answers that no proxy of ours would give.

use std::time::Duration;

use sluicegate_core::{Told, Untold};
use sluicegate_proto::v1::question::Ask;
use sluicegate_proto::v1::{Answered, ClearCounters, ClientSession, Hello, ListSessions, Question};
use sluicegate_proto::v1::{control_message, proxy_message::Message};
use tonic::Code;

use super::fake::{Control, Proxy, SCOPE, publisher, socket};
use super::protocol::{Raw, hello};

const LONG: Duration = Duration::from_secs(30);

fn list(most: u64) -> Ask {
    Ask::ListSessions(ListSessions { most, ..ListSessions::default() })
}

fn session(id: u64) -> ClientSession {
    ClientSession { id, ..ClientSession::default() }
}

/// A proxy of this name that does what the test says.
async fn raw(dir: &tempfile::TempDir, name: &str) -> Raw {
    Raw::welcomed(&socket(dir), Hello { proxy_id: name.into(), ..hello() }).await
}

async fn question(raw: &mut Raw) -> Question {
    match raw.hear.message().await.unwrap().unwrap().message {
        Some(control_message::Message::Question(question)) => question,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_proxy_answers_between_its_updates() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    let mut proxy = Proxy::unix(&socket(&dir), None);
    control.publish(&[("a", 1)]);
    proxy.next().await;
    control.until(|status| status.connected && status.acks == 1).await;
    assert_eq!(control.publisher.connected(SCOPE), ["p1"]);
    // Long enough for more than one piece.
    let told = control.publisher.ask(SCOPE, None, list(200_000), LONG).await;
    let [Told { proxy_id, answer: Ok(answer) }] = &told[..] else { panic!("{told:?}") };
    assert_eq!((proxy_id.as_str(), answer.sessions.len()), ("p1", 200_000));
    // What began anew is reported before it is answered.
    let told =
        control.publisher.ask(SCOPE, Some("p1"), Ask::ClearCounters(ClearCounters { all: true }), LONG).await;
    assert_eq!(told[0].answer.as_ref().unwrap().ended, 1);
    assert!(!control.publisher.reports(SCOPE)[0].endpoints.is_empty());
    assert_eq!(control.publisher.ask(SCOPE, Some("p2"), list(1), LONG).await, []);
    control.publish(&[("a", 2)]);
    proxy.next().await;
}

#[tokio::test]
async fn a_proxy_that_cannot_be_asked_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    let older = Hello { capabilities: vec!["ask.errors".into()], ..hello() };
    let older = Raw::welcomed(&socket(&dir), older).await;
    let told = control.publisher.ask(SCOPE, None, list(1), LONG).await;
    assert_eq!(told, [Told { proxy_id: "p1".into(), answer: Err(Untold::Unable) }]);
    drop(older);
}

#[tokio::test]
async fn who_says_nothing_and_who_goes_away_is_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    let (mut silent, mut goes, mut answers) =
        (raw(&dir, "a").await, raw(&dir, "b").await, raw(&dir, "c").await);
    let publisher = control.publisher.clone();
    let asked =
        tokio::spawn(async move { publisher.ask(SCOPE, None, list(1), Duration::from_secs(1)).await });
    let late = question(&mut silent).await.number;
    question(&mut goes).await;
    drop(goes);
    let number = question(&mut answers).await.number;
    answers.say(Some(Message::Answered(Answered { number, last: true, ..Answered::default() }))).await;
    let told = asked.await.unwrap();
    let said: Vec<_> = told.iter().map(|told| (told.proxy_id.as_str(), told.answer.as_ref().err())).collect();
    assert_eq!(said, [("a", Some(&Untold::Silent)), ("b", Some(&Untold::Gone)), ("c", None)]);
    // What comes too late is nobody's, and no reason to part.
    silent.say(Some(Message::Answered(Answered { number: late, last: true, ..Answered::default() }))).await;
    let publisher = control.publisher.clone();
    let asked = tokio::spawn(async move { publisher.ask(SCOPE, Some("a"), list(1), LONG).await });
    let number = question(&mut silent).await.number;
    let sessions = vec![session(4)];
    silent
        .say(Some(Message::Answered(Answered { number, last: true, sessions, ..Answered::default() })))
        .await;
    assert_eq!(asked.await.unwrap()[0].answer.as_ref().unwrap().sessions, [session(4)]);
}

#[tokio::test]
async fn an_answer_over_its_limits_or_to_nothing_ends_the_session() {
    let dir = tempfile::tempdir().unwrap();
    let control = Control::unix(publisher(1), &socket(&dir));
    let unasked = raw(&dir, "p1").await;
    unasked.say(Some(Message::Answered(Answered { number: 1, last: true, ..Answered::default() }))).await;
    let end = unasked.end().await;
    assert_eq!(
        (end.code(), end.message()),
        (Code::InvalidArgument, "an answer to question 1, which was not asked")
    );
    let mut wordy = raw(&dir, "p1").await;
    let publisher = control.publisher.clone();
    let asked = tokio::spawn(async move { publisher.ask(SCOPE, None, list(2), LONG).await });
    let number = question(&mut wordy).await.number;
    let sessions = (1..=3).map(session).collect();
    wordy.say(Some(Message::Answered(Answered { number, sessions, ..Answered::default() }))).await;
    let end = wordy.end().await;
    assert_eq!(
        (end.code(), end.message()),
        (Code::InvalidArgument, "an answer with 3 sessions, 2 were asked for")
    );
    assert_eq!(asked.await.unwrap()[0].answer, Err(Untold::Gone));
}
