use sluicegate_proto::catalog::{CONVERTERS, FETCHES};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{Kind, Match, Resource, resource::Body};

use super::super::tests::id;
use super::super::{Change, compile};
use super::*;
use crate::expr::{Format, Piece, Value};

fn text(text: &str) -> v1::Argument {
    v1::Argument { value: Some(argument::Value::Text(text.as_bytes().to_vec().into())) }
}

fn number(number: i64) -> v1::Argument {
    v1::Argument { value: Some(argument::Value::Integer(number)) }
}

fn call(name: &str, arguments: Vec<v1::Argument>) -> v1::Call {
    v1::Call { name: name.into(), arguments }
}

/// The sample as it comes out of a format in a log line.
fn compiled(fetch: v1::Call, converters: Vec<v1::Call>) -> Result<Sample, String> {
    let sample = v1::Sample { fetch: Some(fetch), converters };
    let piece =
        v1::FormatPiece { piece: Some(v1::format_piece::Piece::Sample(sample)), ..Default::default() };
    let format = Some(v1::Format { pieces: vec![piece] });
    let logging = Some(v1::Logging { format, ..Default::default() });
    let frontend = v1::Frontend { mode: v1::Mode::Tcp as i32, logging, ..Default::default() };
    let body = Some(Body::Frontend(frontend));
    let resource = Resource { id: Some(id(Kind::Frontend, "main")), body, ..Default::default() };
    let resources = [resource, list("numbers", true), list("plain", false)];
    let runtime = compile(None, Change::Full(&resources)).map_err(|rejected| {
        let found = rejected[0].to_string();
        found.trim_start_matches("logging: format: piece 1: sample: ").to_owned()
    })?;
    let frontend = runtime.frontends.values().next().unwrap();
    let format: &Format = frontend.settings.logging.format.as_ref().unwrap();
    match format.pieces() {
        [Piece { value: Value::Sample(sample), .. }] => Ok(sample.clone()),
        other => panic!("{other:?}"),
    }
}

fn list(name: &str, map: bool) -> Resource {
    let body = Some(Body::Patterns(v1::PatternList { map, ..Default::default() }));
    Resource { id: Some(id(Kind::Patterns, name)), body, ..Default::default() }
}

fn map(name: &str) -> v1::Argument {
    v1::Argument { value: Some(argument::Value::List(id(Kind::Patterns, name))) }
}

/// Arguments that any specification takes.
fn plausible(spec: &ArgumentSpec) -> v1::Argument {
    match (spec.kind, spec.name) {
        (ArgumentType::Integer, _) => number(1),
        (ArgumentType::Map, _) => map("numbers"),
        (ArgumentType::Text, "value") => text("1"),
        (ArgumentType::Text, "delimiter") => text("?"),
        (ArgumentType::Text, "unit") => text("ms"),
        (ArgumentType::Text, "start") => text("+1"),
        (ArgumentType::Text, "type") => text("AUTHORITY"),
        (ArgumentType::Server, _) => text("app/app01"),
        (ArgumentType::Text | ArgumentType::Backend | ArgumentType::Frontend, _) => text("name"),
    }
}

#[test]
fn every_fetch_of_the_catalogue_compiles() {
    for spec in FETCHES {
        for count in 0..=spec.arguments.len() {
            let arguments = spec.arguments[..count].iter().map(plausible).collect();
            let enough = spec.arguments[count..].iter().all(|argument| !argument.required);
            match compiled(call(spec.name, arguments), Vec::new()) {
                Ok(sample) if enough => assert_eq!(sample.yields(), spec.yields, "{}", spec.name),
                Err(fault) if !enough => assert!(fault.contains("wants the argument"), "{fault}"),
                other => panic!("{} with {count} arguments: {other:?}", spec.name),
            }
        }
    }
}

#[test]
fn every_converter_of_the_catalogue_compiles() {
    for spec in CONVERTERS {
        // What a map gives without an entry is of the type that it gives.
        let default = |argument: &&ArgumentSpec| argument.name != "default";
        let arguments = spec.arguments.iter().filter(default).map(plausible).collect();
        let sample = compiled(call("path", vec![]), vec![call(spec.name, arguments)]).unwrap();
        assert_eq!(sample.converters[0].takes(), spec.takes, "{}", spec.name);
        assert_eq!(sample.yields(), spec.yields, "{}", spec.name);
    }
}

