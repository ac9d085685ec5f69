mod caches;
mod checks;
mod compression;
mod connections;
mod http_version;
mod inspection;
mod outlier;
mod proxy_protocol;
mod resolution;
mod udp;

use sluicegate_proto::limits::MAX_CONDITION_DEPTH;

use super::*;

/// Faults of a resource after `spoil`, its origin cut off.
fn spoiled(mut resource: Resource, spoil: impl FnOnce(&mut Resource)) -> Vec<String> {
    spoil(&mut resource);
    faults(&[resource]).iter().map(|fault| fault.trim_start_matches("test.cfg:1: ").to_owned()).collect()
}

fn of_endpoint(spoil: impl FnOnce(&mut v1::Endpoint)) -> Vec<String> {
    spoiled(endpoint("app", 1), |resource| {
        let Some(Body::Endpoint(endpoint)) = &mut resource.body else { panic!("an endpoint") };
        spoil(endpoint);
    })
}

fn of_frontend(spoil: impl FnOnce(&mut v1::Frontend)) -> Vec<String> {
    spoiled(frontend("main"), |resource| {
        let Some(Body::Frontend(frontend)) = &mut resource.body else { panic!("a frontend") };
        spoil(frontend);
    })
}

fn of_backend(spoil: impl FnOnce(&mut v1::Backend)) -> Vec<String> {
    spoiled(backend("app"), |resource| {
        let Some(Body::Backend(backend)) = &mut resource.body else { panic!("a backend") };
        spoil(backend);
    })
}

fn of_condition(condition: v1::Condition) -> Vec<String> {
    spoiled(route("a", "", "/"), |resource| {
        let Some(Body::Route(route)) = &mut resource.body else { panic!("a route") };
        route.when = Some(condition);
    })
}

fn of_test(test: v1::Test) -> Vec<String> {
    let faults = of_condition(condition(test));
    faults.iter().map(|fault| fault.trim_start_matches("condition: test 1: ").to_owned()).collect()
}

#[test]
fn resources_without_identity_or_body() {
    assert_eq!(spoiled(backend("app"), |resource| resource.id = None), ["id is not set"]);
    assert_eq!(spoiled(backend("app"), |resource| resource.body = None), ["body is not set"]);
    let wrong = spoiled(backend("app"), |resource| resource.id = Some(id(Kind::Route, "app")));
    assert_eq!(wrong, ["id names a route, wanted is a backend"]);
    let nameless = spoiled(backend("app"), |resource| resource.id = Some(id(Kind::Backend, "")));
    assert_eq!(nameless, ["the id has no name"]);
    assert_eq!(faults(&[backend("app"), backend("app")]), ["test.cfg:1: the object comes twice"]);
}

#[test]
fn a_delta_that_contradicts_itself() {
    let change = Change::Delta { changed: &[backend("app")], removed: &[id(Kind::Backend, "app")] };
    let rejected = compile(None, change).unwrap_err();
    assert_eq!(rejected[0].reason.fault, Fault::ChangedAndRemoved);
}

