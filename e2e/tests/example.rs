//! The configuration that distributions ship, unchanged but for its addresses, in front of two real Tomcats.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use sluicegate_e2e::{Front, Origin, Tomcat, example, fetch, free_port};

#[tokio::test]
async fn two_tomcats_answer_in_turn() {
    let (mut tomcat01, mut tomcat02) = (Tomcat::start("tomcat01"), Tomcat::start("tomcat02"));
    let (mut files, port) = (Origin::start("static").await, free_port());
    tomcat01.ready().await;
    tomcat02.ready().await;
    let apps = [("tomcat01", &tomcat01.address() as _), ("tomcat02", &tomcat02.address() as _)];
    let configuration = example("", &format!("*:{port}"), files.address(), apps);
    let mut front = Front::run(&configuration).await;
    let entry = ([127, 0, 0, 1], port).into();
    for turn in 0..40 {
        let expected = if turn % 2 == 0 { "tomcat01" } else { "tomcat02" };
        let answer = fetch(entry, "/").await.unwrap();
        assert_eq!((answer.status(), answer.text().as_str()), (200, expected), "turn {turn}");
    }
    assert_eq!(fetch(entry, "/Images/logo").await.unwrap().text(), "static");
    assert_eq!(fetch(entry, "/x.gif").await.unwrap().text(), "static");
    assert_eq!(files.last_request().unwrap().header("x-forwarded-for"), None, "127.0.0.0/8 is left out");
    files.kill().await;
    assert_eq!(fetch(entry, "/static/").await.unwrap().status(), 503);
    assert_eq!(fetch(entry, "/").await.unwrap().text(), "tomcat01", "the other backend goes on in turn");
    assert!(front.process().is_running());
}
