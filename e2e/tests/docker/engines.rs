//! Engines behind TLS, and managers of a swarm.

use std::fs;

use serde_json::{Value, json};

use super::client::Authority;
use super::*;

#[tokio::test]
async fn an_engine_behind_tls_is_asked_by_whom_it_trusts() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let authority = Authority::new("engine");
    let (server, client) = (authority.sign(&["127.0.0.1"]), authority.sign(&["sluicegate"]));
    for (name, content) in [
        ("ca.pem", &authority.pem),
        ("server.pem", &server.certificate),
        ("server.key", &server.key),
        ("cert.pem", &client.certificate),
        ("key.pem", &client.key),
    ] {
        fs::write(path(name), content).unwrap();
    }
    let tcp = format!("tcp://127.0.0.1:{}", free_port());
    let docker = Docker::start_with(&[
        &format!("--host={tcp}"),
        "--tlsverify",
        &format!("--tlscacert={}", path("ca.pem")),
        &format!("--tlscert={}", path("server.pem")),
        &format!("--tlskey={}", path("server.key")),
    ])
    .await;
    let _app01 = docker.run(labelled("app01")).await;
    let entry = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let entrypoint = format!("web={entry}");
    let engine = format!("--docker={tcp}");
    let secure = ["run", &engine, "--docker-tls", &path("."), "--entrypoint", &entrypoint];
    let mut sluicegate = Sluicegate::program("sluicegate", "", &secure);
    sluicegate.committed().await;
    answer(entry, "shop.example", |status, text| (status, text) == (200, "app01")).await;

    // One that nobody signed for is not let in, and says so.
    fs::remove_file(path("cert.pem")).unwrap();
    let entrypoint = format!("web=:{}", free_port());
    let stranger = ["run", &engine, "--docker-tls", &path("."), "--entrypoint", &entrypoint];
    let mut stranger = Sluicegate::program("sluicegate", "", &stranger);
    stranger.process().wait_for("the Docker engine is away").await;
}

#[tokio::test]
async fn services_of_a_swarm_are_served_by_their_tasks() {
    let docker = Docker::start().await;
    let swarm = json!({ "ListenAddr": format!("127.0.0.1:{}", free_port()), "AdvertiseAddr": "127.0.0.1" });
    docker.call_json("POST", "/swarm/init", &swarm).await;
    let (sluicegate, entry) = serving(&docker, &[]).await;
    let service = |replicas: u32| {
        json!({
            "Name": "shop",
            "Labels": {
                "sluicegate.enable": "true",
                "sluicegate.http.shop.host": "shop.example",
                "sluicegate.http.shop.port": "8080",
            },
            "TaskTemplate": {
                "ContainerSpec": { "Image": "app", "StopGracePeriod": 0 },
                "Networks": [{ "Target": "bridge" }],
            },
            "Mode": { "Replicated": { "Replicas": replicas } },
        })
    };
    let served = async |replicas: usize| {
        let is =
            |status: &Value| status.to_string().matches("docker/endpoint/shop/shop.").count() == replicas;
        sluicegate.status_where(&format!("{replicas} tasks"), is).await
    };
    let made = docker.call_json("POST", "/services/create", &service(2)).await;
    served(2).await;
    answer(entry, "shop.example", |status, _| status == 200).await;
    let id = made["ID"].as_str().unwrap();
    let now = docker.call_json("GET", &format!("/services/{id}"), &Value::Null).await;
    let version = &now["Version"]["Index"];
    docker.call_json("POST", &format!("/services/{id}/update?version={version}"), &service(1)).await;
    served(1).await;
    answer(entry, "shop.example", |status, _| status == 200).await;
    docker.call_json("DELETE", &format!("/services/{id}"), &Value::Null).await;
    served(0).await;
}
