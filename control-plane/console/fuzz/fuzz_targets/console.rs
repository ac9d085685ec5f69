//! Any bytes to a console, in pieces of any size: each command is answered, what is held is bounded, and what is to be
//! set is something that the configuration has.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sluicegate_console::limits::MAX_COMMAND_BYTES;
use sluicegate_console::{Level, Outcome, Session, Step, View, run};
use sluicegate_core::Overrides;
use sluicegate_core::overrides::Versions;
use sluicegate_model::{Change, Runtime, compile};
use sluicegate_proto::build;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::resource::Body;
use sluicegate_proto::v1::{self, Kind, Report, Resource};
use sluicegate_stats::Facts;

/// `main`, and `app` with a checked server and one that is not.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let key = |kind, name: &str| ObjectKey::new("haproxy", "", kind, name).expect("a name");
    let made = |kind, name: &str, body| -> Resource {
        build::resource(&key(kind, name), v1::Origin::default(), "", body).expect("a resource")
    };
    let mode = v1::Mode::Http.into();
    let algorithm = v1::balance::Algorithm::RoundRobin(v1::RoundRobin {});
    let balance = Some(v1::Balance { algorithm: Some(algorithm) });
    let server = |number: u32, name: &str| v1::Endpoint {
        backend: Some((&key(Kind::Backend, "app")).into()),
        name: name.into(),
        number,
        address: Some(v1::endpoint::Address::Ip(build::ip_address(([127, 0, 0, 1], 80).into()))),
        weight: 1,
        check: (number == 1).then(|| v1::CheckSchedule { interval_ms: 1, rise: 1, fall: 1, ..Default::default() }),
        ..Default::default()
    };
    let all = [
        made(Kind::Process, "process", Body::Process(v1::Process::default())),
        made(Kind::Frontend, "main", Body::Frontend(v1::Frontend { mode, ..Default::default() })),
        made(Kind::Backend, "app", Body::Backend(v1::Backend { mode, balance, ..Default::default() })),
        made(Kind::Endpoint, "app/a", Body::Endpoint(server(1, "a"))),
        made(Kind::Endpoint, "app/b", Body::Endpoint(server(2, "b"))),
    ];
    compile(None, Change::Full(&all)).expect("it compiles")
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let level = [Level::User, Level::Operator, Level::Admin][usize::from(first % 3)];
    let piece = usize::from(first / 3) + 1;
    let mut session = Session::new(level, None);
    for piece in bytes.chunks(piece) {
        session.receive(piece);
        if !talk(&mut session) {
            return;
        }
    }
    session.end();
    assert!(!talk(&mut session), "what has ended is closed");
});

/// False where it is closed.
fn talk(session: &mut Session) -> bool {
    loop {
        match session.advance() {
            Step::Read => return true,
            Step::Close { .. } => return false,
            Step::Say(said) => assert!(said.len() < 64 << 10, "what is said of a line is bounded"),
            Step::Do(command) => {
                let view = View {
                    runtime: &RUNTIME,
                    report: &Report::default(),
                    overrides: &Overrides::default(),
                    versions: &Versions::default(),
                    facts: &Facts::default(),
                    sockets: &[],
                    environment: &[],
                };
                let answer = match run(&command, &view) {
                    Outcome::Answer(answer) => answer,
                    Outcome::Set(values, answer) => {
                        assert!(values.iter().all(|(key, _)| RUNTIME.resource(key).is_some()));
                        answer
                    }
                    Outcome::Prepare(key) | Outcome::Edit(key, _, _) | Outcome::Commit(key, _) => {
                        assert!(RUNTIME.resource(&key).is_some());
                        continue;
                    }
                    Outcome::Ask(_) | Outcome::Wait(_) => continue,
                };
                assert!(session.answer(&answer).len() < MAX_COMMAND_BYTES + (64 << 10));
            }
        }
    }
}
