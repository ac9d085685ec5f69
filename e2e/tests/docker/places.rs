//! Where a container is, whether it is well, and what it is called.

use std::fs;

use super::*;

#[tokio::test]
async fn the_network_that_is_shared_or_named() {
    let mut docker = Docker::start().await;
    docker.network("front").await;
    docker.network("back").await;
    let (sluicegate, entry) =
        serving(&docker, &["--docker-network", "front", "--docker-network", "bridge"]).await;
    let both = docker.run(labelled("app01").network("back")).await;
    // What there is on both sides is told.
    let status =
        sluicegate.status_where("networks", |status| status.to_string().contains("is in: back")).await;
    assert!(status.to_string().contains("the proxy, which is in: bridge, front"), "{status:#}");
    both.connect(&docker, "front").await;
    answer(entry, "shop.example", |status, text| (status, text) == (200, "app01")).await;
    both.disconnect(&docker, "front").await;
    sluicegate.status_where("networks", |status| status.to_string().contains("is in: back")).await;

    // One that its labels name, by the family that they name.
    let named = Wanted::app("app02")
        .network("front")
        .label("sluicegate.enable", "true")
        .label("sluicegate.http.six.host", "six.example")
        .label("sluicegate.http.six.port", "8080")
        .label("sluicegate.backend.network", "front")
        .label("sluicegate.backend.address", "ipv6");
    let _named = docker.run(named).await;
    answer(entry, "six.example", |status, text| (status, text) == (200, "app02")).await;
    let told = sluicegate.explain_container("app02");
    let address = told["container"]["routes"][0]["address"].as_str().unwrap();
    assert!(address.starts_with("[fd29:"), "{told:#}");
}

#[tokio::test]
async fn one_in_the_network_of_the_host_is_reached_there() {
    let docker = Docker::start().await;
    let (_sluicegate, entry) = serving(&docker, &[]).await;
    let port = free_port().to_string();
    let on_host = Wanted::app("app01")
        .network("host")
        .env("NAME", "on the host")
        .env("PORT", &port)
        .label("sluicegate.enable", "true")
        .label("sluicegate.http.shop.host", "shop.example")
        .label("sluicegate.http.shop.port", &port);
    let _on_host = docker.run(on_host).await;
    answer(entry, "shop.example", |status, text| (status, text) == (200, "on the host")).await;
}

#[tokio::test]
async fn one_that_finds_itself_ill_gets_nothing_until_it_is_well() {
    let docker = Docker::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (sluicegate, entry) = serving(&docker, &[]).await;
    let mount = format!("{}:/state", folder.path().display());
    let checked = labelled("app01").bind(&mount).health(&["/app", "exists", "/state/well"]);
    let _app01 = docker.run(checked).await;
    let state = |wanted: &'static str| {
        let told = sluicegate.explain_container("app01");
        told["container"]["state"] == wanted
    };
    let is = async |wanted: &'static str| {
        let begin = Instant::now();
        while !state(wanted) {
            assert!(begin.elapsed() < PATIENCE, "waited for {wanted}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    is("unhealthy").await;
    answer(entry, "shop.example", |status, _| status == 503).await;
    fs::write(folder.path().join("well"), "").unwrap();
    answer(entry, "shop.example", |status, text| (status, text) == (200, "app01")).await;
    is("running").await;
    fs::remove_file(folder.path().join("well")).unwrap();
    is("unhealthy").await;
    answer(entry, "shop.example", |status, _| status == 503).await;
}

#[tokio::test]
async fn one_that_is_renamed_is_served_all_the_same() {
    let docker = Docker::start().await;
    let (sluicegate, entry) = serving(&docker, &[]).await;
    let app01 = docker.run(labelled("app01")).await;
    answer(entry, "shop.example", |status, _| status == 200).await;
    app01.rename(&docker, "app02").await;
    let begin = Instant::now();
    while sluicegate.explain_container("app02")["container"].is_null() {
        assert!(begin.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(answer(entry, "shop.example", |_, _| true).await, (200, "app01".to_owned()));
}
