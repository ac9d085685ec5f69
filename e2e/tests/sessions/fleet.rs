//! More than one proxy of a control plane: sessions are named with their own.

use super::*;

#[tokio::test]
async fn sessions_of_several_proxies_are_told_apart() {
    let stage = Stage::start().await;
    let ((_folder, console, line), ports) = (socket(), Ports::free());
    let control = Sluicegate::control(&stage.configuration(&line, &ports, free_address())).await;
    let mut one = Sluicegate::proxy_with(control.address(), &["--id", "edge-1"]);
    one.committed().await;
    let mut raw = Connection::open(ports.tcp).await.unwrap();
    raw.echo(b"x").await.unwrap();
    let listed = async || sessions(&ask(&console, "show sess\n").await).next().map(|(name, _)| name);
    let alone = until(listed).await;
    assert!(!alone.contains('@'), "{alone}");
    // Another one on this host finds its ports taken: it stays connected, and serves nothing.
    let _two = Sluicegate::proxy_with(control.address(), &["--id", "edge-2"]);
    let named = until(async || listed().await.filter(|name| name.contains('@'))).await;
    assert_eq!(named, format!("{alone}@edge-1"));
    let said = ask(&console, format!("shutdown session {alone}\n")).await;
    assert_eq!(said, format!("Several proxies are connected: say which, as in {alone}@edge-1.\n\n"));
    let said = ask(&console, format!("shutdown session {alone}@edge-9\n")).await;
    assert_eq!(said, "No proxy 'edge-9' is connected.\n\n");
    let said = ask(&console, format!("shutdown session {alone}@edge-2\n")).await;
    assert_eq!(said, "No such session (use 'show sess').\n\n");
    raw.echo(b"still here").await.unwrap();
    let detail = ask(&console, format!("show sess {named}\n")).await;
    assert!(detail.starts_with(&format!("{named}: [")), "{detail}");
    assert_eq!(ask(&console, format!("shutdown session {named}\n")).await, "\n");
    assert_eq!(raw.read_to_end().await.unwrap(), b"");
    assert_eq!(ask(&console, format!("show sess {named}\n")).await, "Session not found.\n\n");
}
