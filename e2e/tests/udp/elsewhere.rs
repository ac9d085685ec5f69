//! Said in a manifest, and over IPv6.

use std::net::{Ipv6Addr, SocketAddr};

use sluicegate_e2e::{Sluicegate, Syslog, free_address, free_port};

use super::{DEFAULTS, Peer};

/// An address of `::1` that nobody has.
fn free_v6() -> SocketAddr {
    (Ipv6Addr::LOCALHOST, free_port()).into()
}

async fn peer_v6() -> Peer {
    Peer::at((Ipv6Addr::LOCALHOST, 0).into()).await
}

#[tokio::test]
async fn manifests_say_what_files_of_haproxy_say() {
    let (one, two, entry) = (Peer::start().await, Peer::start().await, free_address());
    let (of_one, of_two) = (one.address(), two.address());
    let manifest = format!(
        "apiVersion: sluicegate.dev/v1alpha1\nkind: Frontend\nmetadata: {{ name: names }}\nspec:\n  \
         listen: ['{entry}']\n  mode: udp\n  timeouts: {{ client: 20s }}\n  defaultBackend: resolvers\n\
         ---\napiVersion: sluicegate.dev/v1alpha1\nkind: Backend\nmetadata: {{ name: resolvers }}\nspec:\n  mode: udp\n  \
         check: {{ send: ping, expect: ping, interval: 100ms, fall: 1, rise: 1 }}\n  endpoints:\n    \
         - {{ name: one, address: '{of_one}' }}\n    - {{ name: two, address: '{of_two}' }}\n"
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("names.yaml"), manifest).unwrap();
    let (one, _two) = (one.echo("one"), two.echo("two"));
    let mut sluicegate = Sluicegate::program("sluicegate", "", &["run", folder.path().to_str().unwrap()]);
    sluicegate.committed().await;
    let client = Peer::start().await;
    let first = client.ask("a", entry).await;
    assert_eq!(client.ask("a", entry).await, first, "a session stays with its server");
    let other = Peer::start().await.ask("a", entry).await;
    let mut both = [first, other];
    both.sort();
    assert_eq!(both, ["one a", "two a"], "sessions take turns");
    one.abort();
    sluicegate.process().said("Server resolvers/one is DOWN").await;
    for text in ["b", "c"] {
        assert_eq!(Peer::start().await.ask(text, entry).await, format!("two {text}"));
    }
}

#[tokio::test]
async fn both_sides_speak_ipv6() {
    let (server, entry, mut log) = (peer_v6().await, free_v6(), Syslog::udp().await);
    let at = server.address();
    let _server = server.echo("six");
    let _sluicegate = Sluicegate::run(&format!(
        "{DEFAULTS}listen main\n    bind {entry}\n    log {} local0\n    timeout client 200ms\n    \
         log-format \"%ci %cp %si %sp\"\n    server one {at}\n",
        log.address()
    ))
    .await;
    let client = peer_v6().await;
    assert_eq!(client.ask("a", entry).await, "six a");
    client.send("b", entry).await;
    assert_eq!(client.hear().await, ("six b".to_owned(), entry), "it comes from where it was asked");
    let line = log.line().await;
    assert!(line.ends_with(&format!("::1 {} ::1 {}", client.address().port(), at.port())), "{line}");
}

/// A wildcard takes both families, and answers each from the address that was asked.
#[tokio::test]
async fn a_wildcard_answers_both_families() {
    let (server, port) = (Peer::start().await, free_port());
    let at = server.address();
    let _server = server.echo("both");
    let _sluicegate =
        Sluicegate::run(&format!("{DEFAULTS}listen main\n    bind :::{port} v4v6\n    server one {at}\n"))
            .await;
    let (six, four): (SocketAddr, SocketAddr) =
        ((Ipv6Addr::LOCALHOST, port).into(), ([127, 0, 0, 2], port).into());
    for (client, entry) in [(peer_v6().await, six), (Peer::start().await, four)] {
        client.send("a", entry).await;
        assert_eq!(client.hear().await, ("both a".to_owned(), entry));
    }
}