#[test]
fn numbers_out_of_range_are_all_named() {
    let found = of_endpoint(|endpoint| {
        endpoint.weight = 257;
        endpoint.number = 0;
        endpoint.name.clear();
        endpoint.check =
            Some(v1::CheckSchedule { interval_ms: 0, rise: 0, fall: 1, port: 70_000, ..Default::default() });
    });
    let expected = [
        "name is empty",
        "number is 0, allowed is 1 to 4294967295",
        "weight is 257, allowed is 0 to 256",
        "check: interval_ms is 0, allowed is 1 to 2147483647",
        "check: rise is 0, allowed is 1 to 2147483647",
        "check: port is 70000, allowed is 0 to 65535",
    ];
    assert_eq!(found, expected);
    let timeouts = v1::Timeouts { client_ms: Some(0), server_ms: Some(u64::MAX), ..Default::default() };
    let found = of_frontend(|frontend| frontend.timeouts = Some(timeouts));
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn addresses_that_are_none() {
    assert_eq!(of_endpoint(|endpoint| endpoint.address = None), ["address: address is not set"]);
    let ip = |ip: &[u8], port| v1::endpoint::Address::Ip(v1::IpAddress { ip: ip.to_vec().into(), port });
    let found = of_endpoint(|endpoint| endpoint.address = Some(ip(&[1, 2, 3], 0)));
    let expected = [
        "address: ip is neither 4 nor 16 bytes of an address, but 3",
        "address: port is 0, allowed is 1 to 65535",
    ];
    assert_eq!(found, expected);
    let host = |name: &str| v1::endpoint::Address::Host(v1::HostAddress { name: name.into(), port: 80 });
    for name in ["", "a b", "a\nb", &"x".repeat(254)] {
        assert_eq!(of_endpoint(|endpoint| endpoint.address = Some(host(name))).len(), 1, "{name:?}");
    }
    let unix = |path: &[u8]| {
        v1::endpoint::Address::Unix(v1::UnixAddress { path: path.to_vec().into(), ..Default::default() })
    };
    for path in [&b""[..], b"\0", b"/run/a\0b", &[b'x'; 108]] {
        assert_eq!(of_endpoint(|endpoint| endpoint.address = Some(unix(path))).len(), 1, "{path:?}");
    }
    for path in [&b"/run/app.sock"[..], b"\0app"] {
        assert!(of_endpoint(|endpoint| endpoint.address = Some(unix(path))).is_empty(), "{path:?}");
    }
}

#[test]
fn ports_that_depend_on_the_client() {
    let ip = |port| v1::endpoint::Address::Ip(v1::IpAddress { ip: vec![10, 0, 0, 1].into(), port });
    let host = |port| v1::endpoint::Address::Host(v1::HostAddress { name: "app".into(), port });
    let unix =
        v1::endpoint::Address::Unix(v1::UnixAddress { path: b"/a".to_vec().into(), ..Default::default() });
    let of = |address: &v1::endpoint::Address, offset| {
        of_endpoint(|endpoint| {
            (endpoint.address, endpoint.client_port_offset) = (Some(address.clone()), offset);
        })
    };
    for address in [ip(0), host(0)] {
        for offset in [0, -65_535, 65_535] {
            assert!(of(&address, Some(offset)).is_empty(), "{address:?} {offset}");
        }
        assert_eq!(of(&address, Some(65_536)), ["client_port_offset is 65536, allowed is -65535 to 65535"]);
        assert_eq!(of(&address, None), ["address: port is 0, allowed is 1 to 65535"]);
    }
    for address in [ip(80), host(80), unix] {
        assert_eq!(of(&address, Some(0)).len(), 1, "{address:?}");
    }
}

#[test]
fn unset_and_unknown_choices() {
    assert_eq!(of_frontend(|frontend| frontend.mode = 0), ["mode is not set"]);
    let unknown = "mode has the value 9, which this version does not know";
    assert_eq!(of_frontend(|frontend| frontend.mode = 9), [unknown]);
    assert_eq!(of_backend(|backend| backend.balance = None), ["balance: algorithm is not set"]);
    let unset = |backend: &mut v1::Backend| backend.check = Some(v1::HealthCheck { probe: None });
    assert_eq!(of_backend(unset), ["check: probe is not set"]);
    let zero = |backend: &mut v1::Backend| backend.redispatch = Some(v1::Redispatch { interval: 0 });
    assert_eq!(of_backend(zero), ["redispatch.interval is not set"]);
    let http = v1::HttpOptions::default();
    assert_eq!(of_frontend(|frontend| frontend.http = Some(http)), ["http: connection_mode is not set"]);
    let target = v1::LogTarget::default();
    let logging = v1::Logging { targets: vec![target], ..Default::default() };
    let found = of_frontend(|frontend| frontend.logging = Some(logging));
    assert_eq!(found, ["logging: target 1: address is not set", "logging: target 1: format is not set"]);
    let wrong = of_endpoint(|endpoint| endpoint.backend = Some(id(Kind::Frontend, "main")));
    assert_eq!(wrong, ["backend names a frontend, wanted is a backend"]);
    let wrong = of_endpoint(|endpoint| endpoint.track = Some(id(Kind::Backend, "app")));
    assert_eq!(wrong, ["track names a backend, wanted is a endpoint"]);
    let both = of_endpoint(|endpoint| {
        let schedule = v1::CheckSchedule { interval_ms: 1, rise: 1, fall: 1, ..Default::default() };
        (endpoint.check, endpoint.track) = (Some(schedule), Some(id(Kind::Endpoint, "app/b")));
    });
    assert_eq!(both.len(), 1, "{both:?}");
    let normalize = |normalizer, full| {
        let action = Some(v1::rule::Action::Normalize(v1::Normalize { normalizer, full }));
        of_frontend(|frontend| frontend.request_rules = vec![v1::Rule { when: None, action }])
    };
    for (normalizer, full, faults) in
        [(0, false, 1), (99, false, 1), (1, true, 1), (1, false, 0), (3, true, 0)]
    {
        assert_eq!(normalize(normalizer, full).len(), faults, "{normalizer} {full}");
    }
}

#[test]
fn conditions_that_do_not_add_up() {
    use v1::op::Op::{Operator, Test};
    let found = |ops: Vec<v1::op::Op>| {
        let tests = vec![path_test(v1::Match::Beg, &["/"])];
        of_condition(v1::Condition { tests, ops: ops.into_iter().map(op).collect() })
    };
    let (not, and) = (Operator(v1::Operator::Not as i32), Operator(v1::Operator::And as i32));
    assert!(found(vec![Test(0), not, Test(0), and]).is_empty());
    assert_eq!(found(vec![]), ["condition: a condition without operations"]);
    assert_eq!(found(vec![Test(1)]), ["condition: operation 1 names test 1, there are 1"]);
    assert_eq!(found(vec![not]), ["condition: operation 1 lacks something to work on"]);
    assert_eq!(found(vec![Test(0), and]), ["condition: operation 2 lacks something to work on"]);
    assert_eq!(found(vec![Test(0), Test(0)]), ["condition: the operations leave 2 values, not one"]);
    assert_eq!(found(vec![Test(0), Operator(0)]), ["condition: operator is not set"]);
    let unset = v1::Condition { tests: Vec::new(), ops: vec![v1::Op { op: None }] };
    assert_eq!(of_condition(unset), ["condition: op is not set"]);
    let deep = found(vec![Test(0); MAX_CONDITION_DEPTH + 1]);
    assert_eq!(deep, [format!("condition: operation {} nests deeper than 32", MAX_CONDITION_DEPTH + 1)]);
    let long = found(vec![not; 5000]);
    assert_eq!(long, ["condition: ops has 5000 entries, the limit is 4096"]);
}

#[test]
fn tests_that_compare_with_nothing() {
    use v1::Match;
    assert_eq!(of_test(path_test(Match::Beg, &[])), ["there is nothing to compare with"]);
    assert_eq!(of_test(path_test(Match::Found, &["x"])), ["a pattern means nothing here"]);
    assert_eq!(of_test(path_test(Match::Unspecified, &["x"])), ["match is not set"]);
    assert_eq!(of_test(path_test(Match::Int, &["5", "x", "9:1", "ge 1 2"])).len(), 3);
    assert_eq!(
        of_test(path_test(Match::Ip, &["10.0.0.0/33", "10.0.0.0/255.0.255.0", "app", "::/x"])).len(),
        4
    );
    assert_eq!(of_test(path_test(Match::Bin, &["0g", "abc", ""])).len(), 3);
    assert_eq!(of_test(path_test(Match::Beg, &[&"x".repeat(20_000)])).len(), 1);
}

#[test]
fn regular_expressions_that_do_not_compile() {
    use v1::Match;
    let found = of_test(path_test(Match::Reg, &["fine", "(", "a{1000}{1000}{1000}", "(?=x)"]));
    assert_eq!(found.len(), 3, "{found:#?}");
    assert_eq!(found[0], "the regular expression \"(\" does not compile: unclosed group");
    assert!(found[1].contains("limit"), "{}", found[1]);
    assert!(found[2].contains("look-around"), "{}", found[2]);
    let heavy: Vec<String> = (0..400).map(|n| format!("{n}(a{{1,900}}b{{1,900}})")).collect();
    let heavy: Vec<&str> = heavy.iter().map(String::as_str).collect();
    let found = of_test(path_test(Match::Reg, &heavy));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("the regular expressions together"), "{found:?}");
}

