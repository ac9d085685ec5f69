mod lists;

use sluicegate_core::overrides::{Admin, Edits, Forced, FrontendState, Value, Versions};
use sluicegate_core::{Entry, Overrides};
use sluicegate_model::{Change, Runtime, compile};
use sluicegate_proto::build;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::resource::Body;
use sluicegate_proto::v1::{self, Kind, Report, Resource};
use sluicegate_stats::Facts;

use super::*;
use crate::level::Level;
use crate::session::{Session, Step};
use crate::view::Socket;

fn key(kind: Kind, name: &str) -> ObjectKey {
    ObjectKey::new("haproxy", "", kind, name).unwrap()
}

fn server(name: &str) -> ObjectKey {
    key(Kind::Endpoint, &format!("app/{name}"))
}

fn made(line: u32, key: &ObjectKey, order: &str, body: Body) -> Resource {
    let file = v1::origin::File { path: "h.cfg".into(), line };
    let origin = v1::Origin { place: Some(v1::origin::Place::File(file)) };
    build::resource(key, origin, order, body).unwrap()
}

fn endpoint(number: u32, name: &str, change: impl FnOnce(&mut v1::Endpoint)) -> Resource {
    let port = u16::try_from(8_000 + number).unwrap();
    let mut body = v1::Endpoint {
        backend: Some((&key(Kind::Backend, "app")).into()),
        name: name.into(),
        number,
        address: Some(v1::endpoint::Address::Ip(build::ip_address(([127, 0, 0, 1], port).into()))),
        weight: 10,
        ..v1::Endpoint::default()
    };
    change(&mut body);
    made(10 + number, &server(name), name, Body::Endpoint(body))
}

fn site() -> Vec<Resource> {
    let algorithm = v1::balance::Algorithm::RoundRobin(v1::RoundRobin {});
    let backend = v1::Backend {
        mode: v1::Mode::Http.into(),
        balance: Some(v1::Balance { algorithm: Some(algorithm) }),
        ..v1::Backend::default()
    };
    let check = v1::CheckSchedule { interval_ms: 2_000, rise: 2, fall: 3, ..v1::CheckSchedule::default() };
    let frontend = v1::Frontend { mode: v1::Mode::Http.into(), ..v1::Frontend::default() };
    let mut site = lists();
    site.extend([
        made(1, &key(Kind::Process, "process"), "", Body::Process(v1::Process::default())),
        made(2, &key(Kind::Frontend, "web"), "", Body::Frontend(frontend)),
        made(10, &key(Kind::Backend, "app"), "", Body::Backend(backend)),
        endpoint(1, "a", |endpoint| endpoint.check = Some(check)),
        endpoint(2, "b", |endpoint| endpoint.disabled = true),
    ]);
    site
}

/// A list and a map, and what uses them.
fn lists() -> Vec<Resource> {
    let of = |path: &str, map, data: &[u8], order| {
        let file = v1::Blob { data: data.to_vec().into(), secret: false };
        let hash = sluicegate_proto::hash::ContentHash::of(data).to_string();
        let list = v1::PatternList { blob: hash.clone(), map, ..v1::PatternList::default() };
        [
            made(3, &key(Kind::Blob, &hash), "", Body::Blob(file)),
            made(3, &key(Kind::Patterns, path), order, Body::Patterns(list)),
        ]
    };
    let call = |name: &str, arguments| v1::Call { name: name.into(), arguments };
    let list = |name: &str| v1::Argument {
        value: Some(v1::argument::Value::List((&key(Kind::Patterns, name)).into())),
    };
    let test = |how: v1::Match, fetch: &str, lists: &[&str], converters| v1::Test {
        sample: Some(v1::Sample { fetch: Some(call(fetch, Vec::new())), converters }),
        r#match: how.into(),
        pattern_lists: lists.iter().map(|name| (&key(Kind::Patterns, name)).into()).collect(),
        patterns: if lists.is_empty() { vec!["x".into()] } else { Vec::new() },
        ..v1::Test::default()
    };
    let tests = vec![
        test(v1::Match::Beg, "path", &["bad.lst"], Vec::new()),
        v1::Test { ignore_case: true, ..test(v1::Match::Sub, "path", &["bad.lst"], Vec::new()) },
        test(v1::Match::Str, "src", &[], vec![call("map_ip_int", vec![list("nets.map")])]),
    ];
    let op = |op| v1::Op { op: Some(op) };
    let and = v1::op::Op::Operator(v1::Operator::And.into());
    let ops =
        vec![op(v1::op::Op::Test(0)), op(v1::op::Op::Test(1)), op(and), op(v1::op::Op::Test(2)), op(and)];
    let route = v1::Route {
        frontend: Some((&key(Kind::Frontend, "web")).into()),
        when: Some(v1::Condition { tests, ops }),
        backend: Some((&key(Kind::Backend, "app")).into()),
    };
    let [blob, bad] = of("bad.lst", false, b"/a\n/B\n", "0");
    let [other, nets] = of("nets.map", true, b"10.0.0.0/8 1\n10.1.0.0/16 2\n", "1");
    vec![blob, bad, other, nets, made(4, &key(Kind::Route, "web/1"), "", Body::Route(route))]
}

