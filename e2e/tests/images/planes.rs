//! The image of the proxy, with its control plane in a container beside it.

use super::*;

/// Where both meet, on a volume.
const SOCKET: &str = "unix:/run/sluicegate/control.sock";

#[tokio::test]
async fn a_proxy_is_healthy_once_it_serves() {
    let docker = Docker::start().await;
    docker.build("sluicegate").await;
    docker.build("sluicegate-proxy").await;
    // Docker knows no health sooner than its interval.
    let soon = ["--health-interval=1s", "--health-start-period=0s", "--health-retries=1"];
    let volume = ["-v", "control:/run/sluicegate", "-e"];
    let control = format!("SLUICEGATE_CONTROL={SOCKET}");
    let proxy = [&["run", "-d", "--name", "proxy"], &soon[..], &volume, &[&control, "sluicegate-proxy"]];
    docker.cli(&proxy.concat()).await;
    let proxy = Container::of_name(&docker, "proxy").await;
    proxy.wait_for_health(&docker, "unhealthy").await;
    let (_file, mount) = mounted(&answering("*:80"));
    let volume = ["-v", "control:/run/sluicegate", "-v", &mount, "--network", "none"];
    let command = ["sluicegate", "sluicegate", "control", PLACE, "--listen", SOCKET];
    docker.cli(&[&["run", "-d", "--name", "control"], &soon[..], &volume, &command].concat()).await;
    let control = Container::of_name(&docker, "control").await;
    control.wait_for(&docker, &format!("listening on {SOCKET}")).await;
    // It would come by itself, after as long as it had been in vain before.
    docker.cli(&["restart", "--time", "60", "proxy"]).await;
    let proxy = Container::of_name(&docker, "proxy").await;
    proxy.wait_for(&docker, "serving generation").await;
    assert_eq!(fetch(proxy.address(80), "/").await.unwrap().status(), 200);
    for container in [&proxy, &control] {
        container.wait_for_health(&docker, "healthy").await;
        let rights = rights(&docker, container).await;
        assert!(rights.iter().all(|thread| *thread == is(HAPROXY, BIND_SERVICE)), "{rights:#?}");
    }
    // The control plane goes at once, the proxy serves on without it, and goes when it is told to.
    docker.cli(&["stop", "--time", "60", "control"]).await;
    assert_eq!(control.wait(&docker).await, 0, "{}", control.logs(&docker).await);
    assert_eq!(fetch(proxy.address(80), "/").await.unwrap().status(), 200);
    docker.cli(&["exec", "proxy", "sluicegate-proxy", "healthcheck"]).await;
    docker.cli(&["stop", "--time", "60", "proxy"]).await;
    assert_eq!(proxy.wait(&docker).await, 0, "{}", proxy.logs(&docker).await);
}

#[tokio::test]
async fn a_proxy_without_a_control_plane_says_what_it_wants() {
    let docker = Docker::start().await;
    docker.build("sluicegate-proxy").await;
    let said = docker.try_cli(&["run", "--rm", "sluicegate-proxy"]).await;
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("--control"), "{said:?}");
}
