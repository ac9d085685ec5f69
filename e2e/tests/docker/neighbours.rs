//! Containers that speak to other programs, and move in as they are.

use super::*;

/// A container for each program, with something that has no counterpart here.
async fn neighbours(docker: &Docker) {
    let router = |setting: &str| format!("traefik.http.routers.shop.{setting}");
    let traefik = Wanted::app("of-traefik")
        .label("traefik.enable", "true")
        .label(&router("rule"), "Host(`traefik.example`) && !(PathPrefix(`/private`) || Method(`DELETE`))")
        .label(&router("entrypoints"), "web")
        .label(&router("middlewares"), "tag, limit")
        .label("traefik.http.services.shop.loadbalancer.server.port", "8080")
        .label("traefik.http.middlewares.limit.ratelimit.average", "100")
        .label("traefik.http.routers.admin.rule", "Host(`traefik.example`) && PathPrefix(`/private`)")
        .label("traefik.http.routers.admin.middlewares", "users")
        .label("traefik.http.middlewares.users.basicauth.users", "admin:$apr1$secret");
    // What one defines others use.
    let library = Wanted::app("library")
        .label("traefik.http.middlewares.tag.headers.customresponseheaders.X-Tag", "50% \"of\" it");
    let nginx = Wanted::app("of-nginx-proxy")
        .env("VIRTUAL_HOST", "nginx.example,www.nginx.example")
        .env("VIRTUAL_PORT", "8080")
        .env("LETSENCRYPT_HOST", "nginx.example");
    let caddy = Wanted::app("of-caddy")
        .label("caddy", "caddy.example")
        .label("caddy.header.X-Caddy", "yes")
        .label("caddy.tls", "internal")
        .label("caddy.0_redir", "/old* https://new.example{uri} permanent")
        .label("caddy.1_reverse_proxy", "{{upstreams 8080}}");
    let flow = Wanted::app("of-flow-proxy")
        .label("com.df.notify", "true")
        .label("com.df.serviceDomain", "flow.example")
        .label("com.df.servicePath", "/")
        .label("com.df.port", "8080")
        .label("com.df.aclName", "05-flow");
    for wanted in [library, traefik, nginx, caddy, flow] {
        docker.run(wanted).await;
    }
}

#[tokio::test]
async fn containers_of_other_programs_are_served_by_what_they_say_to_those() {
    let docker = Docker::start().await;
    let (_plain, without) = serving(&docker, &[]).await;
    let programs = ["--docker-labels", "traefik,nginx-proxy", "--docker-labels", "caddy,flow-proxy"];
    let (sluicegate, entry) = serving(&docker, &programs).await;
    neighbours(&docker).await;
    let hosts = [
        ("traefik.example", "of-traefik"),
        ("nginx.example", "of-nginx-proxy"),
        ("www.nginx.example", "of-nginx-proxy"),
        ("caddy.example", "of-caddy"),
        ("flow.example", "of-flow-proxy"),
    ];
    for (host, name) in hosts {
        answer(entry, host, |status, text| (status, text) == (200, name)).await;
    }
    let mut client = Connection::open(entry).await.unwrap();
    let tagged = client.get("traefik.example", "/").await.unwrap();
    assert_eq!(tagged.header("x-tag"), Some("50% \"of\" it"));
    // Nobody is let in where nobody can be told from others.
    assert_eq!(client.get("traefik.example", "/private/x").await.unwrap().status(), 403);
    let mut client = Connection::open(entry).await.unwrap();
    assert_eq!(client.get("caddy.example", "/").await.unwrap().header("x-caddy"), Some("yes"));
    let moved = client.get("caddy.example", "/old?a=b").await.unwrap();
    assert_eq!((moved.status(), moved.header("location")), (301, Some("https://new.example/old?a=b")));

    for told in [
        "container 'of-traefik': 'traefik.http.middlewares.limit.ratelimit.average=100': requests of a source are not counted",
        "container 'of-traefik': 'traefik.http.middlewares.users.basicauth.users': there are no users yet",
        "container 'of-nginx-proxy': 'LETSENCRYPT_HOST=nginx.example': certificates are not fetched",
        "container 'of-caddy': 'caddy.tls=internal': certificates are not fetched",
        "container 'of-flow-proxy': 'com.df.aclName=05-flow': the longer path is asked for first",
    ] {
        let status = sluicegate.status_where(told, |status| status.to_string().contains(told)).await;
        assert!(!status.to_string().contains("secret"), "{status:#}");
    }
    // None of it is read where it is not asked for.
    for (host, _) in hosts {
        answer(without, host, |status, _| status == 503).await;
    }
}
