use super::*;
use crate::script::CodeOf;

#[test]
fn a_connection_alone() {
    assert_eq!(words(Script::opening(), &[]), "L4OK ");
    let explicit = Action::Connect(Connect::default());
    let mut script = tcp(vec![explicit]);
    script.steps.remove(0);
    assert_eq!(words(script, &[]), "L4OK (tcp-check)");
    assert_eq!(words(tcp(vec![send("PING")]), &[]), "L7OK (tcp-check)");
}

#[test]
fn roles_are_told_apart() {
    let script = || tcp(vec![send("info replication\r\n"), expect(string("role:master"))]);
    let master = words(script(), &[Says(b"$9\r\nrole:"), Says(b"master\r\n")]);
    assert_eq!(master, "L7OK (tcp-check)");
    let slave = words(script(), &[Says(b"role:slave\r\n"), Closes]);
    assert_eq!(slave, "L7RSP TCPCHK did not match content 'role:master' at step 2");
    let silent = words(script(), &[Says(b"role:slave\r\n")]);
    assert_eq!(silent, "late L7TOUT  at step 2 of tcp-check (expect string 'role:master')");
}

#[test]
fn each_way_to_expect() {
    let binary = Expect::new(Pattern::Text((*b"\n\x0b").into(), TextKind::Binary));
    let format = Expect::new(Pattern::Text((*b"x").into(), TextKind::Formatted));
    let empty = Expect::new(Pattern::Text(Box::default(), TextKind::Formatted));
    let hex = Expect::new(Pattern::HexRegex(regex("^6162")));
    let table = [
        (string("b"), "abc", "L7OK (tcp-check)"),
        (binary.clone(), "a\n\x0b", "L7OK (tcp-check)"),
        (binary, "abc", "L7RSP TCPCHK did not match content (binary) at step 1"),
        (Expect::new(Pattern::Regex(regex("^ab"))), "abc", "L7OK (tcp-check)"),
        (
            Expect::new(Pattern::Regex(regex("^b"))),
            "abc",
            "L7RSP TCPCHK did not match content (regex) at step 1",
        ),
        (hex.clone(), "abc", "L7OK (tcp-check)"),
        (hex, "bc", "L7RSP TCPCHK did not match content (binary regex) at step 1"),
        (format, "abc", "L7RSP TCPCHK did not match content (log-format string) at step 1"),
        (empty, "abc", "L7RSP log-format string evaluated to an empty string"),
        (
            Expect { negated: true, ..string("b") },
            "abc",
            "L7RSP TCPCHK matched unwanted content 'b' at step 1",
        ),
        (Expect { negated: true, ..string("x") }, "abc", "L7OK (tcp-check)"),
    ];
    for (wanted, answer, found) in table {
        assert_eq!(words(tcp(vec![expect(wanted)]), &[Says(answer.as_bytes()), Closes]), found);
    }
}

#[test]
fn what_is_said_takes_the_place_of_the_words() {
    let literal = |text: &str| Some(vec![crate::script::Piece::Literal(text.as_bytes().into())]);
    let base = || Expect { on_success: literal("fine"), on_error: literal("oops"), ..string("x") };
    let table = [
        (base(), "x", "L7OK fine"),
        (base(), "y", "L7RSP oops"),
        (Expect { failed: Some(Status::L7Status), ..base() }, "y", "L7STS oops"),
        (Expect { passed: Some(Status::L6Ok), ..base() }, "x", "L6OK fine"),
        (Expect { passed: Some(Status::L7OkConditional), ..base() }, "x", "L7OKC fine"),
        (Expect { code: CodeOf::Start, ..base() }, "220 y", "L7RSP/220 oops"),
    ];
    for (wanted, answer, found) in table {
        assert_eq!(words(tcp(vec![expect(wanted)]), &[Says(answer.as_bytes()), Closes]), found);
    }
    let late = Expect { late: Some(Status::L4Timeout), ..string("x") };
    assert_eq!(
        words(tcp(vec![expect(late)]), &[]),
        "late L4TOUT  at step 1 of tcp-check (expect string 'x')"
    );
}