/// What is set over the site, as the pipeline does it.
struct Bench {
    runtime: Runtime,
    overrides: Overrides,
    versions: Versions,
    report: Report,
}

impl Bench {
    fn new(values: &[(ObjectKey, Value)]) -> Self {
        Self::of(site(), values)
    }

    fn of(site: Vec<Resource>, values: &[(ObjectKey, Value)]) -> Self {
        let mut resources = site
            .into_iter()
            .map(|it| (ObjectKey::try_from(it.id.as_ref().unwrap()).unwrap(), Entry::new(it)))
            .collect();
        let mut overrides = Overrides::default();
        for (key, value) in values {
            overrides.set(&resources, key, value.clone(), 1).unwrap();
        }
        overrides.apply(&mut resources);
        let all: Vec<Resource> = resources.values().map(|it| Resource::clone(it.resource())).collect();
        let stats = v1::EndpointStats {
            id: Some((&server("a")).into()),
            health: v1::Health::Down.into(),
            since_unix_ms: 5_000,
            last_probe: Some(v1::Probe { word: "L4CON".into(), ..v1::Probe::default() }),
            ..v1::EndpointStats::default()
        };
        let report = Report { endpoints: vec![stats], ..Report::default() };
        let (runtime, versions) = (compile(None, Change::Full(&all)).unwrap(), Versions::default());
        Self { runtime, overrides, versions, report }
    }

    fn outcome(&self, line: &str) -> Outcome {
        let mut session = Session::new(Level::Admin, None);
        session.receive(line.as_bytes());
        session.receive(b"\n");
        let command = match session.advance() {
            Step::Do(command) => command,
            Step::Say(bytes) => {
                let text = String::from_utf8(bytes).unwrap();
                return Outcome::Answer(Answer::of(text.strip_suffix('\n').unwrap()));
            }
            other => panic!("{line}: {other:?}"),
        };
        let facts = Facts { now_unix_ms: 12_000, connection_limit: 500, ..Facts::default() };
        let sockets = [Socket { address: "unix@/s".into(), level: Level::Admin }];
        let environment = [("A".to_owned(), "1".to_owned())];
        run(
            &command,
            &View {
                runtime: &self.runtime,
                report: &self.report,
                overrides: &self.overrides,
                versions: &self.versions,
                facts: &facts,
                sockets: &sockets,
                environment: &environment,
            },
        )
    }

