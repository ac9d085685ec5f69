//! One file with lines that cannot be told, by ours and by HAProxy.

use std::fmt::Write as _;

use sluicegate_e2e::{Connection, Failure, HTTP_DEFAULTS, Haproxy, Origin, Sluicegate, free_port};

use super::table::{Does, ROWS, Row, lines};

/// Each row has a frontend of its own at a port of its own.
fn configuration(host: &str, ports: &[u16], app: &Origin, other: &Origin) -> String {
    let (app, other) = (app.address(), other.address());
    let mut text = format!(
        "global\n    expose-experimental-directives\n{HTTP_DEFAULTS}    timeout tarpit 100ms\n\
         userlist people\n    user anna insecure-password secret\n\
         backend app\n    server app {app}\n\
         backend other\n    server other {other}\n\
         backend pair\n    use-server other if {{ path /two }}\n    server app {app}\n    server other {other} weight 0\n\
         backend raw\n    mode tcp\n    server app {app}\n\
         backend raw_other\n    mode tcp\n    server other {other}\n"
    );
    for (number, (row, port)) in ROWS.iter().zip(ports).enumerate() {
        let lines = lines(row);
        let default = if lines.contains("default_backend") { "" } else { "    default_backend app\n" };
        // Writing to a String does not fail.
        let _ = write!(text, "frontend row{number}\n    bind {host}:{port}\n{lines}{default}");
    }
    text
}

/// `GET /a Name: value | Name: value`, as it is sent.
fn written(request: &str) -> String {
    let mut words = request.splitn(3, ' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let headers = words.next().map(|headers| headers.split(" | ")).into_iter().flatten();
    let headers: String = headers.map(|header| format!("{header}\r\n")).collect();
    format!("{method} {target} HTTP/1.1\r\nHost: app\r\n{headers}\r\n")
}

/// An answer in the words of the table.
async fn answer(host: &str, port: u16, request: &str, origins: [&Origin; 2]) -> String {
    let mut client = Connection::open(format!("{host}:{port}").parse().unwrap()).await.unwrap();
    let answer = match client.request(written(request)).await {
        Ok(answer) => answer,
        Err(Failure::Closed | Failure::Reset) => return "closed".to_owned(),
        Err(failure) => panic!("{request} at row {port}: {failure}"),
    };
    let status = answer.status();
    let Some(name) = answer.header("x-origin") else {
        return match answer.header("location") {
            Some(location) => format!("{status} {location}"),
            None => status.to_string(),
        };
    };
    let server = origins.into_iter().find(|origin| origin.name() == name).unwrap();
    let seen = server.last_request().unwrap();
    let mut words = format!("{status} {name} {}", seen.head.target());
    for header in ["x-admin", "x-from", "x-member", "x-role", "x-v"] {
        if let Some(value) = seen.head.header(header) {
            let _ = write!(words, " {header}={value}");
        }
    }
    words
}

/// Whether an answer keeps the client from a server.
fn turns_away(answer: &str) -> bool {
    matches!(answer, "closed" | "401" | "403" | "410" | "429" | "502" | "503")
}

/// Whether ours gives nothing that HAProxy does not, as the documentation says for such a line.
fn is_safe(does: Does, request: &str, haproxy: &str, ours: &str) -> bool {
    let reached = |answer: &str| answer.split(' ').take(2).collect::<Vec<_>>().join(" ");
    ours == haproxy
        || match does {
            Does::TurnsAway | Does::LetsIn | Does::Decides => turns_away(ours),
            // As if the line were not there.
            Does::Changes => {
                let target = request.split(' ').nth(1).unwrap();
                let sent = if request.contains("X-V: 1") { " x-v=1" } else { "" };
                ours == format!("200 app {target}{sent}")
            }
            Does::TakesAway(what) => reached(ours) == reached(haproxy) && !ours.contains(what),
            Does::Limits => false,
        }
}

#[tokio::test]
async fn what_cannot_be_told_is_never_more_than_haproxy_gives() {
    let (app, other) = (Origin::start("app").await, Origin::start("other").await);
    let ports: Vec<u16> = ROWS.iter().map(|_| free_port()).collect();
    let (here, there) = ("127.0.0.1", "127.0.0.3");
    let _front = Sluicegate::run(&configuration(here, &ports, &app, &other)).await;
    let _haproxy = Haproxy::run(&configuration(there, &ports, &app, &other)).await;
    let mut wrong = String::new();
    for (Row { does, lines, asks }, port) in ROWS.iter().zip(ports) {
        for (request, haproxy, ours) in *asks {
            let theirs = answer(there, port, request, [&app, &other]).await;
            let mine = answer(here, port, request, [&app, &other]).await;
            let safe = is_safe(*does, request, &theirs, &mine);
            if theirs != *haproxy || mine != *ours || !safe {
                let _ = writeln!(
                    wrong,
                    "{lines}\n    {request}\n    HAProxy {theirs:?}, in the table {haproxy:?}\n    \
                     ours {mine:?}, in the table {ours:?}, safe: {safe}"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
