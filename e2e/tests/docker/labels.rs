//! What labels say, and what is told of those that say it wrong.

use super::*;

#[tokio::test]
async fn labels_say_what_a_backend_says() {
    let docker = Docker::start().await;
    let (sluicegate, entry) = serving(&docker, &[]).await;
    let ruled = labelled("app01")
        .label("sluicegate.http.shop.rule", "{ method GET } || { path /always }")
        .label("sluicegate.backend.balance", "leastconn")
        .label("sluicegate.backend.check.path", "/")
        .label("sluicegate.backend.sticky", "true")
        .label("sluicegate.rules.10", "http-response set-header X-Labels yes")
        .label("sluicegate.rules.20", "http-request deny if { path /private }");
    let _app01 = docker.run(ruled).await;
    answer(entry, "shop.example", |status, _| status == 200).await;
    let mut client = Connection::open(entry).await.unwrap();
    let shown = client.get("shop.example", "/").await.unwrap();
    assert_eq!(shown.header("x-labels"), Some("yes"));
    assert!(shown.header("set-cookie").is_some_and(|cookie| cookie.starts_with("SLUICEGATE=")));
    assert_eq!(client.get("shop.example", "/private").await.unwrap().status(), 403);
    let mut client = Connection::open(entry).await.unwrap();
    client.send("POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    assert_eq!(client.response("POST").await.unwrap().status(), 503, "no route takes it");

    // What is wrong is told in the words of its label, and harms no one else.
    let wrong = |name: &str, label: &str, value: &str| {
        Wanted::app(name)
            .label("sluicegate.enable", "true")
            .label(&format!("sluicegate.http.{name}.host"), &format!("{name}.example"))
            .label(&format!("sluicegate.http.{name}.port"), "8080")
            .label(label, value)
    };
    for (name, label, value, told) in [
        ("blog", "sluicegate.backend.balance", "leastcon", "leastcon"),
        ("wiki", "sluicegate.backend.weigth", "3", "sluicegate.backend.weight"),
        ("news", "sluicegate.http.news.port", "http", "is not a port"),
        ("mail", "sluicegate.backend.network", "front", "the container is in: bridge"),
        ("chat", "sluicegate.http.chat.entrypoints", "wbe", "there are: web"),
    ] {
        let _stays = docker.run(wrong(name, label, value)).await;
        let status = sluicegate.status_where(name, |status| status.to_string().contains(told)).await;
        assert!(status.to_string().contains(&format!("container '{name}'")), "{status:#}");
        let explained = sluicegate.explain_container(name);
        let finding = &explained["container"]["findings"][0];
        assert!(finding.to_string().contains(told), "{explained:#}");
    }
    answer(entry, "shop.example", |status, _| status == 200).await;
}
