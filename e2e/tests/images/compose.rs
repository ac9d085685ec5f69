//! `manifests/compose/compose.yaml`, brought up by one command.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sluicegate_e2e::docker::repository;
use sluicegate_e2e::{PATIENCE, free_port};

use super::*;

/// Asks until all of these have answered, and nobody else does: when a route has come no client can see otherwise.
async fn answered_by(entry: SocketAddr, names: &[&str]) {
    let wanted: BTreeSet<String> = names.iter().map(|name| format!("I'm {name}")).collect();
    let begin = Instant::now();
    loop {
        let mut seen = BTreeSet::new();
        for _ in names {
            match fetch(entry, "/").await {
                Ok(answer) if answer.status() == 200 => seen.insert(answer.text()),
                other => seen.insert(format!("{other:?}")),
            };
        }
        if seen == wanted {
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "{seen:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn one_command_brings_the_example_up() {
    let docker = Docker::start().await;
    docker.build("sluicegate").await;
    docker.build("sluicegate-proxy").await;
    let folder = repository().join("manifests/compose");
    let file = folder.join("compose.yaml");
    let (port, socket) = (free_port(), docker.socket());
    let (number, socket) = (port.to_string(), socket.to_string_lossy());
    let variables = [("PORT", number.as_str()), ("DOCKER_SOCKET", &socket)];
    docker.compose(&file, &variables, &["up", "--detach"]).await;
    // By the port of the host, through the engine's own proxy, as a reader's curl goes.
    let entry = SocketAddr::from(([127, 0, 0, 1], port));
    answered_by(entry, &["app01", "app02"]).await;
    // A container that nobody had thought of.
    let mount = format!("{}:{PLACE}:ro", folder.join("app.cfg").canonicalize().unwrap().display());
    let labels = ["--label=sluicegate.enable=true", "--label=sluicegate.http.shop.path=/"];
    let place = ["--network=sluicegate", "--hostname=app03", "--expose=8080", "--health-interval=1s", "-v"];
    docker
        .cli(&[&["run", "-d", "--name", "app03"], &labels[..], &place, &[&mount, "sluicegate"]].concat())
        .await;
    answered_by(entry, &["app01", "app02", "app03"]).await;
    // Neither plane is root, and the one that clients reach does not see the engine.
    for service in ["control", "proxy"] {
        let filter = format!("label=com.docker.compose.service={service}");
        let id = docker.cli(&["ps", "--quiet", "--filter", &filter]).await;
        let container = Container::of_name(&docker, &id).await;
        let rights = rights(&docker, &container).await;
        assert!(rights.iter().all(|thread| *thread == is(HAPROXY, BIND_SERVICE)), "{service}: {rights:#?}");
        let mounts = inspected(&docker, &container).await["Mounts"].to_string();
        assert_eq!(mounts.contains("docker.sock"), service == "control", "{mounts}");
    }
    // The control plane comes back to the engine as the user that it has become.
    docker.compose(&file, &variables, &["restart", "control"]).await;
    answered_by(entry, &["app01", "app02", "app03"]).await;
    docker.cli(&["rm", "--force", "app03"]).await;
    docker.compose(&file, &variables, &["down", "--volumes"]).await;
}