    fn says(&self, line: &str) -> String {
        match self.outcome(line) {
            Outcome::Answer(answer) => answer.text,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn sets(&self, line: &str) -> (Vec<(ObjectKey, Value)>, String) {
        match self.outcome(line) {
            Outcome::Set(values, answer) => (values, answer.text),
            other => panic!("{line}: {other:?}"),
        }
    }
}

#[test]
fn refusals_are_haproxys() {
    let bench = Bench::new(&[]);
    for (line, answer) in [
        ("get weight", "Require 'backend/server'.\n"),
        ("get weight app", "Require 'backend/server'.\n"),
        ("get weight zz/a", "No such backend.\n"),
        ("get weight app/zz", "No such server.\n"),
        ("set weight zz/a", "No such backend.\n"),
        ("set weight app/a", "Require <weight> or <weight%>.\n"),
        ("set weight app/a 300", "Absolute weight can only be between 0 and 256 inclusive.\n"),
        ("set weight app/a -5%", "Relative weight must be positive.\n"),
        ("set weight app/a x", "Empty weight string empty or preceded by garbage"),
        ("set weight app/a 5x", "Trailing garbage in weight string"),
        ("set server app/a state", "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n"),
        ("set server app/a health x", "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n"),
        ("set server app/a addr foo", "Invalid addr 'foo' by 'stats socket command'\n"),
        ("set server app/b check-port 3", "health checks are not enabled on this server"),
        ("set server app/a check-port x", "provided port is not an integer"),
        ("set server app/a check-port 99999", "provided port is invalid"),
        ("set server app/a agent up", "agent checks are not enabled on this server.\n"),
        ("set server app/a fqdn x", "set server <b>/<s> fqdn failed because no resolution is configured.\n"),
        ("enable health app/b", "Health check was not configured on this server, cannot enable.\n"),
        ("disable health app/b", ""),
        ("set server app/a agent-send x", "agent checks are not enabled on this server.\n"),
        ("enable agent app/a", "Agent was not configured on this server, cannot enable.\n"),
        ("enable frontend web", "All sockets are already enabled.\n"),
        ("disable frontend zz", "No such frontend.\n"),
        ("disable frontend", "A frontend name is expected.\n"),
        ("set maxconn frontend web", "Integer value expected.\n"),
        ("set maxconn server app/a x", "maxconn string empty or preceded by garbage"),
        ("set maxconn global 501", "Value out of range.\n"),
        ("shutdown sessions server app/zz", "No such server.\n"),
        ("shutdown session zz", "Session pointer expected (use 'show sess').\n"),
        ("show servers state zz", "Can't find backend.\n"),
        ("show errors zz", "No such proxy.\n"),
        ("show env ZZ", "Variable not found\n"),
        ("show table zz", "No such table\n"),
        ("show map zz", "Unknown map identifier. Please use #<id> or <file>.\n"),
        ("add acl", "'add acl' expects two parameters: ACL identifier and pattern.\n"),
        ("clear map", "Missing map identifier.\n"),
    ] {
        assert_eq!(bench.says(line), answer, "{line}");
    }
}

#[test]
fn values_that_are_set() {
    let bench = Bench::new(&[]);
    for (line, key, value) in [
        ("set weight app/a 50%", server("a"), Value::Weight(5)),
        ("set server app/a weight 9999999999%", server("a"), Value::Weight(256)),
        ("set server #3/#1 weight 7", server("a"), Value::Weight(7)),
        ("set server app/a state drain", server("a"), Value::Admin(Admin::Drain)),
        ("disable server app/a", server("a"), Value::Admin(Admin::Maint)),
        ("enable server app/b", server("b"), Value::Admin(Admin::Ready)),
        ("set server app/b health stopping", server("b"), Value::Health(Forced::Stopping)),
        ("disable health app/a", server("a"), Value::Checks(false)),
        ("set server app/a check-port 33", server("a"), Value::CheckPort(33)),
        ("set maxconn server app/a 3", server("a"), Value::MaxConnections(3)),
        ("set maxconn frontend web 3", key(Kind::Frontend, "web"), Value::MaxConnections(3)),
        ("set maxconn global 30", key(Kind::Process, "process"), Value::MaxConnections(30)),
        ("disable frontend web", key(Kind::Frontend, "web"), Value::Frontend(FrontendState::Disabled)),
    ] {
        assert_eq!(bench.sets(line), (vec![(key, value)], String::new()), "{line}");
    }
}

#[test]
fn addresses_say_what_changed() {
    let bench = Bench::new(&[]);
    let sets = |line: &str| {
        let (values, said) = bench.sets(line);
        assert_eq!(values.len(), 1);
        (values[0].1.to_string(), said)
    };
    let by = "by 'stats socket command'\n";
    let expected = ("127.0.0.9:8001".to_owned(), format!("IP changed from '127.0.0.1' to '127.0.0.9' {by}"));
    assert_eq!(sets("set server app/a addr 127.0.0.9"), expected);
    let said = format!("no need to change the addr, port changed from '8001' to '99' {by}");
    assert_eq!(sets("set server app/a addr 127.0.0.1 port 99"), ("127.0.0.1:99".to_owned(), said));
    assert_eq!(sets("set server app/a addr ::1").0, "[::1]:8001");
    let refused = format!("no need to change the addr, problem converting port 'x' to an int {by}");
    assert_eq!(bench.says("set server app/a addr 127.0.0.1 port x"), refused);
    assert!(bench.says("set server app/a addr 127.0.0.1 port 0").contains("out of range"));
}

#[test]
fn a_weight_is_told_with_the_configured_one() {
    assert_eq!(Bench::new(&[]).says("get weight app/a"), "10 (initial 10)\n");
    let bench = Bench::new(&[(server("a"), Value::Weight(3))]);
    assert_eq!(bench.says("get weight app/a"), "3 (initial 10)\n");
    assert_eq!(bench.sets("set weight app/a 50%").0[0].1, Value::Weight(5), "of the configured one");
}

#[test]
fn states_of_servers_are_haproxys_numbers() {
    let said = Bench::new(&[]).says("show servers state");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "1");
    assert_eq!(lines[1].split(' ').count() - 1, lines[2].split(' ').count());
    assert_eq!(lines[2], "3 app 1 a 127.0.0.1 0 0 10 10 7 8 2 0 6 0 0 0 - 8001 - 0 0 - - 0");
    assert_eq!(lines[3], "3 app 2 b 127.0.0.1 0 5 10 10 0 1 0 0 8 0 0 0 - 8002 - 0 0 - - 0");
    let bench = Bench::new(&[
        (server("a"), Value::Admin(Admin::Drain)),
        (server("b"), Value::Admin(Admin::Ready)),
        (server("a"), Value::Weight(3)),
    ]);
    let said = bench.says("show servers state app");
    assert!(said.contains("\n3 app 1 a 127.0.0.1 0 8 3 10 7 "), "{said}");
    assert!(said.contains("\n3 app 2 b 127.0.0.1 2 4 10 10 0 1 0 2 0 "), "{said}");
    let said = bench.says("show servers conn app");
    assert!(said.contains("\napp/a 3/1 127.0.0.1 8001 - - 0 0 - - - - - -\n"), "{said}");
}

#[test]
fn checks_of_a_server_that_is_off_are_paused() {
    let check = v1::CheckSchedule { interval_ms: 2_000, rise: 2, fall: 3, ..v1::CheckSchedule::default() };
    let mut site = site();
    site.push(endpoint(3, "off", |endpoint| (endpoint.check, endpoint.disabled) = (Some(check), true)));
    site.push(endpoint(4, "lost", |_| {}));
    let mut bench = Bench::of(site, &[]);
    bench.report.endpoints.push(v1::EndpointStats {
        id: Some((&server("lost")).into()),
        health: v1::Health::Unresolved.into(),
        ..v1::EndpointStats::default()
    });
    let said = bench.says("show servers state");
    assert!(said.contains("\n3 app 3 off 127.0.0.1 0 5 10 10 0 1 0 0 14 0 "), "{said}");
    assert!(said.contains("\n3 app 4 lost 127.0.0.1 0 32 10 10 0 1 0 0 0 0 "), "{said}");
}

#[test]
fn a_server_that_is_known_by_a_name_is_shown_where_that_leads() {
    let host = v1::HostAddress { name: "app.test".into(), port: 8_080 };
    let mut site = site();
    site.push(endpoint(3, "named", |endpoint| endpoint.address = Some(v1::endpoint::Address::Host(host))));
    let mut bench = Bench::of(site, &[]);
    assert!(bench.says("show servers state").contains(" named - 2 "), "it was not reported yet");
    assert!(bench.says("show servers conn").contains("\napp/named 3/3 - 8080 "));
    bench.report.endpoints.push(v1::EndpointStats {
        id: Some((&server("named")).into()),
        health: v1::Health::Unchecked.into(),
        resolved_ip: vec![10, 0, 0, 7].into(),
        ..v1::EndpointStats::default()
    });
    let said = bench.says("show servers state");
    assert!(said.contains(" named 10.0.0.7 2 ") && said.contains(" app.test 8080 "), "{said}");
    assert!(bench.says("show servers conn").contains("\napp/named 3/3 10.0.0.7 8080 "));
}

#[test]
fn a_frontend_that_was_shut_down_stays_so() {
    let shut = Value::Frontend(FrontendState::Shutdown);
    let bench = Bench::new(&[(key(Kind::Frontend, "web"), shut)]);
    assert_eq!(bench.says("enable frontend web"), "Frontend was previously shut down, cannot enable.\n");
    assert_eq!(bench.says("shutdown frontend web"), "Frontend was already shut down.\n");
}

#[test]
fn rows_are_selected() {
    let bench = Bench::new(&[]);
    let rows = |line: &str| bench.says(line).lines().count() - 1;
    assert_eq!(rows("show stat"), 4);
    assert_eq!(rows("show stat -1 4 -1"), 2);
    assert_eq!(rows("show stat app 7 -1"), 3);
    assert_eq!(rows("show stat no-maint"), 3);
    assert_eq!(rows("show stat up"), 2);
    assert_eq!(bench.says("show stat nope 7 -1"), "No such proxy.\n");
    assert!(bench.says("show stat typed").starts_with("F.2.0.0.pxname.1:"));
    assert!(bench.says("show info json").starts_with('['));
    assert!(bench.says("show info typed float desc").contains(":MDP:flt:12:\"Start in seconds"));
    assert!(bench.says("show info typed").contains(":MDP:u32:12\n"));
}

#[test]
fn what_is_told_of_the_process() {
    let bench = Bench::new(&[]);
    assert_eq!(bench.says("show backend"), "# name\napp\n");
    assert_eq!(bench.says("show cli sockets"), "# socket lvl processes\nunix@/s admin all\n");
    assert_eq!(bench.says("show env"), "A=1\n");
    assert_eq!(bench.says("show table"), "");
    assert!(bench.says("show schema json").starts_with("{\"$schema\":"));
    assert_eq!(bench.outcome("wait 5ms"), Outcome::Wait(Duration::from_millis(5)));
    assert_eq!(bench.outcome("clear counters all"), Outcome::Ask(Ask::ClearCounters { all: true }));
    let asked = Ask::ShutDownEndpoint { endpoint: server("a") };
    assert_eq!(bench.outcome("shutdown sessions server app/a"), Outcome::Ask(asked));
}
