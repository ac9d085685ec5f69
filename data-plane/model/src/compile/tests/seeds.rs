//! The seeds of the fuzz target `snapshot`: two updates, the length of the first before them.
//!
//! `SLUICEGATE_UPDATE_SEEDS=1` writes them; without it this test holds the files to what stands here.

use std::path::Path;

use prost::Message;
use sluicegate_proto::catalog::{CONVERTERS, FETCHES};

use super::*;

fn update(changed: Vec<Resource>, removed: Vec<ObjectId>) -> v1::Update {
    v1::Update { changed, removed, ..Default::default() }
}

/// A frontend that logs every fetch, converter and alias.
fn talkative() -> Resource {
    use v1::format_piece::Piece;
    let named = |name: &str| {
        let text = v1::argument::Value::Text(name.as_bytes().to_vec().into());
        v1::Argument { value: Some(text) }
    };
    let number = || v1::Argument { value: Some(v1::argument::Value::Integer(1)) };
    let map = || v1::Argument { value: Some(v1::argument::Value::List(id(Kind::Patterns, "numbers"))) };
    let argument = |spec: &sluicegate_proto::catalog::ArgumentSpec| match spec.kind {
        sluicegate_proto::catalog::ArgumentType::Text if spec.name == "unit" => named("ms"),
        sluicegate_proto::catalog::ArgumentType::Server => named("app/a"),
        sluicegate_proto::catalog::ArgumentType::Text
        | sluicegate_proto::catalog::ArgumentType::Backend
        | sluicegate_proto::catalog::ArgumentType::Frontend => named("1"),
        sluicegate_proto::catalog::ArgumentType::Integer => number(),
        sluicegate_proto::catalog::ArgumentType::Map => map(),
    };
    let fetches = FETCHES.iter().map(|spec| {
        let arguments = spec.arguments.iter().map(argument).collect();
        v1::Sample { fetch: Some(v1::Call { name: spec.name.into(), arguments }), converters: Vec::new() }
    });
    let converters = CONVERTERS.iter().map(|spec| {
        // What a map gives without an entry is of another type each time: left out.
        let is_map = sluicegate_proto::catalog::map_spec(spec.name).is_some();
        let given = spec.arguments.iter().filter(|argument| argument.required || !is_map);
        let arguments = given.map(argument).collect();
        let converter = v1::Call { name: spec.name.into(), arguments };
        v1::Sample { fetch: Some(call("path")), converters: vec![converter] }
    });
    let samples = fetches.chain(converters).map(Piece::Sample);
    let aliases = sluicegate_proto::catalog::ALIASES.iter().map(|spec| Piece::Alias(spec.name.into()));
    let pieces = samples
        .chain(aliases)
        .map(|piece| v1::FormatPiece { piece: Some(piece), ..Default::default() })
        .collect();
    let logging = v1::Logging { format: Some(v1::Format { pieces }), ..Default::default() };
    let frontend = v1::Frontend { mode: v1::Mode::Http as i32, logging: Some(logging), ..Default::default() };
    resource(Kind::Frontend, "main", "", Body::Frontend(frontend))
}