#[test]
fn blobs_have_to_be_there_and_be_themselves() {
    let file = blob(b"/a\n");
    let name = file.id.as_ref().unwrap().name.clone();
    let with_blob = || patterns("l", list(&file));
    assert!(faults(&[with_blob(), file.clone()]).is_empty());
    let missing = format!("test.cfg:1: blob {name} is not there");
    assert_eq!(faults(&[with_blob()]), [missing]);
    assert_eq!(
        faults(&[patterns("l", v1::PatternList { blob: "no hash".into(), ..Default::default() })]).len(),
        1
    );
    let mut renamed = file.clone();
    renamed.id = Some(id(Kind::Blob, "other"));
    assert_eq!(faults(&[renamed]).len(), 1);

    let first = full(&[with_blob(), file.clone()]);
    let gone = [id(Kind::Blob, &name)];
    let rejected = compile(Some(&first), Change::Delta { changed: &[], removed: &gone }).unwrap_err();
    assert_eq!(rejected[0].to_string(), format!("test.cfg:1: blob {name} is not there"));
    assert_eq!(rejected[0].id, id(Kind::Patterns, "l"));
    let both = [id(Kind::Blob, &name), id(Kind::Patterns, "l")];
    assert!(compile(Some(&first), Change::Delta { changed: &[], removed: &both }).is_ok());
}

