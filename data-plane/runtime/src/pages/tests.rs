use sluicegate_engine::Posted;
use sluicegate_model::{Change, compile};
use sluicegate_proto::v1::{OperationAction, OperationResult};
use sluicegate_stats::Outcome;
use sluicegate_sync::Unanswered;

use super::post::{operation, outcome};
use super::*;
use crate::fixture::{Site, nowhere};

fn runtime() -> Runtime {
    let site = Site::default()
        .forwarding("main", "app")
        .backend("app", |_| {})
        .endpoint("app", "one", nowhere(1), |_| {})
        .backend("other", |_| {});
    compile(None, Change::Full(&site.resources)).unwrap()
}

fn page(scope: &[&str]) -> StatsPage {
    StatsPage {
        uri: "/stats".into(),
        users: Vec::new(),
        realm: "".into(),
        refresh: None,
        show_version: false,
        show_legends: false,
        node: None,
        description: None,
        scope: scope.iter().map(|&name| name.into()).collect(),
        admin: Vec::new(),
    }
}

/// The backend, the servers and the action.
fn asked(body: &str, scope: &[&str]) -> Result<(String, String, OperationAction), Outcome> {
    let operation = operation(&page(scope), &Posted::Form(body.into()), &runtime())?;
    let action = operation.action();
    Ok((operation.backend.unwrap().name, operation.endpoints.join(" "), action))
}

#[test]
fn a_form_becomes_an_operation() {
    let one = Ok(("app".to_owned(), "one two".to_owned(), OperationAction::Drain));
    assert_eq!(asked("s=one&s=two&action=drain&b=app", &[]), one);
    assert_eq!(asked("s=one&s=two&action=drain&b=app", &["main", "app"]), one);
    let number = Table::new(&runtime(), &Report::default(), &Facts::default());
    let number = number.rows.iter().find(|row| row.key.name() == "app").unwrap().proxy_number;
    assert_eq!(asked(&format!("s=one&s=two&action=drain&b=%23{number}"), &[]), one);
}

#[test]
fn a_form_that_asks_for_nothing_is_answered_here() {
    for (body, expected) in [
        ("", Outcome::None),
        ("s=one&action=ready", Outcome::None),
        ("s=one&b=app", Outcome::None),
        ("action=ready&b=app", Outcome::None),
        ("s=one&action=ready&b=nope", Outcome::Invalid),
        ("s=one&action=ready&b=", Outcome::Invalid),
        ("s=one&action=ready&b=main", Outcome::Invalid),
        ("s=one&action=nope&b=app", Outcome::Invalid),
        ("s=%zz&action=ready&b=app", Outcome::Invalid),
    ] {
        assert_eq!(asked(body, &[]), Err(expected), "{body}");
    }
    assert_eq!(asked("s=one&action=ready&b=app", &["other"]), Err(Outcome::Denied), "it is not on this page");
    let many = "s=a&".repeat(sluicegate_proto::limits::MAX_OPERATION_ENDPOINTS + 1) + "action=ready&b=app";
    assert_eq!(asked(&many, &[]), Err(Outcome::TooLong));
    for (posted, expected) in [
        (Posted::Denied, Outcome::Denied),
        (Posted::TooLong, Outcome::TooLong),
        (Posted::NoForm, Outcome::Invalid),
    ] {
        assert_eq!(operation(&page(&[]), &posted, &runtime()).unwrap_err(), expected);
    }
}

#[test]
fn every_answer_is_told() {
    let told = |answer| outcome(answer).code();
    assert_eq!(told(Ok(OperationResult::Done)), "DONE");
    assert_eq!(told(Ok(OperationResult::Part)), "PART");
    assert_eq!(told(Ok(OperationResult::None)), "NONE");
    assert_eq!(told(Ok(OperationResult::Invalid)), "ERRP");
    assert_eq!(told(Ok(OperationResult::Denied)), "DENY");
    assert_eq!(told(Ok(OperationResult::Failed)), "FAIL");
    assert_eq!(told(Ok(OperationResult::Unspecified)), "UNKN");
    assert_eq!(told(Err(Unanswered::Away)), "AWAY");
    assert_eq!(told(Err(Unanswered::Lost)), "UNKN");
}
