use super::*;

#[test]
fn probes_that_are_no_http() {
    let probe = v1::HttpProbe {
        method: "G T".into(),
        uri: "/ x".into(),
        version: "HTTP/2".into(),
        headers: vec![v1::Header { name: "a:b".into(), value: b"x\r\ny".to_vec().into(), made: None }],
        expected: vec![v1::StatusRange { first: 300, last: 200 }],
        ..Default::default()
    };
    let check = v1::HealthCheck { probe: Some(v1::health_check::Probe::Http(probe)) };
    let found = of_backend(|backend| backend.check = Some(check));
    assert_eq!(found.len(), 6, "{found:#?}");
}

#[test]
fn scripts_that_cannot_be_held() {
    use v1::check_expect::Pattern;
    use v1::check_step::Action;
    let step = |action| v1::CheckStep { action, ..v1::CheckStep::default() };
    let connect = || step(Some(Action::Connect(v1::CheckConnect::default())));
    let expect = |pattern| v1::CheckExpect { pattern: Some(pattern), ..v1::CheckExpect::default() };
    let found = |http, steps: Vec<v1::CheckStep>| {
        let script = v1::CheckScript { http, steps, ..v1::CheckScript::default() };
        let check = v1::HealthCheck { probe: Some(v1::health_check::Probe::Script(script)) };
        of_backend(|backend| backend.check = Some(check))
    };
    let status = || expect(Pattern::Status(v1::StatusRanges::default()));
    assert!(found(true, vec![connect(), step(Some(Action::Expect(status())))]).is_empty());
    assert_eq!(found(false, vec![]), ["check: the first step of a check connects"]);
    let send =
        v1::CheckSend { data: (&b"abc"[..]).into(), unix_time_at: Some(0), ..v1::CheckSend::default() };
    let late = found(false, vec![step(Some(Action::Send(send)))]);
    assert_eq!(late, ["check: step 1: unix_time_at is 0, allowed is 0 to -1"]);
    let found_in = |http, action| found(http, vec![connect(), step(Some(action))]);
    let misplaced = ["check: step 2: the step in this kind of script means nothing here"];
    assert_eq!(found_in(false, Action::Expect(status())), misplaced);
    assert_eq!(found_in(true, Action::Expect(expect(Pattern::HexRegex("^30".into())))), misplaced);
    assert_eq!(found_in(true, Action::Send(v1::CheckSend::default())), misplaced);
    assert_eq!(found(false, vec![connect(), step(None)]), ["check: step 2: action is not set"]);
    assert_eq!(
        found_in(false, Action::Expect(v1::CheckExpect::default())),
        ["check: step 2: pattern is not set"]
    );
    let regex = found_in(false, Action::Expect(expect(Pattern::Regex("(".into()))));
    assert!(regex[0].starts_with("check: step 2: ") && regex[0].contains("unclosed group"), "{regex:?}");
    let unknown = v1::CheckExpect { failed: 99, ..expect(Pattern::Text((&b"x"[..]).into())) };
    assert_eq!(
        found_in(false, Action::Expect(unknown)),
        ["check: step 2: failed has the value 99, which this version does not know"]
    );
    let header = v1::HeaderText { r#match: v1::Match::Len.into(), text: (&b"x"[..]).into(), made: None };
    let header = v1::HeaderPattern { name: Some(header), ..v1::HeaderPattern::default() };
    assert_eq!(
        found_in(true, Action::Expect(expect(Pattern::Header(header)))),
        ["check: step 2: name: MATCH_LEN means nothing here"]
    );
    let many = found(false, (0..300).map(|_| connect()).collect());
    assert_eq!(many, ["check: steps has 300 entries, the limit is 256"]);
}

fn of_probe(probe: v1::health_check::Probe) -> Vec<String> {
    of_backend(|backend| backend.check = Some(v1::HealthCheck { probe: Some(probe) }))
}

#[test]
fn programs_that_cannot_be_run() {
    let found = |command: &str, path: &str| {
        let (command, path) = (command.into(), path.into());
        of_probe(v1::health_check::Probe::Program(v1::ProgramProbe { command, path, ..Default::default() }))
    };
    assert_eq!(found("/bin/check", ""), [""; 0]);
    assert_eq!(found("check", "/bin"), [""; 0]);
    assert_eq!(found("", ""), ["check: command is empty"]);
    assert_eq!(found("check", ""), ["check: a command to be looked for without a path means nothing here"]);
    assert_eq!(found("/a\0b", ""), [r#"check: command has a character that is not allowed there: "/a\0b""#]);
    assert_eq!(found("/a", "/\n").len(), 1);
}

#[test]
fn servers_of_grpc_that_cannot_be_asked() {
    let found = |service: &str, authority: &str| {
        let (service, authority) = (service.into(), authority.into());
        of_probe(v1::health_check::Probe::Grpc(v1::GrpcProbe { service, authority }))
    };
    assert_eq!(found("", ""), [""; 0]);
    assert_eq!(found("shop.v1.Cart", "[::1]:80"), [""; 0]);
    assert_eq!(found("a\n", "").len(), 1);
    assert_eq!(found("", "a b"), ["check: authority has a character that is not allowed there: \"a b\""]);
    let connect = v1::CheckConnect { http2: true, ..v1::CheckConnect::default() };
    let steps = vec![v1::CheckStep {
        action: Some(v1::check_step::Action::Connect(connect)),
        ..v1::CheckStep::default()
    }];
    let script = v1::CheckScript { steps, ..v1::CheckScript::default() };
    let misplaced = ["check: step 1: the step in this kind of script means nothing here"];
    assert_eq!(of_probe(v1::health_check::Probe::Script(script.clone())), misplaced);
    let http = v1::CheckScript { http: true, ..script };
    assert_eq!(of_probe(v1::health_check::Probe::Script(http)), [""; 0]);
}

#[test]
fn what_cannot_be_worked_out() {
    use v1::check_step::Action;
    use v1::set_check_variable::Value;
    let found = |action| {
        let connect = Action::Connect(v1::CheckConnect::default());
        let step = |action| v1::CheckStep { action: Some(action), ..v1::CheckStep::default() };
        let steps = vec![step(action), step(connect)];
        of_probe(v1::health_check::Probe::Script(v1::CheckScript { steps, ..Default::default() }))
    };
    let sample = |name: &str, arguments: Vec<v1::Argument>| v1::Sample {
        fetch: Some(v1::Call { name: name.into(), arguments }),
        converters: Vec::new(),
    };
    let set = |name: &str, when: Vec<i32>, value| {
        Action::Set(v1::SetCheckVariable { name: name.into(), when, value })
    };
    let one = || Some(Value::Sample(sample("srv_id", Vec::new())));
    assert_eq!(found(set("check.a", vec![1, 7], one())), [""; 0], "it may come before the first connection");
    assert_eq!(found(Action::Unset("check.a".into())), [""; 0]);
    assert_eq!(found(set("", Vec::new(), one())), ["check: step 1: name of a variable is empty"]);
    assert_eq!(found(set("check a", Vec::new(), one())).len(), 1);
    let long = found(set(&"a".repeat(65), Vec::new(), one()));
    assert_eq!(long, ["check: step 1: name of a variable is 65 bytes long, the limit is 64"]);
    assert_eq!(found(set("check.a", vec![99], one())).len(), 1);
    assert_eq!(found(set("check.a", vec![0], one())), ["check: step 1: when 1: when is not set"]);
    assert_eq!(
        found(set("check.a", vec![1; 9], one())),
        ["check: step 1: when has 9 entries, the limit is 8"]
    );
    assert_eq!(found(set("check.a", Vec::new(), None)), ["check: step 1: value is not set"]);
    let number = |number| v1::Argument { value: Some(v1::argument::Value::Integer(number)) };
    let payload = sample("res.payload", vec![number(-1), number(0)]);
    assert_eq!(found(set("check.a", Vec::new(), Some(Value::Sample(payload)))).len(), 1);
    let argument = sample("var", Vec::new());
    assert_eq!(found(set("check.a", Vec::new(), Some(Value::Sample(argument)))).len(), 1);
    let alias =
        v1::FormatPiece { piece: Some(v1::format_piece::Piece::Alias("ci".into())), ..Default::default() };
    let format = v1::Format { pieces: vec![alias] };
    assert_eq!(
        found(set("check.a", Vec::new(), Some(Value::Format(format)))),
        ["check: step 1: piece 1: a variable of logs in a check means nothing here"]
    );
}

/// Where a frontend or a rule would ask for them they have no value.
#[test]
fn what_checks_have_is_nothing_elsewhere() {
    let mut test = path_test(v1::Match::Found, &[]);
    test.sample = Some(v1::Sample {
        fetch: Some(v1::Call { name: "srv_name".into(), arguments: Vec::new() }),
        converters: Vec::new(),
    });
    assert_eq!(of_test(test).len(), 1);
}