#[test]
fn rules_name_their_own_origin() {
    use v1::rule::Action;
    let rule = |action: Option<Action>| v1::Rule { when: None, action };
    let literal = |text: &str| v1::FormatPiece {
        piece: Some(v1::format_piece::Piece::Literal(text.as_bytes().to_vec().into())),
        ..Default::default()
    };
    let value = |text: &str| Some(v1::Format { pieces: vec![literal(text)] });
    let header = |name: &str, text: &str| v1::SetHeader { name: name.into(), value: value(text) };
    let redirect = v1::Redirect { kind: 1, status: 200, target: None, ..Default::default() };
    let delete = v1::DeleteHeader { name: "x-".into(), r#match: v1::Match::Ip as i32 };
    let alias =
        v1::FormatPiece { piece: Some(v1::format_piece::Piece::Alias("Ci".into())), ..Default::default() };
    let body = v1::reply::Content::Formatted(v1::Format { pieces: vec![alias] });
    let rules = vec![
        rule(None),
        rule(Some(Action::SetHeader(header("X Bad", "fine")))),
        rule(Some(Action::AddHeader(header("X-Split", "a\r\nb")))),
        rule(Some(Action::Redirect(redirect))),
        rule(Some(Action::Return(v1::Reply { status: 99, content: Some(body), ..Default::default() }))),
        rule(Some(Action::DeleteHeader(delete))),
        rule(Some(Action::Deny(v1::Reply { status: 403, ..Default::default() }))),
        rule(Some(Action::Allow(v1::Allow {}))),
    ];
    let mut main = frontend("main");
    let Some(Body::Frontend(wire)) = &mut main.body else { panic!("a frontend") };
    wire.request_rules = rules;
    // The last two have no place of their own: they are told as of their object.
    let request_rules = (11..17).map(line).collect();
    main.provenance = Some(v1::Provenance { request_rules, ..line(1).into() });
    let found = faults(&[main]);
    let expected = [
        "test.cfg:11: request rule 1: action is not set",
        "test.cfg:12: request rule 2: set_header: \"X Bad\" is no header name: letters, digits and !#$%&'*+-.^_`|~ are allowed",
        "test.cfg:13: request rule 3: add_header: value: value has a character that is not allowed there: \"a\\\\r\\\\nb\"",
        "test.cfg:14: request rule 4: redirect: target is not set",
        "test.cfg:14: request rule 4: redirect: status is 200, allowed is 301, 302, 303, 307 or 308",
        "test.cfg:15: request rule 5: return: status is 99, allowed is 200 to 599",
        "test.cfg:15: request rule 5: return: content: piece 1: there is no log-format alias %Ci",
        "test.cfg:16: request rule 6: delete_header: match is MATCH_IP, allowed is str, beg, end, sub or reg",
        "test.cfg:1: request rule 7: deny: content: content is not set",
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_there_can_be_one_of() {
    let process = |name| resource(Kind::Process, name, "", Body::Process(v1::Process::default()));
    let found = faults(&[process("a"), process("b")]);
    assert_eq!(
        found,
        ["test.cfg:1: there is one set of process settings, and test/process/a has it already"]
    );
    let found = faults(&[listener("a", 80), listener("b", 80), listener("c", 0), listener("d", 0)]);
    assert_eq!(found, ["test.cfg:1: the address is that of test/listener/a already"]);
    let page = |status| v1::ErrorPage { status, blob: String::new() };
    assert_eq!(of_frontend(|frontend| frontend.error_pages = vec![page(503), page(503)]).len(), 1);
    let body = blob(b"oops");
    let name = body.id.as_ref().unwrap().name.clone();
    let mut main = frontend("main");
    let Some(Body::Frontend(wire)) = &mut main.body else { panic!("a frontend") };
    wire.error_pages = vec![v1::ErrorPage { status: 503, blob: name }];
    let found = faults(&[main, body]);
    assert_eq!(found, ["test.cfg:1: error page 1: is no HTTP/1 response: it has to begin with HTTP/1."]);
}

#[test]
fn a_flood_of_faults_is_counted() {
    let bad: Vec<Resource> = (0..1_500)
        .map(|n| {
            let mut bad = backend(&format!("b{n}"));
            bad.body = None;
            bad
        })
        .collect();
    let found = faults(&bad);
    assert_eq!(found.len(), 1_001);
    assert_eq!(found[1_000], "... and 500 faults more");
}

#[test]
fn a_page_with_conditions_that_are_none() {
    let page = |admin: Vec<v1::Condition>| {
        let stats = v1::StatsPage { uri: "/stats".into(), admin, ..Default::default() };
        let service = v1::Service { kind: Some(v1::service::Kind::Stats(stats)) };
        let rule = v1::Rule { when: None, action: Some(v1::rule::Action::Service(service)) };
        of_frontend(|frontend| frontend.request_rules = vec![rule])
    };
    assert_eq!(page(Vec::new()), [""; 0]);
    let found = page(vec![v1::Condition::default()]);
    assert!(found.len() == 1 && found[0].contains("stats: admin 1: condition: "), "{found:?}");
    let found = page(vec![v1::Condition::default(); 1001]);
    assert!(found.len() == 1 && found[0].contains("admin"), "{found:?}");
}
