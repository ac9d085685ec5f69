//! Programs. Results are those of HAProxy 2.6.

use super::*;
use crate::script::{Awaited, Errand, Particulars, Place, Program};

fn errand(program: &Program) -> Errand {
    let particulars = Particulars {
        backend: "app".into(),
        backend_number: 3,
        name: "a".into(),
        number: 7,
        place: Place::Ip([192, 0, 2, 1].into(), 80),
        max_connections: 9,
        connections: 2,
    };
    let circumstances = Circumstances { particulars: Box::new(particulars), ..Circumstances::default() };
    let mut talk = Talk::new(Arc::new(Script::running(program.clone())), circumstances);
    match talk.want() {
        Want::Run(errand) => *errand,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_program_is_told_of_its_endpoint() {
    let program = Program { command: "/bin/check".into(), path: "/bin".into(), ..Program::default() };
    let errand = errand(&program);
    assert_eq!(
        errand.arguments.each_ref().map(|it| it.to_str().unwrap()),
        ["NOT_USED", "NOT_USED", "192.0.2.1", "80"]
    );
    let told: Vec<String> = errand
        .environment
        .iter()
        .map(|(name, value)| format!("{name}={}", value.to_str().unwrap()))
        .collect();
    let wanted = "PATH=/bin HAPROXY_PROXY_NAME=app HAPROXY_PROXY_ID=3 HAPROXY_PROXY_ADDR= HAPROXY_PROXY_PORT= \
                  HAPROXY_SERVER_NAME=a HAPROXY_SERVER_ID=7 HAPROXY_SERVER_ADDR=192.0.2.1 HAPROXY_SERVER_PORT=80 \
                  HAPROXY_SERVER_MAXCONN=9 HAPROXY_SERVER_CURCONN=2 HAPROXY_SERVER_SSL=0 HAPROXY_SERVER_PROTO=tcp";
    assert_eq!(told.join(" "), wanted);
    assert!(!errand.keeps_environment);
}

#[test]
fn its_code_is_the_result() {
    let script = Script::running(Program::default());
    let talk = Talk::new(Arc::new(script.clone()), Circumstances::default());
    let ended = |code, words| End::Over(talk.exited(code, words)).words();
    assert_eq!(ended(0, ""), "PROCOK/0 ");
    assert_eq!(ended(3, ""), "PROCERR/3 ");
    assert_eq!(ended(-1, ""), "PROCERR/-1 ");
    assert_eq!(ended(255, "No such file or directory"), "PROCERR/255 No such file or directory");
    assert_eq!(End::Late(script.late(0, Awaited::Connection)).words(), "late PROCTOUT ");
    let refused = talk.refused(Status::SocketError, "Resource temporarily unavailable");
    assert_eq!(End::Over(refused).words(), "SOCKERR Resource temporarily unavailable");
}
