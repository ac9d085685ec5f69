//! What the console tells of name servers and changes about names, beside Debian's HAProxy.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use sluicegate_e2e::{
    HTTP_DEFAULTS, Haproxy, NameServer, Origin, PATIENCE, Says, Sluicegate, console, fetch, free_address,
    free_port,
};

/// What has no news of its own is looked at again.
const PACE: Duration = Duration::from_millis(30);

/// One of the two programs.
enum Program {
    Ours(Sluicegate),
    Debians { _serves: Haproxy },
}

impl Program {
    async fn run(ours: bool, configuration: &str) -> Self {
        if !ours {
            return Self::Debians { _serves: Haproxy::run(configuration).await };
        }
        let mut program = Sluicegate::run(configuration).await;
        program.process().wait_for("the console listens on").await;
        Self::Ours(program)
    }
}

/// An answer of the console, its counts as whether there are any.
async fn shape(socket: &Path, command: &str) -> String {
    let told = console::ask(socket, command).await;
    let lines = told.lines().map(|line| match line.rsplit_once(' ') {
        Some((name, count)) if line.starts_with("  ") => {
            format!("{name} {}\n", if count == "0" { "0" } else { "some" })
        }
        _ => format!("{line}\n"),
    });
    lines.collect()
}

async fn becomes(socket: &Path, command: &str, wanted: &str) {
    let began = Instant::now();
    loop {
        let found = shape(socket, command).await;
        if found == wanted {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{command} tells\n{found}and not\n{wanted}");
        tokio::time::sleep(PACE).await;
    }
}

fn ip(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, last)
}

#[tokio::test]
async fn name_servers_are_counted_in_haproxys_words() {
    for ours in [true, false] {
        let names = NameServer::start().await;
        names.addresses("app.test", &[ip(2)]);
        names.addresses("empty.test", &[]);
        names.say("refused.test", Says::Code(5));
        names.say("fails.test", Says::Code(2));
        let (_folder, socket, line) = console::socket();
        let servers: String = ["app", "empty", "refused", "fails", "gone"]
            .map(|name| {
                format!("    server {name} {name}.test:80 resolvers ns init-addr none resolve-prefer ipv4\n")
            })
            .concat();
        let _program = Program::run(
            ours,
            &format!(
                "global\n    {line}\n{HTTP_DEFAULTS}resolvers ns\n    nameserver one {}\n    nameserver closed {}\n    \
                 timeout resolve 100ms\n    timeout retry 100ms\nresolvers idle\n    nameserver two {}\n\
                 listen app\n    bind {}\n{servers}",
                names.address(),
                free_address(),
                names.address(),
                free_address(),
            ),
        )
        .await;
        let paragraph = |name: &str, some: &[&str]| {
            let counts = [
                "sent",
                "snd_error",
                "valid",
                "update",
                "cname",
                "cname_error",
                "any_err",
                "nx",
                "timeout",
                "refused",
                "other",
                "invalid",
                "too_big",
                "truncated",
                "outdated",
            ];
            let line = |count: &str| {
                let told = if some.contains(&count) { "some" } else { "0" };
                format!("  {:<12} {told}\n", format!("{count}:"))
            };
            format!(" nameserver {name}:\n{}", counts.map(line).concat())
        };
        let one = ["sent", "valid", "update", "any_err", "nx", "refused", "other"];
        let ns = paragraph("one", &one) + &paragraph("closed", &["sent", "snd_error"]);
        becomes(&socket, "show resolvers ns\n", &format!("Resolvers section ns\n{ns}\n")).await;
        let idle = format!("Resolvers section idle\n{}\n", paragraph("two", &[]));
        becomes(&socket, "show resolvers idle\n", &idle).await;
        let all = console::ask(&socket, "show resolvers\n").await;
        assert!(all.contains("Resolvers section ns\n") && all.contains("Resolvers section idle\n"), "{all}");
        let missing = console::ask(&socket, "show resolvers nope\n").await;
        assert_eq!(missing, "Can't find that resolvers section\n\n", "{ours}");
        let updates = |told: String| told.lines().find(|line| line.contains("update:")).unwrap().to_owned();
        let before = updates(console::ask(&socket, "show resolvers ns\n").await);
        assert_eq!(before, "  update:      1", "{ours}: answers that say the same are no news");
        names.addresses("app.test", &[ip(3)]);
        let began = Instant::now();
        while updates(console::ask(&socket, "show resolvers ns\n").await) != "  update:      2" {
            assert!(began.elapsed() < PATIENCE, "{ours}: another address is news");
            tokio::time::sleep(PACE).await;
        }
        console::ask(&socket, "clear counters all\n").await;
        let after = updates(console::ask(&socket, "show resolvers ns\n").await);
        assert_eq!(after, "  update:      0", "{ours}");
    }
}

