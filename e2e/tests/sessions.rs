//! What an operator asks of the proxies: sessions seen and ended, messages that could not be read, counters that begin
//! anew. Beside HAProxy, where it says something of the same.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "sessions/fleet.rs"]
mod fleet;
#[path = "sessions/stage.rs"]
mod stage;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use sluicegate_e2e::console::{ask, row, socket};
use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Haproxy, Sluicegate, Syslog, fetch, free_address};
use tempfile::TempDir;

use stage::{Ports, Stage, fields, sessions, until};

/// HAProxy or ours, with a console and a log.
struct Front<T> {
    console: PathBuf,
    ports: Ports,
    log: Syslog,
    _process: T,
    _folder: TempDir,
}

impl<T> Front<T> {
    /// What a command is answered.
    async fn ask(&self, command: &str) -> String {
        ask(&self.console, format!("{command}\n")).await
    }

    /// The fields of the only session in this frontend, once it is there.
    async fn session(&self, frontend: &str) -> (String, BTreeMap<String, String>) {
        until(async || {
            let listed = self.ask("show sess").await;
            sessions(&listed).find(|(_, session)| session["fe"] == frontend && session["srv"] != "<none>")
        })
        .await
    }

    async fn http(&self) -> Connection {
        Connection::open(self.ports.http).await.unwrap()
    }
}

async fn ours(stage: &Stage) -> Front<Sluicegate> {
    let ((folder, console, line), log, ports) = (socket(), Syslog::udp().await, Ports::free());
    let text = stage.configuration(&line, &ports, log.address());
    let mut process = Sluicegate::run(&text).await;
    process.process().wait_for("the console listens on").await;
    Front { console, ports, log, _process: process, _folder: folder }
}

async fn theirs(stage: &Stage) -> Front<Haproxy> {
    let ((folder, console, line), log, ports) = (socket(), Syslog::udp().await, Ports::free());
    let process = Haproxy::run(&stage.configuration(&line, &ports, log.address())).await;
    Front { console, ports, log, _process: process, _folder: folder }
}

/// The flags of the next line about a frontend.
async fn flags(log: &mut Syslog, frontend: &str, at: usize) -> String {
    let line = log.wait_for(&format!(" {frontend} ")).await;
    let words: Vec<&str> = line.split(&format!(" {frontend} ")).nth(1).unwrap().split(' ').collect();
    words[at].to_owned()
}

