//! The images, built by their Dockerfiles and run by a real engine as people run them.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "images/compose.rs"]
mod compose;
#[path = "images/life.rs"]
mod life;
#[path = "images/planes.rs"]
mod planes;

use std::fs;

use serde_json::Value;
use sluicegate_e2e::docker::{Container, Wanted};
use sluicegate_e2e::{Docker, HTTP_DEFAULTS, example, fetch};
use tempfile::NamedTempFile;

/// Where the image expects it.
const PLACE: &str = "/usr/local/etc/haproxy/haproxy.cfg";
/// What the image's user `haproxy` has for a number.
const HAPROXY: u32 = 99;
/// CAP_NET_BIND_SERVICE, the tenth, as proc(5) writes it.
const BIND_SERVICE: &str = "0000000000000400";
/// What an image that ships may have.
const MOST_BYTES: u64 = 25_000_000;

/// A file on the host, and how it is mounted: `docker run -v FILE:PLACE:ro`.
fn mounted(configuration: &str) -> (NamedTempFile, String) {
    use std::os::unix::fs::PermissionsExt as _;
    let file = NamedTempFile::new().unwrap();
    fs::write(&file, configuration).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let mount = format!("{}:{PLACE}:ro", file.path().display());
    (file, mount)
}

/// One that answers by itself, and asks for what files of distributions ask for.
fn answering(bind: &str) -> String {
    format!(
        "global\n    daemon\n    pidfile /var/run/haproxy.pid\n    stats socket /var/lib/haproxy/stats\n\
         {HTTP_DEFAULTS}frontend main\n    bind {bind}\n    http-request return status 200\n"
    )
}

async fn inspected(docker: &Docker, container: &Container) -> Value {
    docker.call_json("GET", &format!("/containers/{}/json", container.id()), &Value::Null).await
}

/// The container's own process, below `docker-init` where that is there.
async fn process(docker: &Docker, container: &Container) -> u64 {
    let state = inspected(docker, container).await;
    let first = state["State"]["Pid"].as_u64().expect("the container runs");
    let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap();
    children.split_whitespace().next().map_or(first, |child| child.parse().unwrap())
}

/// What the kernel says of every thread of it: user, group and the capabilities that it has.
async fn rights(docker: &Docker, container: &Container) -> Vec<[String; 3]> {
    let pid = process(docker, container).await;
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads
        .map(|thread| {
            let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
            ["Uid:", "Gid:", "CapEff:"].map(|name| {
                let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
                line.split_whitespace().collect::<Vec<_>>().join(" ")
            })
        })
        .collect()
}

fn is(user: u32, capabilities: &str) -> [String; 3] {
    let number = user.to_string();
    let all = [number.as_str(); 4].join(" ");
    [all.clone(), all, capabilities.to_owned()]
}

#[tokio::test]
async fn the_example_balances_over_two_containers() {
    let docker = Docker::start().await;
    docker.build("sluicegate").await;
    let (app01, app02) =
        (docker.run(Wanted::app("tomcat01")).await, docker.run(Wanted::app("tomcat02")).await);
    let files = docker.run(Wanted::app("static")).await;
    let global = "    log         127.0.0.1 local2\n    chroot      /var/lib/haproxy\n    \
                  pidfile     /var/run/haproxy.pid\n    user        haproxy\n    group       haproxy\n    daemon\n    \
                  stats socket /var/lib/haproxy/stats";
    let apps = [("tomcat01", &app01.address(8080) as _), ("tomcat02", &app02.address(8080) as _)];
    let (_file, mount) = mounted(&example(global, "*:80", files.address(8080), apps));
    docker.cli(&["run", "-d", "--name", "entry", "-v", &mount, "sluicegate"]).await;
    let entry = Container::of_name(&docker, "entry").await;
    entry.wait_for(&docker, "root's rights are let go of").await;
    let address = entry.address(80);
    for turn in 0..20 {
        let expected = if turn % 2 == 0 { "tomcat01" } else { "tomcat02" };
        let answer = fetch(address, "/").await.unwrap();
        assert_eq!((answer.status(), answer.text().as_str()), (200, expected), "turn {turn}");
    }
    assert_eq!(fetch(address, "/Images/logo").await.unwrap().text(), "static");
    // It stays in the foreground, and says so.
    assert!(entry.logs(&docker).await.contains("`daemon` has no effect"));
    let rights = rights(&docker, &entry).await;
    assert!(rights.len() > 3, "{rights:?}");
    assert!(rights.iter().all(|thread| *thread == is(HAPROXY, BIND_SERVICE)), "{rights:#?}");
    // What is known of it is asked within it.
    let status = docker.cli(&["exec", "entry", "sluicegate", "status"]).await;
    assert!(status.contains("tomcat02"), "{status}");
    docker.cli(&["stop", "--time", "60", "entry"]).await;
    assert_eq!(entry.wait(&docker).await, 0, "{}", entry.logs(&docker).await);
}

/// Of what ships: programs are larger where crates are not optimised together.
#[tokio::test]
#[ignore = "wants images of e2e/images --dist, which e2e/run --all makes"]
async fn images_are_small() {
    let docker = Docker::start().await;
    for image in ["sluicegate", "sluicegate-proxy"] {
        docker.build(image).await;
        let size = docker.cli(&["image", "inspect", "--format", "{{.Size}}", image]).await;
        let bytes: u64 = size.parse().expect("the engine says a number");
        assert!(bytes < MOST_BYTES, "{image}: {bytes} bytes; is it one of e2e/images --dist?");
    }
}

#[tokio::test]
async fn what_is_wrong_is_in_the_logs() {
    let docker = Docker::start().await;
    docker.build("sluicegate").await;
    let (_broken, broken) = mounted("frontend main\n    bind *:80\n    bakcend app\n");
    for (name, mount, told) in
        [("broken", Some(&broken), format!("{PLACE}:3")), ("missing", None, format!("{PLACE}: "))]
    {
        let mount: Vec<&str> = mount.iter().flat_map(|mount| ["-v", mount.as_str()]).collect();
        docker.cli(&[&["run", "-d", "--name", name], &mount[..], &["sluicegate"]].concat()).await;
        let container = Container::of_name(&docker, name).await;
        assert_eq!(container.wait(&docker).await, 1);
        let logs = container.logs(&docker).await;
        assert!(logs.contains(&told), "{logs}");
    }
    let (_good, good) = mounted(&answering("*:80"));
    for (mount, command, code, told) in [
        (&good, &["haproxy", "-c", "-f", PLACE][..], 0, "Configuration file is valid"),
        (&good, &["sluicegate", "check", PLACE], 0, ""),
        (&broken, &["haproxy", "-c", "-f", PLACE], 1, "bakcend"),
        (&broken, &["sluicegate", "run", PLACE], 1, "bakcend"),
    ] {
        let said = docker.try_cli(&[&["run", "--rm", "-v", mount, "sluicegate"], command].concat()).await;
        assert_eq!(said.code, Some(code), "{command:?}: {said:?}");
        assert!(format!("{}{}", said.out, said.err).contains(told), "{command:?}: {said:?}");
    }
}