/// A frontend with a rule of every kind, over a test of every match.
fn ruled(list: &Resource) -> Resource {
    use v1::rule::Action;
    let text = |text: &str| v1::FormatPiece {
        piece: Some(v1::format_piece::Piece::Literal(text.as_bytes().to_vec().into())),
        ..Default::default()
    };
    let format = |written: &str| Some(v1::Format { pieces: vec![text(written)] });
    let header = || v1::SetHeader { name: "X-A".into(), value: format("a") };
    let reply = |content| v1::Reply { status: 200, content: Some(content), ..Default::default() };
    let delete = v1::DeleteHeader { name: "x-".into(), r#match: v1::Match::Beg as i32 };
    let redirect = v1::Redirect { kind: 2, target: format("https://"), status: 301, ..Default::default() };
    let actions = [
        Action::Return(reply(v1::reply::Content::Text(b"hello".to_vec().into()))),
        Action::Deny(reply(v1::reply::Content::ErrorPage(v1::Empty {}))),
        Action::Redirect(redirect),
        Action::SetHeader(header()),
        Action::AddHeader(header()),
        Action::DeleteHeader(delete),
        Action::Allow(v1::Allow {}),
        Action::Normalize(v1::Normalize { normalizer: 3, full: true }),
        Action::UseCache(id(Kind::Cache, "small")),
    ];
    let tests = [
        (v1::Match::Int, "1:5"),
        (v1::Match::Ip, "10.0.0.0/8"),
        (v1::Match::Str, "/a"),
        (v1::Match::Dir, "a/b"),
        (v1::Match::Dom, "a.b"),
        (v1::Match::Reg, "^/(a|b)[0-9]+$"),
        (v1::Match::Len, "ge 3"),
        (v1::Match::Sub, "a"),
        (v1::Match::End, ".jpg"),
        (v1::Match::Bin, "2f61"),
    ];
    let mut tests: Vec<v1::Test> = tests.iter().map(|(how, pattern)| path_test(*how, &[pattern])).collect();
    tests[2].pattern_lists = vec![list.id.clone().unwrap()];
    let and = v1::op::Op::Operator(v1::Operator::And as i32);
    let not = v1::op::Op::Operator(v1::Operator::Not as i32);
    let others = (1..u32::try_from(tests.len()).unwrap()).flat_map(|at| [v1::op::Op::Test(at), not, and]);
    let ops = std::iter::once(v1::op::Op::Test(0)).chain(others).map(op).collect();
    let when = v1::Condition { tests, ops };
    let rule = |action| v1::Rule { when: Some(when.clone()), action: Some(action) };
    let frontend = v1::Frontend {
        mode: v1::Mode::Http as i32,
        request_rules: actions.into_iter().map(rule).collect(),
        compression: Some(v1::Compression {
            algorithms: vec![v1::CompressionAlgorithm {
                coding: v1::ContentCoding::Gzip.into(),
                level: Some(1),
            }],
            types: vec!["text/html".into()],
            offload: true,
            min_bytes: 256,
            requests: Some(v1::RequestCompression {
                algorithm: Some(v1::CompressionAlgorithm {
                    coding: v1::ContentCoding::Zstd.into(),
                    level: None,
                }),
                types: vec!["application/json".into()],
                min_bytes: 128,
            }),
        }),
        response_rules: vec![v1::Rule {
            when: None,
            action: Some(Action::StoreInCache(id(Kind::Cache, "small"))),
        }],
        ..Default::default()
    };
    let request_rules = vec![line(9); frontend.request_rules.len()];
    let mut main = resource(Kind::Frontend, "main", "", Body::Frontend(frontend));
    main.provenance = Some(v1::Provenance { request_rules, ..line(1).into() });
    main
}

/// A frontend that looks at first bytes.
fn inspected() -> Resource {
    use v1::rule::Action;
    let actions = [Action::SwitchToHttp(v1::Empty {}), Action::Allow(v1::Allow {})];
    let fetch = v1::Sample { fetch: Some(call("req.len")), converters: Vec::new() };
    let test = v1::Test {
        sample: Some(fetch),
        r#match: v1::Match::Int.into(),
        ..path_test(v1::Match::Int, &["3:"])
    };
    let rule = |action| v1::Rule { when: Some(condition(test.clone())), action: Some(action) };
    let inspection = Some(v1::Inspection { delay_ms: 5_000, rules: actions.into_iter().map(rule).collect() });
    let frontend = v1::Frontend { mode: v1::Mode::Tcp.into(), inspection, ..Default::default() };
    let mut main = resource(Kind::Frontend, "main", "", Body::Frontend(frontend));
    main.provenance = Some(v1::Provenance { inspection_rules: vec![line(9)], ..line(1).into() });
    main
}

/// An endpoint that is spoken to over TLS.
fn secured() -> Resource {
    let sample = v1::Sample { fetch: Some(call("src")), converters: Vec::new() };
    let settings = v1::TlsSettings {
        min_version: v1::TlsVersion::TlsVersion12.into(),
        max_version: v1::TlsVersion::TlsVersion13.into(),
        protocols: vec![b"http/1.1"[..].into()],
        ..v1::TlsSettings::default()
    };
    let tls = Some(v1::TlsClient { settings: Some(settings), ..v1::TlsClient::default() });
    let check = v1::CheckSchedule {
        interval_ms: 2_000,
        rise: 2,
        fall: 3,
        tls: tls.clone(),
        over_tls: true,
        server_name: "app.test".into(),
        ..Default::default()
    };
    let mut endpoint = endpoint("app", 1);
    if let Some(Body::Endpoint(body)) = &mut endpoint.body {
        (body.tls, body.server_name, body.check) = (tls, Some(sample), Some(check));
    }
    endpoint
}

/// A listener for datagrams with all behind it.
fn datagrams() -> Vec<Resource> {
    let mut listener = listener("names", 53);
    if let Some(Body::Listener(body)) = &mut listener.body {
        body.udp = true;
    }
    let main = v1::Frontend {
        mode: v1::Mode::Udp.into(),
        default_backend: Some(id(Kind::Backend, "app")),
        ..Default::default()
    };
    let main = resource(Kind::Frontend, "main", "", Body::Frontend(main));
    let mut app = backend("app");
    if let Some(Body::Backend(body)) = &mut app.body {
        body.mode = v1::Mode::Udp.into();
        body.check = Some(sluicegate_proto::build::datagram_probe(b"ping"[..].into(), b"pong"[..].into()));
    }
    let mut endpoint = endpoint("app", 1);
    if let Some(Body::Endpoint(body)) = &mut endpoint.body {
        body.check = Some(v1::CheckSchedule { interval_ms: 2_000, rise: 2, fall: 3, ..Default::default() });
    }
    vec![listener, main, app, endpoint]
}

fn seeds() -> Vec<(&'static str, v1::Update, v1::Update)> {
    let file = blob(b"# paths\n/a\n /b\n");
    let paths = patterns("paths", list(&file));
    let numbers = patterns("numbers", v1::PatternList { map: true, ..Default::default() });
    let gone = |kind, name: &str| vec![id(kind, name)];
    vec![
        ("small", update(small(), vec![]), update(vec![endpoint("app", 3)], gone(Kind::Route, "a"))),
        ("talkative", update(vec![talkative(), numbers], vec![]), update(small(), vec![])),
        (
            "ruled",
            update(vec![file, ruled(&paths), paths], vec![]),
            update(vec![frontend("main")], gone(Kind::Blob, "x")),
        ),
        (
            "secured",
            update(vec![backend("app"), secured()], vec![]),
            update(vec![endpoint("app", 1)], vec![]),
        ),
        (
            "datagrams",
            update(datagrams(), vec![]),
            update(vec![endpoint("app", 2)], gone(Kind::Listener, "names")),
        ),
        ("inspected", update(vec![inspected()], vec![]), update(vec![frontend("main")], vec![])),
        ("orphans", update(vec![endpoint("app", 1), route("a", "", "/")], vec![]), update(small(), vec![])),
        ("emptied", update(small(), vec![]), update(vec![], gone(Kind::Backend, "app"))),
        ("twice", update([small(), small()].concat(), vec![]), update(vec![], vec![])),
    ]
}

#[test]
fn the_seeds_are_what_stands_here_and_compile() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/snapshot");
    for (name, first, second) in seeds() {
        let before = compile(None, Change::Full(&first.changed));
        assert_eq!(before.is_err(), name == "twice", "{name}");
        let change = Change::Delta { changed: &second.changed, removed: &second.removed };
        assert!(compile(before.ok().as_ref(), change).is_ok(), "{name}");
        let first = first.encode_to_vec();
        let length = u16::try_from(first.len()).unwrap().to_le_bytes();
        let bytes = [length.as_slice(), &first, &second.encode_to_vec()].concat();
        if std::env::var_os("SLUICEGATE_UPDATE_SEEDS").is_some() {
            std::fs::write(folder.join(name), &bytes).unwrap();
        }
        assert!(
            std::fs::read(folder.join(name)).unwrap() == bytes,
            "{name} differs: SLUICEGATE_UPDATE_SEEDS=1 writes it"
        );
    }
}