#[test]
fn comments_are_told() {
    let mut script = tcp(vec![expect(string("x"))]);
    script.steps[1].comment = "hello".into();
    let table: [(&[Does<'_>], &str); 4] = [
        (&[Closes], "L7RSP TCPCHK got an empty response at step 1 comment: 'hello'"),
        (&[Says(b"y"), Closes], "L7RSP TCPCHK did not match content 'x' at step 1 comment: hello"),
        (&[], "late L7TOUT  at step 1 of tcp-check (expect string 'x') comment: 'hello'"),
        (
            &[Resets],
            "SOCKERR Connection reset by peer at step 1 of tcp-check (expect string 'x') comment: 'hello'",
        ),
    ];
    for (does, found) in table {
        assert_eq!(words(script.clone(), does), found);
    }
}

#[test]
fn a_negated_expectation_holds_for_all_that_comes() {
    let not = Expect { negated: true, min_bytes: Some(1), ..string("BAD") };
    let script = || tcp(vec![expect(not.clone()), expect(string("GOOD"))]);
    assert_eq!(words(script(), &[Says(b"GOOD")]), "L7OK (tcp-check)");
    let found = words(script(), &[Says(b"GOxx"), Says(b" BAD")]);
    assert_eq!(found, "L7RSP TCPCHK matched unwanted content 'BAD' at step 1");
}

#[test]
fn a_least_length_makes_a_judgement_final() {
    let least = |bytes| tcp(vec![expect(Expect { min_bytes: Some(bytes), ..string("x") })]);
    assert_eq!(
        words(least(5), &[Says(b"abc"), Says(b"def"), Says(b"x")]),
        "L7RSP TCPCHK did not match content 'x' at step 1"
    );
    assert_eq!(words(least(0), &[Says(b"a")]), "L7RSP TCPCHK did not match content 'x' at step 1");
    assert_eq!(words(least(5), &[Says(b"x"), Closes]), "L7OK (tcp-check)");
}

#[test]
fn each_send_and_each_connection_forgets_what_came() {
    let script = tcp(vec![expect(string("ab")), send("x"), expect(string("cd"))]);
    assert_eq!(words(script, &[Says(b"abcd")]), "late L7TOUT  at step 3 of tcp-check (expect string 'cd')");
    let second = Action::Connect(Connect { port: std::num::NonZeroU16::new(9), ..Connect::default() });
    let script = tcp(vec![expect(string("ab")), second, expect(string("b"))]);
    assert_eq!(words(script, &[Says(b"ab"), Closes]), "L7OK (tcp-check)");
}

#[test]
fn refusals_tell_where() {
    let refused = |script: Script, steps: usize| {
        let mut talk = Talk::new(Arc::new(script), Circumstances::default());
        for _ in 0..steps {
            assert!(matches!(talk.want(), Want::Connect { .. }));
            talk.connected();
            assert!(matches!(talk.want(), Want::Receive));
            talk.received(b"x");
        }
        assert!(matches!(talk.want(), Want::Connect { .. }));
        talk.refused(Status::L4Connection, "Connection refused").info
    };
    assert_eq!(refused(Script::opening(), 0), "Connection refused");
    let script = || {
        let second = Action::Connect(Connect { port: std::num::NonZeroU16::new(9), ..Connect::default() });
        tcp(vec![expect(string("x")), second])
    };
    assert_eq!(refused(script(), 0), "Connection refused at initial connection step of tcp-check");
    assert_eq!(refused(script(), 1), "Connection refused at step 2 of tcp-check (connect port 9)");
}

#[test]
fn proxy_lines_are_sent_where_the_step_or_the_endpoint_asks() {
    let sent = |connect: Connect, send_proxy| {
        let mut script = tcp(vec![send("x")]);
        script.steps[0].action = Action::Connect(connect);
        hold(script, Circumstances { send_proxy, ..Circumstances::default() }, &[]).1
    };
    assert_eq!(sent(Connect::implied(), true), b"<PROXY>x");
    assert_eq!(sent(Connect::implied(), false), b"x");
    assert_eq!(sent(Connect::default(), true), b"x");
    assert_eq!(sent(Connect { send_proxy: true, ..Connect::default() }, false), b"<PROXY>x");
}

#[test]
fn tls_is_spoken_where_the_step_or_the_endpoint_asks() {
    let opened = |connect: Connect, over_tls| {
        let mut script = tcp(Vec::new());
        script.steps[0].action = Action::Connect(connect);
        let mut talk = Talk::new(Arc::new(script), Circumstances { over_tls, ..Circumstances::default() });
        let Want::Connect { tls, .. } = talk.want() else { panic!("it connects") };
        talk.connected();
        let Want::Over(outcome) = talk.want() else { panic!("that is all") };
        (tls, outcome.status)
    };
    let own = || Connect { tls: true, ..Connect::default() };
    assert_eq!(opened(Connect::implied(), true), (true, Status::L6Ok));
    assert_eq!(opened(Connect::implied(), false), (false, Status::L4Ok));
    assert_eq!(opened(Connect::default(), true), (false, Status::L4Ok));
    assert_eq!(opened(own(), false), (true, Status::L6Ok));
    let script = tcp(vec![expect(string("y"))]);
    let late = |at, awaited| script.late(at, awaited).status;
    assert_eq!(late(0, Awaited::Agreement), Status::L6Timeout);
    assert_eq!(late(0, Awaited::Connection), Status::L4Timeout);
    assert_eq!(late(1, Awaited::Answer), Status::L7Timeout);
}

#[test]
fn an_answer_counts_though_sending_failed() {
    let mut talk = Talk::new(Arc::new(tcp(vec![send("x"), expect(string("y"))])), Circumstances::default());
    assert!(matches!(talk.want(), Want::Connect { .. }));
    talk.connected();
    assert!(matches!(talk.want(), Want::Send(_)));
    talk.broke("Broken pipe");
    assert!(matches!(talk.want(), Want::Receive));
    talk.received(b"y");
    assert!(matches!(talk.want(), Want::Over(Outcome { status: Status::L7Ok, .. })));
}
