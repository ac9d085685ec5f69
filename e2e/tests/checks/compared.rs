//! The same checks of the same servers by ours and by HAProxy: equal states, results, codes and words, and equal bytes.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use sluicegate_e2e::{Haproxy, PATIENCE, Scripted, Sluicegate};
use tokio::time::{Instant, sleep};

use super::table::{Case, cases};
use super::{console, servers};

/// How often statistics are looked at: they are not told of.
const LOOK: Duration = Duration::from_millis(40);

const DEFAULTS: &str = "defaults
    mode tcp
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    default-server inter 1500ms downinter 3s rise 1 fall 1
";

/// A backend for each case, each in front of a server of its own.
async fn site(cases: &[&Case]) -> (String, Vec<Scripted>) {
    let (mut text, mut all) = (DEFAULTS.to_owned(), Vec::new());
    for Case { name, lines, does, options, .. } in cases {
        let server = Scripted::start(does).await;
        let port = server.address().port().to_string();
        text.push_str(&format!("backend {name}\n"));
        for line in *lines {
            text.push_str(&format!("    {}\n", line.replace("PORT", &port)));
        }
        text.push_str(&format!("    server s {} check {options}\n", server.address()));
        all.push(server);
    }
    (text, all)
}

/// What is told of each server once its first probe is over.
pub(crate) async fn verdicts(console: &Path, count: usize) -> BTreeMap<String, String> {
    let began = Instant::now();
    let mut found = BTreeMap::new();
    while found.len() < count {
        assert!(began.elapsed() < PATIENCE, "there are {} of {count} verdicts", found.len());
        for (name, row) in servers(console).await {
            let (word, words) = (&row["check_status"], &row["last_chk"]);
            // A star is a probe under way: what is told of the one before it is not whole then.
            if !word.is_empty() && word != "INI" && !word.starts_with('*') {
                let verdict = format!("{} {word}/{} {words}", row["status"], row["check_code"]);
                found.entry(name).or_insert(verdict);
            }
        }
        sleep(LOOK).await;
    }
    found
}

#[tokio::test]
async fn servers_are_judged_as_haproxy_judges_them() {
    let cases = cases();
    let (ours, our_console, our_line) = console();
    let (theirs, their_console, their_line) = console();
    // Each has servers of its own, so that both are heard apart.
    let (our_text, our_servers) = site(&cases).await;
    let (their_text, their_servers) = site(&cases).await;
    let mut sluicegate = Sluicegate::run(&format!("{our_line}{our_text}")).await;
    sluicegate.process().wait_for("the console listens on").await;
    let haproxy = Haproxy::run(&format!("{their_line}{their_text}")).await;
    let (found, wanted) = {
        let count = cases.len();
        tokio::join!(verdicts(&our_console, count), verdicts(&their_console, count))
    };
    let mut differences = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let name = format!("{}/s", case.name);
        let without_port =
            |text: &str, server: &Scripted| text.replace(&server.address().port().to_string(), "PORT");
        let ours = without_port(&found[&name], &our_servers[index]);
        let theirs = without_port(&wanted[&name], &their_servers[index]);
        if ours != theirs {
            differences.push(format!("{}: ours {ours:?}, HAProxy {theirs:?}", case.name));
        }
        if case.same_bytes {
            let first = |server: &Scripted| server.heard().into_iter().next().unwrap_or_default();
            let (ours, theirs) = (first(&our_servers[index]), first(&their_servers[index]));
            if masked(&ours) != masked(&theirs) {
                let [ours, theirs] = [ours, theirs].map(|bytes| bytes.escape_ascii().to_string());
                differences.push(format!("{}: ours sent {ours}, HAProxy {theirs}", case.name));
            }
        }
    }
    drop((sluicegate, haproxy, ours, theirs));
    assert!(differences.is_empty(), "{} of {}:\n{}", differences.len(), cases.len(), differences.join("\n"));
}

/// Without the time in a hello of SSLv3, and without the port in a PROXY line.
fn masked(bytes: &[u8]) -> Vec<u8> {
    if bytes.starts_with(b"PROXY ") {
        return bytes.split(|&byte| byte == b'\n').skip(1).collect::<Vec<_>>().concat();
    }
    let mut bytes = bytes.to_vec();
    if bytes.starts_with(b"\x16\x03\x00")
        && let Some(time) = bytes.get_mut(11..15)
    {
        time.fill(0);
    }
    bytes
}