#[tokio::test]
async fn servers_get_other_names() {
    let port = free_port();
    let mut origins = Vec::new();
    for last in [2, 3] {
        origins.push(Origin::start_at(&last.to_string(), SocketAddr::from((ip(last), port))).await);
    }
    let mut said = Vec::new();
    for ours in [true, false] {
        let names = NameServer::start().await;
        names.addresses("a.test", &[ip(2)]);
        names.addresses("b.test", &[ip(3)]);
        let (entry, (_folder, socket, line)) = (free_address(), console::socket());
        let configuration = format!(
            "global\n    {line}\n{HTTP_DEFAULTS}    retries 0\nresolvers ns\n    nameserver one {}\n    \
             timeout resolve 100ms\n    timeout retry 100ms\n    hold obsolete 0s\nlisten app\n    bind {entry}\n    \
             server s a.test:{port} resolvers ns init-addr none resolve-prefer ipv4\n    \
             server plain 127.0.0.1:{port} disabled\n    server srv _http._tcp.test resolvers ns init-addr none\n",
            names.address(),
        );
        let mut program = Program::run(ours, &configuration).await;
        let answers = async |wanted: &str| {
            let began = Instant::now();
            loop {
                let answer = fetch(entry, "/").await.unwrap();
                if answer.status() == 200 && answer.text() == wanted {
                    return;
                }
                assert!(began.elapsed() < PATIENCE, "{ours}: {} {}", answer.status(), answer.text());
            }
        };
        answers("2").await;
        let mut told = Vec::new();
        for command in [
            "s fqdn",
            "plain fqdn b.test",
            "srv fqdn b.test",
            "none fqdn b.test",
            "s fqdn a..test",
            "s fqdn a.test",
            "s fqdn b.test",
        ] {
            told.push(console::ask(&socket, format!("set server app/{command}\n")).await);
        }
        said.push(told);
        answers("3").await;
        let state = console::ask(&socket, "show servers state app\n").await;
        assert!(state.contains(" b.test "), "{state}");
        if let Program::Ours(ours) = &mut program {
            // It stays over an edit that is not about it, and ends with one that is.
            ours.edit(&configuration.replace("retries 0", "retries 1"));
            ours.committed().await;
            answers("3").await;
            assert!(ours.status().to_string().contains(&format!("\"value\":\"b.test:{port}\"")));
            ours.edit(&configuration.replace("a.test", "A.test"));
            ours.process().wait_for("address b.test:").await;
            answers("2").await;
        }
    }
    assert_eq!(said[0], said[1]);
    assert!(said[0][6].contains("app/s changed its FQDN from a.test to b.test by 'stats socket command'"));
}

#[tokio::test]
async fn checks_that_find_nobody_ask_for_names_whose_answers_are_old() {
    for ours in [true, false] {
        let names = NameServer::start().await;
        names.addresses("app.test", &[ip(1)]);
        let (_folder, socket, line) = console::socket();
        let _program = Program::run(
            ours,
            &format!(
                "global\n    {line}\n    max-spread-checks 1\n{HTTP_DEFAULTS}resolvers ns\n    nameserver one {}\n    \
                 timeout resolve 60s\n    hold valid 200ms\nlisten app\n    bind {}\n    \
                 server one app.test:{} resolvers ns init-addr none resolve-prefer ipv4 check inter 50ms\n",
                names.address(),
                free_address(),
                free_port(),
            ),
        )
        .await;
        names.asked(4).await;
        let told = console::ask(&socket, "show resolvers ns\n").await;
        assert!(told.contains("  update:      1\n"), "{told}");
    }
}
