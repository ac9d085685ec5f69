//! Checks of servers of gRPC, from both configuration languages.

use std::fs;
use std::net::SocketAddr;

use sluicegate_e2e::{Process, Sluicegate, free_address};

use super::service::{Health, Server};
use super::{Client, before};

/// Two servers, the first of which takes all while it is well.
async fn servers() -> (Server, Server, SocketAddr) {
    let servers = (Server::start("a").await, Server::start("b").await);
    for server in [&servers.0, &servers.1] {
        server.tell("shop", Some(Health::Serving));
    }
    (servers.0, servers.1, free_address())
}

async fn who(entry: SocketAddr) -> String {
    Client::open(entry).await.unary("Name", "").await.unwrap().into_inner()
}

/// What the first server tells of the service, what becomes of it, and who takes calls then.
async fn goes_and_comes(process: &mut Process, first: &mut Server, entry: SocketAddr) {
    assert_eq!(who(entry).await, "a");
    first.tell("shop", Some(Health::NotServing));
    process.wait_for("is DOWN, reason: Layer7 wrong status, code: 0, info: \"NOT_SERVING\"").await;
    assert_eq!(who(entry).await, "b");
    first.tell("shop", Some(Health::Serving));
    process.wait_for("is UP, reason: Layer7 check passed, code: 0").await;
    assert_eq!(who(entry).await, "a");
    first.tell("shop", None);
    process.wait_for("is DOWN, reason: Layer7 wrong status, code: 5, info: \"NOT_FOUND: no \"shop\"\"").await;
    first.tell("shop", Some(Health::Serving));
    process.wait_for("is UP").await;
    first.die();
    process.wait_for("is DOWN, reason: Layer4 connection problem, info: \"Connection refused\"").await;
    assert_eq!(who(entry).await, "b");
}

#[tokio::test]
async fn servers_say_whether_they_serve() {
    let (mut first, second, entry) = servers().await;
    let lines = "    balance first\n    option grpc-check service shop\n    \
                 default-server check inter 500ms fastinter 100ms rise 1 fall 1\n";
    let mut sluicegate = Sluicegate::run(&before(&entry.to_string(), &[&first, &second], lines)).await;
    goes_and_comes(sluicegate.process(), &mut first, entry).await;
}

#[tokio::test]
async fn manifests_ask_for_it_too() {
    let (mut first, second, entry) = servers().await;
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!(
        "apiVersion: sluicegate.dev/v1alpha1\nkind: Frontend\nmetadata: {{ name: web }}\nspec:\n  \
         listen: ['{entry}']\n  defaultBackend: all\n---\napiVersion: sluicegate.dev/v1alpha1\nkind: Backend\n\
         metadata: {{ name: all }}\nspec:\n  \
         check: {{ grpc: {{ service: shop }}, interval: 300ms, rise: 1, fall: 1 }}\n  endpoints:\n  \
         - {{ name: a, address: '{}', protocol: http2 }}\n  - {{ name: b, address: '{}', protocol: http2, backup: true }}\n",
        first.address(),
        second.address()
    );
    fs::write(folder.path().join("site.yaml"), manifest).unwrap();
    let mut sluicegate = Sluicegate::program("sluicegate", "", &["run", folder.path().to_str().unwrap()]);
    sluicegate.committed().await;
    goes_and_comes(sluicegate.process(), &mut first, entry).await;
}