#[test]
fn wrong_names_and_arguments_are_told() {
    let fault = |fetch, converters| compiled(fetch, converters).unwrap_err();
    assert_eq!(fault(call("pth", vec![]), vec![]), "there is no fetch pth");
    let unknown = fault(call("path", vec![]), vec![call("lwr", vec![])]);
    assert_eq!(unknown, "converter 1: there is no converter lwr");
    assert_eq!(fault(call("hdr", vec![]), vec![]), "hdr wants the argument name");
    assert_eq!(fault(call("path", vec![text("x")]), vec![]), "path takes 0 arguments, here are 1");
    let wrong = fault(call("hdr", vec![number(3)]), vec![]);
    assert_eq!(wrong, "hdr: the argument name is 3, wanted is text");
    let wrong = fault(call("int", vec![text("x")]), vec![]);
    assert_eq!(wrong, "int: the argument value is \"x\", wanted is a number");
    assert!(fault(call("hdr", vec![text("a b")]), vec![]).contains("no header name"));
    assert!(fault(call("bool", vec![text("yes")]), vec![]).contains("true, false, 0 or 1"));
    assert!(fault(call("urlp", vec![text("a"), text("??")]), vec![]).contains("one character"));
    let zero = vec![call("field", vec![number(0), text(",")])];
    assert!(fault(call("path", vec![]), zero).contains("wanted is not 0"));
    let negative = vec![call("bytes", vec![number(-1)])];
    assert!(fault(call("path", vec![]), negative).contains("0 or more"));
    let unset = v1::Call { name: "str".into(), arguments: vec![v1::Argument { value: None }] };
    assert_eq!(fault(unset, vec![]), "argument is not set");
    let plain = fault(call("path", vec![]), vec![call("map", vec![map("plain")])]);
    assert!(plain.ends_with("has patterns, and no keys with values"), "{plain}");
    let named = fault(call("path", vec![]), vec![call("map", vec![text("numbers")])]);
    assert!(named.contains("wanted is a map"), "{named}");
    let default = vec![call("map_str_ip", vec![map("numbers"), text("x")])];
    assert!(fault(call("path", vec![]), default).contains("wanted is an address"));
    let many = vec![call("lower", vec![]); MAX_CONVERTERS + 1];
    assert_eq!(fault(call("path", vec![]), many), "converters has 33 entries, the limit is 32");
}

#[test]
fn proxies_are_looked_up_beside_what_names_them() {
    let figure = |name: &str, of: &str| -> Result<Figure, String> {
        match compiled(call(name, vec![text(of)]), vec![])?.fetch {
            Fetch::Figure(figure) => Ok(*figure),
            other => panic!("{other:?}"),
        }
    };
    let key = |kind, name| ObjectKey::try_from(&id(kind, name)).unwrap();
    let nbsrv = figure("nbsrv", "app").unwrap();
    assert_eq!(nbsrv, Figure { what: Counted::Usable, of: key(Kind::Backend, "app") });
    let fe_conn = figure("fe_conn", "main").unwrap();
    assert_eq!(fe_conn, Figure { what: Counted::FrontendConnections, of: key(Kind::Frontend, "main") });
    let up = figure("srv_is_up", "app/a").unwrap();
    assert_eq!(up, Figure { what: Counted::IsUp("a".into()), of: key(Kind::Backend, "app") });
    assert!(figure("srv_is_up", "app").unwrap_err().contains("wanted is a backend and a server"));
    assert!(figure("nbsrv", "").unwrap_err().contains("wanted is a name"));
    let below = |range| compiled(call("rand", vec![number(range)]), vec![]);
    assert!(below(0).unwrap_err().contains("wanted is 1 to 4294967295"));
    assert!(below(1).is_ok());
    let unit = compiled(call("date", vec![number(0), text("h")]), vec![]).unwrap_err();
    assert!(unit.contains("wanted is s, ms or us"), "{unit}");
}

#[test]
fn values_that_cannot_become_what_is_asked_for() {
    let fault = compiled(call("src", vec![]), vec![call("not", vec![])]).unwrap_err();
    assert_eq!(fault, "not takes a truth value, but gets an address");
    assert!(compiled(call("src", vec![]), vec![call("lower", vec![])]).is_ok());
    assert!(compiled(call("dst_port", vec![]), vec![call("bool", vec![])]).is_ok());
}

#[test]
fn occurrence_zero_is_none() {
    let header = |occurrence| {
        let sample = compiled(call("hdr", vec![text("X"), number(occurrence)]), vec![]).unwrap();
        let Fetch::Header(header) = sample.fetch else { panic!("a header") };
        header.occurrence.map(NonZeroI64::get)
    };
    assert_eq!((header(0), header(2), header(-1)), (None, Some(2), Some(-1)));
}

#[test]
fn the_matches_of_the_schema_are_all_known() {
    // A new match has to be met in `matcher` before it can be spoken.
    assert!(Match::try_from(Match::Bin as i32 + 1).is_err());
}

#[test]
fn values_of_headers_are_called_by_number_or_name() {
    let table = [
        ("0", Some(0)),
        ("255", Some(255)),
        ("0xEa", Some(0xea)),
        ("AWS", Some(0xea)),
        ("authority", Some(2)),
        ("UNIQUE_ID", Some(5)),
        ("256", None),
        ("0x100", None),
        ("-1", None),
        ("", None),
        ("AUTHORITIES", None),
    ];
    for (written, number) in table {
        let fetch = compiled(call("fc_pp_tlv", vec![text(written)]), Vec::new()).map(|sample| sample.fetch);
        assert_eq!(fetch.as_ref().ok(), number.map(Fetch::ProxyValue).as_ref(), "{written}: {fetch:?}");
    }
}
