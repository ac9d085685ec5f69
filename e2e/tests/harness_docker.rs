//! The private Docker engine of the harness, tried.

use sluicegate_e2e::docker::{Files, Wanted};
use sluicegate_e2e::{Docker, Failure, debian, fetch};

#[tokio::test]
async fn containers_answer_their_names() {
    let docker = Docker::start().await;
    let mut app01 = docker.run(Wanted::app("app01").label("tier", "web")).await;
    let app02 = docker.run(Wanted::app("app02")).await;
    assert_eq!(fetch(app01.address(8080), "/").await.unwrap().text(), "app01");
    assert_eq!(fetch(app02.address(8080), "/").await.unwrap().text(), "app02");
    assert!(app01.logs(&docker).await.contains("listening on 8080"));

    app01.kill(&docker).await;
    assert_eq!(app01.wait(&docker).await, 137);
    app01.start(&docker).await;
    assert_eq!(fetch(app01.address(8080), "/").await.unwrap().text(), "app01");
    let gone = app02.address(8080);
    app02.remove(&docker).await;
    assert!(matches!(fetch(gone, "/").await, Err(Failure::Unreachable | Failure::TimedOut)));
}

#[tokio::test]
async fn a_program_of_the_host_runs_in_an_image_of_its_own() {
    let docker = Docker::start().await;
    let files = Files::default().add_program("bin/curl", "/usr/bin/curl".as_ref());
    docker.import("curl", &files, &["/bin/curl", "--version"]).await;
    let curl = docker.run(Wanted::image("curl", "curl")).await;
    assert_eq!(curl.wait(&docker).await, 0, "{}", curl.logs(&docker).await);
    assert!(curl.logs(&docker).await.starts_with("curl "), "{}", debian("curl").display());
}
