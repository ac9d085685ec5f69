//! Who may start the image, and how it ends.

use sluicegate_e2e::Connection;

use super::*;

#[tokio::test]
async fn whoever_starts_it_is_served() {
    let docker = Docker::start().await;
    docker.build("sluicegate").await;
    let (_file, mount) = mounted(&answering("*:80"));
    let none = "0000000000000000";
    let few = ["--cap-drop=ALL", "--cap-add=NET_BIND_SERVICE", "--cap-add=SETUID", "--cap-add=SETGID"];
    for (name, options, expected) in [
        ("root", &[][..], is(HAPROXY, BIND_SERVICE)),
        ("stays-root", &["--env=SLUICEGATE_USER="], is(0, "00000000a80425fb")),
        ("user", &["--user=99:99"], is(HAPROXY, none)),
        ("stranger", &["--user=4711:4711"], is(4711, none)),
        ("init", &["--init"], is(HAPROXY, BIND_SERVICE)),
        ("init-user", &["--init", "--user=99:99"], is(HAPROXY, none)),
        ("read-only", &["--read-only"], is(HAPROXY, BIND_SERVICE)),
        ("read-only-user", &["--read-only", "--user=4711:4711"], is(4711, none)),
        ("few", &few, is(HAPROXY, BIND_SERVICE)),
    ] {
        let usual = ["run", "-d", "--name", name, "--health-interval=1s", "-v", &mount];
        docker.cli(&[&usual[..], options, &["sluicegate"]].concat()).await;
        let container = Container::of_name(&docker, name).await;
        container.wait_for(&docker, "shows what is served").await;
        assert_eq!(fetch(container.address(80), "/").await.unwrap().status(), 200, "{name}");
        let rights = rights(&docker, &container).await;
        assert!(rights.iter().all(|thread| *thread == expected), "{name}: {rights:#?}");
        container.wait_for_health(&docker, "healthy").await;
        docker.cli(&["stop", "--time", "60", name]).await;
        assert_eq!(container.wait(&docker).await, 0, "{name}: {}", container.logs(&docker).await);
    }
}

#[tokio::test]
async fn a_stop_finishes_what_runs() {
    let docker = Docker::start().await;
    docker.build("sluicegate").await;
    let (_file, mount) = mounted(&format!(
        "{HTTP_DEFAULTS}frontend main\n    bind *:80\n    http-request wait-for-body time 30s\n    \
         http-request return status 200\n"
    ));
    docker.cli(&["run", "-d", "--name", "entry", "-v", &mount, "sluicegate"]).await;
    let entry = Container::of_name(&docker, "entry").await;
    entry.wait_for(&docker, "shows what is served").await;
    let mut client = Connection::open(entry.address(80)).await.unwrap();
    client
        .send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        .await
        .unwrap();
    // It has the request, and waits for its body.
    assert_eq!(client.any_response("POST").await.unwrap().status(), 100);
    let finished = async {
        entry.wait_for(&docker, "finishing what runs").await;
        client.send("body").await.unwrap();
        client.response("POST").await.unwrap().status()
    };
    let (_, status) = tokio::join!(docker.cli(&["stop", "--time", "60", "entry"]), finished);
    assert_eq!(status, 200);
    assert_eq!(entry.wait(&docker).await, 0);
}
