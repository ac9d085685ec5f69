//! Who may start the image, and how it ends.

use std::net::IpAddr;

use sluicegate_e2e::{Behaviour, Origin, free_port};

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
    // The host's end of the bridge: a server that is no container, so that it answers when it is told to.
    let gateway = "{{(index .IPAM.Config 0).Gateway}}";
    let gateway: IpAddr =
        docker.cli(&["network", "inspect", "bridge", "--format", gateway]).await.parse().unwrap();
    let origin = Origin::start_at("app", (gateway, free_port()).into()).await;
    origin.behave(Behaviour::Held);
    let (_file, mount) =
        mounted(&format!("{HTTP_DEFAULTS}listen main\n    bind *:80\n    server app {}\n", origin.address()));
    docker.cli(&["run", "-d", "--name", "entry", "-v", &mount, "sluicegate"]).await;
    let entry = Container::of_name(&docker, "entry").await;
    entry.wait_for(&docker, "shows what is served").await;
    let finished = async {
        let held = fetch(entry.address(80), "/");
        let release = async {
            entry.wait_for(&docker, "finishing what runs").await;
            origin.release(1);
        };
        tokio::join!(held, release).0.unwrap().status()
    };
    let stop = async {
        origin.reached(1).await;
        docker.cli(&["stop", "--time", "60", "entry"]).await;
    };
    let (status, ()) = tokio::join!(finished, stop);
    assert_eq!(status, 200);
    assert_eq!(entry.wait(&docker).await, 0);
}