/// Walks through one scenario on both; what is seen must be the same.
async fn sessions_are_seen_and_ended<T>(stage: &Stage, front: &mut Front<T>, ours: bool) -> Vec<String> {
    let mut seen = Vec::new();
    let mut hangs = front.http().await;
    hangs.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut raw = Connection::open(front.ports.tcp).await.unwrap();
    raw.echo(b"hello").await.unwrap();
    let (hanging, line) = front.session("web").await;
    assert_eq!(line["src"], hangs.local_address().to_string());
    let pick = |line: &BTreeMap<String, String>| {
        ["proto", "fe", "be", "srv", "rc"].map(|name| format!("{name}={}", line[name])).join(" ")
    };
    seen.push(pick(&line));
    let (echoing, line) = front.session("raw").await;
    assert_eq!(line["src"], raw.local_address().to_string());
    seen.push(pick(&line));

    let detail = front.ask(&format!("show sess {hanging}")).await;
    let address = |word: &str| detail.lines().find(|line| line.contains(word)).unwrap().to_owned();
    assert!(address("frontend=").ends_with(&format!("addr={}", front.ports.http)), "{detail}");
    for part in ["frontend=web (id=2 mode=http)", "backend=app (id=3 mode=http)", "server=silent (id=1)"] {
        assert!(detail.contains(part), "{part} in\n{detail}");
    }

    seen.push(front.ask("shutdown session 0x12345678").await);
    seen.push(front.ask(&format!("shutdown session {hanging}")).await);
    let answer = hangs.response("GET").await.unwrap();
    seen.push(answer.status().to_string());
    // HAProxy ends the exchange and keeps the connection.
    if ours {
        hangs.closed().await.unwrap();
    }
    drop(hangs);
    seen.push(flags(&mut front.log, "web", 6).await);
    seen.push(front.ask(&format!("shutdown session {echoing}")).await);
    assert_eq!(raw.read_to_end().await.unwrap(), b"");
    seen.push(flags(&mut front.log, "raw", 3).await);

    // Of a server: the session that is at it, and no other.
    let mut stays = Connection::open(front.ports.tcp).await.unwrap();
    stays.echo(b"still").await.unwrap();
    let (mut goes, before) = (front.http().await, stage.silent.requests());
    goes.send("GET /half HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    front.session("web").await;
    // A session has its server before the server has the request.
    stage.silent.reached(before + 1).await;
    seen.push(front.ask("shutdown sessions server app/nope").await);
    seen.push(front.ask("shutdown sessions server app/silent").await);
    let answer = goes.response("GET").await;
    assert_eq!(answer.as_ref().map(|it| it.status()), Ok(502), "ours: {ours}, {answer:?}");
    drop(goes);
    stays.echo(b"here").await.unwrap();
    seen
}

#[tokio::test]
async fn sessions_are_seen_and_ended_as_haproxy_does_it() {
    let stage = Stage::start().await;
    let (mut ours, mut theirs) = (ours(&stage).await, theirs(&stage).await);
    let mine = sessions_are_seen_and_ended(&stage, &mut ours, true).await;
    assert_eq!(mine, sessions_are_seen_and_ended(&stage, &mut theirs, false).await);
    assert_eq!(
        &mine[..2],
        ["proto=tcpv4 fe=web be=app srv=silent rc=0", "proto=tcpv4 fe=raw be=echo srv=one rc=0"]
    );
    assert_eq!(mine[5], "KH--");
    // Names of fields stand in HAProxy's order; what ours has beside them is its own.
    let (_kept, _kept_too) = (held(&ours).await, held(&theirs).await);
    let own = ["tid", "reqs", "st"];
    let (ours, theirs) = (ours.ask("show sess").await, theirs.ask("show sess").await);
    let names = |said: &str| fields(said.lines().find(|line| line.contains("fe=raw")).unwrap());
    let mut rest = names(&theirs).into_iter();
    for (name, _) in names(&ours).into_iter().filter(|(name, _)| !own.contains(&name.as_str())) {
        assert!(rest.any(|(known, _)| known == name), "`{name}` is not HAProxy's, or stands elsewhere");
    }
}

async fn held<T>(front: &Front<T>) -> Connection {
    let mut raw = Connection::open(front.ports.tcp).await.unwrap();
    raw.echo(b"held").await.unwrap();
    raw
}

#[tokio::test]
async fn idle_connections_are_sessions_too() {
    let stage = Stage::start().await;
    let front = ours(&stage).await;
    let mut idle = front.http().await;
    assert_eq!(idle.get("a", "/").await.unwrap().status(), 200);
    assert_eq!(idle.get("a", "/").await.unwrap().status(), 200);
    let (name, session) = until(async || {
        let listed = front.ask("show sess").await;
        sessions(&listed).find(|(_, session)| session["st"] == "IDLE")
    })
    .await;
    assert_eq!((session["reqs"].as_str(), session["be"].as_str()), ("2", "<NONE>"));
    assert!(front.ask("show sess all").await.contains("state=IDLE"));
    assert_eq!(front.ask(&format!("shutdown session {name}")).await, "\n");
    idle.closed().await.unwrap();
    assert_eq!(front.ask(&format!("show sess {name}")).await, "Session not found.\n\n");
    let closed = "sluicegate_connections_closed_total{cause=\"operator\"} 1";
    until(async || {
        let metrics = fetch(front.ports.http, "/metrics").await.unwrap().text();
        metrics.contains(closed).then_some(())
    })
    .await;
}

/// What `show errors` has of each event: its first two lines without times, the position, and the bytes.
fn errors(said: &str) -> Vec<String> {
    let mut events = Vec::new();
    for event in said.split("\n \n").skip(1) {
        let mut lines = event.lines();
        let whose = lines.next().unwrap().split("] ").nth(1).unwrap();
        let other = lines.next().unwrap().split(", event").next().unwrap().to_owned();
        let at = event.split("error at position ").nth(1).unwrap();
        let at: String = at.chars().take_while(char::is_ascii_digit).collect();
        let rows: Vec<&str> = event.lines().filter(|line| line.starts_with("  0")).collect();
        events.push(format!("{whose}\n{other}\n{at}\n{}", rows.join("\n")));
    }
    events
}

#[tokio::test]
async fn what_could_not_be_read_is_shown_as_haproxy_shows_it() {
    let stage = Stage::start().await;
    let (ours, theirs) = (ours(&stage).await, theirs(&stage).await);
    let long =
        format!("GET /y HTTP/1.1\r\nHost: a\r\nBad Header: a\r\nX: {}\r\n\r\nz\x01\\", "q".repeat(100));
    let mut said = Vec::new();
    for (front, console) in [(ours.ports.http, &ours.console), (theirs.ports.http, &theirs.console)] {
        let mut client = Connection::open(front).await.unwrap();
        assert_eq!(client.request(&long).await.unwrap().status(), 400);
        assert_eq!(fetch(front, "/bad").await.unwrap().status(), 502);
        let mut answers = Vec::new();
        for command in ["", " web", " bad", " bad request", " 4 response", " raw", " -1"] {
            let said = ask(console, format!("show errors{command}\n")).await;
            let total = said.lines().next().unwrap().split("] : ").nth(1).unwrap().to_owned();
            answers.push((command, total, errors(&said)));
        }
        answers.push((" nope", ask(console, "show errors nope\n").await, Vec::new()));
        said.push(answers);
    }
    assert_eq!(said[0], said[1]);
    let all = &said[0][0].2;
    assert_eq!((said[0][0].1.as_str(), all.len()), ("2", 2));
    assert!(
        all[0].starts_with("frontend web (#2): invalid request") && all[0].contains("\n29\n"),
        "{}",
        all[0]
    );
    assert!(all[1].starts_with("backend bad ("), "{}", all[1]);
    // In words, which HAProxy does not have.
    let words = ask(&ours.console, "show errors web request\n").await;
    assert!(words.contains("error at position 29: a blank stands before a header's colon"), "{words}");
}

/// The columns that tell what `clear counters` does: the highest values and the sums.
async fn counted<T>(front: &Front<T>) -> String {
    let stat = front.ask("show stat").await;
    let mut said = String::new();
    for name in ["web,FRONTEND", "plain,one", "plain,BACKEND"] {
        let cells = row(&stat, name);
        for name in ["scur", "rate", "smax", "stot", "hrsp_2xx", "req_tot", "rate_max", "cli_abrt"] {
            said.push_str(&format!("{name}={} ", cells(name)));
        }
    }
    said
}

async fn counters_begin_anew<T>(front: &Front<T>) -> Vec<String> {
    let mut seen = Vec::new();
    for _ in 0..3 {
        assert_eq!(fetch(front.ports.http, "/").await.unwrap().status(), 200);
    }
    // All is over and told: a rate that is still to come would be the highest anew.
    until(async || {
        let said = counted(front).await;
        let over = said.contains("req_tot=3 ") && !said.contains("rate_max=0");
        (over && said.matches("scur=0 rate=0 ").count() == 3).then_some(())
    })
    .await;
    seen.push(front.ask("user;clear counters").await);
    seen.push(front.ask("operator;clear counters all").await);
    seen.push(front.ask("clear counters").await);
    seen.push(counted(front).await);
    seen.push(front.ask("clear counters all").await);
    seen.push(counted(front).await);
    assert_eq!(fetch(front.ports.http, "/").await.unwrap().status(), 200);
    // Server, backend and frontend count one after the other.
    let counts = |said: &String| said.matches("hrsp_2xx=1 req_tot=1 ").count() == 3;
    let said = until(async || Some(counted(front).await).filter(counts)).await;
    seen.push(said.split("rate_max").next().unwrap().split(" smax").nth(1).unwrap().to_owned());
    seen
}

#[tokio::test]
async fn counters_begin_anew_as_haproxys_do() {
    let stage = Stage::start().await;
    let (ours, theirs) = (ours(&stage).await, theirs(&stage).await);
    let mine = counters_begin_anew(&ours).await;
    assert_eq!(mine, counters_begin_anew(&theirs).await);
    assert!(
        mine[3].contains(" smax=0 stot=3 hrsp_2xx=3 ") && mine[5].contains(" smax=0 stot=0 "),
        "{mine:?}"
    );
    // The exporter and the page tell the same; what the process counts of itself stays.
    let metrics = fetch(ours.ports.http, "/metrics").await.unwrap().text();
    let line = "haproxy_server_sessions_total{proxy=\"plain\",server=\"one\"} 1";
    assert!(metrics.lines().any(|known| known == line), "{metrics}");
    let process =
        metrics.lines().find(|line| line.starts_with("haproxy_process_connections_total ")).unwrap();
    assert!(process.split(' ').nth(1).unwrap().parse::<u64>().unwrap() >= 5, "{process}");
}
