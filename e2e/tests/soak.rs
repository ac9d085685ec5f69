//! Two minutes of everything at once: load, edits, servers that die, a control plane that is killed.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use sluicegate_e2e::{HTTP_DEFAULTS, Origin, Plan, Sluicegate, free_address};

const TIME: Duration = Duration::from_secs(120);
/// What a proxy may grow by once it is warm: nothing is kept for edits, deaths and sessions that are over.
const GROWTH_BYTES: u64 = 32 << 20;

fn configuration(entry: SocketAddr, round: u64, servers: &[&Origin]) -> String {
    let mut text = format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    http-response set-header X-Round {round}\n    \
         default_backend app\nbackend app\n    balance roundrobin\n    retries 3\n    option redispatch 1\n"
    );
    for server in servers {
        text +=
            &format!("    server {} {} check inter 50ms fall 2 rise 1\n", server.name(), server.address());
    }
    text
}

async fn control(file: &Path, socket: &Path) -> Sluicegate {
    let (file, listen) = (file.display().to_string(), format!("unix:{}", socket.display()));
    let mut control = Sluicegate::program("sluicegate", "", &["control", &file, "--listen", &listen]);
    control.process().wait_for("published generation").await;
    control
}

fn write(file: &Path, text: &str) {
    let fresh = file.with_extension("new");
    fs::write(&fresh, text).unwrap();
    fs::rename(fresh, file).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes two minutes"]
async fn nothing_fails_and_nothing_grows() {
    let folder = tempfile::tempdir().unwrap();
    let (file, socket) = (folder.path().join("haproxy.cfg"), folder.path().join("control.sock"));
    let stays = Origin::start("stays").await;
    let (mut dies, mut comes) = (Origin::start("dies").await, Origin::start("comes").await);
    let entry = free_address();
    write(&file, &configuration(entry, 0, &[&stays, &dies]));
    let mut plane = control(&file, &socket).await;
    let address = format!("unix:{}", socket.display());
    let mut proxy = Sluicegate::program("sluicegate-proxy", "", &["--control", &address]);
    proxy.committed().await;
    let kept = Plan::new(entry).connections(8).pause(Duration::from_millis(2)).start();
    let fresh = Plan::new(entry).fresh_connections().connections(4).pause(Duration::from_millis(5)).start();
    let (begin, mut round, mut warm) = (Instant::now(), 0, None);
    while begin.elapsed() < TIME {
        round += 1;
        match round % 10 {
            3 => dies.kill().await,
            5 => dies.revive().await,
            6 => comes.kill().await,
            8 => comes.revive().await,
            9 => {
                plane.process().kill().await;
                kept.advance(50).await;
                plane = control(&file, &socket).await;
            }
            _ => {}
        }
        let servers: &[&Origin] = match round % 3 {
            0 => &[&stays, &dies],
            1 => &[&dies, &stays, &comes],
            _ => &[&comes, &stays],
        };
        write(&file, &configuration(entry, round, servers));
        proxy.committed().await;
        kept.advance(50).await;
        if begin.elapsed() > TIME / 4 && warm.is_none() {
            warm = Some(proxy.process().resident_bytes());
        }
    }
    let (kept, fresh) = (kept.stop().await, fresh.stop().await);
    assert_eq!((kept.failed(), kept.closed, kept.connects), (0, 0, 8), "after {round} rounds: {kept}");
    assert_eq!(fresh.failed(), 0, "after {round} rounds: {fresh}");
    let grown = proxy.process().resident_bytes().saturating_sub(warm.unwrap_or_default());
    println!("{round} rounds; kept: {kept}; fresh: {fresh}; grown by {} KiB", grown >> 10);
    assert!(grown < GROWTH_BYTES, "{grown} bytes in {round} rounds");
}
