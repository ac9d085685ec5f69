//! Lists of patterns: what operators change, and what is made anew for it.

use super::*;
use crate::expr::{Converter, Lookup, Outputs};
use crate::patterns::Reference;

fn edited() -> v1::PatternList {
    let entry = |pattern: &'static str, value: &'static str| v1::PatternEntry {
        pattern: pattern.into(),
        value: value.into(),
    };
    v1::PatternList {
        map: true,
        removed: vec!["b".into()],
        changed: vec![entry("c", "see")],
        added: vec![entry("d", "4"), entry("c", "5")],
        ..list(&blob(b"a 1\nb 2\nc 3\n"))
    }
}

fn of(runtime: &Runtime, name: &str) -> Vec<(Reference, String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let list = &runtime.lists[&ObjectKey::try_from(&id(Kind::Patterns, name)).unwrap()];
    list.entries().map(|entry| (entry.reference, text(entry.pattern), text(entry.value))).collect()
}

fn looking_up(converter: &str, name: &str) -> Resource {
    let list = v1::Argument { value: Some(v1::argument::Value::List(id(Kind::Patterns, name))) };
    let mut test = path_test(v1::Match::Str, &["1"]);
    let converter = v1::Call { name: converter.to_owned(), arguments: vec![list] };
    test.sample.as_mut().unwrap().converters = vec![converter];
    routed(test)
}

fn naming(name: &str) -> Resource {
    let mut test = path_test(v1::Match::Beg, &["/x"]);
    test.pattern_lists = vec![id(Kind::Patterns, name)];
    routed(test)
}

fn routed(test: v1::Test) -> Resource {
    let mut route = route("a", "", "/");
    let Some(Body::Route(wire)) = &mut route.body else { panic!("a route") };
    wire.when = Some(condition(test));
    route
}

fn test_of(runtime: &Runtime) -> &crate::expr::Test {
    let route = &runtime.frontends.values().next().unwrap().routes[0];
    &route.when.as_ref().unwrap().tests()[0]
}

#[test]
fn edits_stand_over_what_the_blob_has() {
    let runtime = full(&[blob(b"a 1\nb 2\nc 3\n"), patterns("m", edited())]);
    let line = |line, key: &str, value: &str| (Reference::Line(line), key.to_owned(), value.to_owned());
    let added = |at, key: &str, value: &str| (Reference::Added(at), key.to_owned(), value.to_owned());
    let expected = [line(1, "a", "1"), line(3, "c", "see"), added(0, "d", "4"), added(1, "c", "5")];
    assert_eq!(of(&runtime, "m"), expected);
    let cleared = v1::PatternList { cleared: true, ..edited() };
    let runtime = full(&[blob(b"a 1\nb 2\nc 3\n"), patterns("m", cleared)]);
    assert_eq!(of(&runtime, "m"), [added(0, "d", "4"), added(1, "c", "5")]);
}

#[test]
fn a_changed_list_changes_what_names_it_and_nothing_else() {
    let file = blob(b"/a\n");
    let mut other = naming("other");
    other.id = Some(id(Kind::Route, "other"));
    let first = full(&[
        frontend("main"),
        naming("l"),
        other,
        file.clone(),
        patterns("l", list(&file)),
        patterns("other", list(&file)),
    ]);
    let matches = |runtime: &Runtime, path: &[u8]| match &test_of(runtime).matcher {
        crate::expr::Matcher::Bytes(patterns) => patterns.matches(path),
        other => panic!("{other:?}"),
    };
    assert!(matches(&first, b"/a") && matches(&first, b"/x") && !matches(&first, b"/new"));
    let added = vec![v1::PatternEntry { pattern: "/new".into(), ..Default::default() }];
    let changed = patterns("l", v1::PatternList { added, ..list(&file) });
    let change = Change::Delta { changed: &[changed], removed: &[] };
    let second = compile(Some(&first), change).unwrap();
    assert!(matches(&second, b"/new") && matches(&second, b"/a"));
    assert_eq!(second.compiled(), 2, "the list and the route that names it");
    let routes = |runtime: &Runtime| runtime.frontends.values().next().unwrap().routes.clone();
    assert!(!Arc::ptr_eq(&routes(&first)[0], &routes(&second)[0]));
    assert!(Arc::ptr_eq(&routes(&first)[1], &routes(&second)[1]));
    let all: Vec<Resource> = second.resources().map(|(_, _, resource)| Resource::clone(resource)).collect();
    assert_eq!(full(&all).hash, second.hash);
}

#[test]
fn maps_are_made_once_for_all_that_look_up_alike() {
    let file = blob(b"/a 1\n/b 2\n");
    let map = v1::PatternList { map: true, ..list(&file) };
    let mut twice = looking_up("map_beg_int", "m");
    twice.id = Some(id(Kind::Route, "b"));
    let Some(Body::Route(wire)) = &mut twice.body else { panic!("a route") };
    wire.when.as_mut().unwrap().tests[0].patterns = vec!["2".into()];
    let runtime =
        full(&[frontend("main"), looking_up("map_beg_int", "m"), twice, file.clone(), patterns("m", map)]);
    let routes = &runtime.frontends.values().next().unwrap().routes;
    let map_of = |at: usize| match &routes[at].when.as_ref().unwrap().tests()[0].sample.converters[0] {
        Converter::Map(map) => Arc::clone(map),
        other => panic!("{other:?}"),
    };
    assert!(Arc::ptr_eq(&map_of(0), &map_of(1)));
    assert!(matches!(map_of(0).lookup, Lookup::Affixes(_)));
    assert!(matches!(&map_of(0).outputs, Outputs::Int(numbers) if **numbers == [1, 2]));
}

#[test]
fn lists_have_to_be_there_and_fit() {
    let file = blob(b"/a one\n");
    let map = || patterns("m", v1::PatternList { map: true, ..list(&file) });
    let plain = || patterns("m", list(&file));
    let place = "test.cfg:1: condition: test 1: ";
    assert_eq!(faults(&[naming("m")]), [format!("{place}list 1: the list test/patterns/m is not there")]);
    assert!(faults(&[naming("m"), map(), file.clone()]).is_empty(), "keys are patterns too");
    let told = faults(&[looking_up("map", "m"), plain(), file.clone()]);
    assert!(told[0].ends_with("the list test/patterns/m has patterns, and no keys with values"), "{told:?}");
    let told = faults(&[looking_up("map_str_int", "m"), map(), file.clone()]);
    assert!(told[0].ends_with("the value of the key \"/a\" is \"one\", wanted is a number"), "{told:?}");
    let told = faults(&[looking_up("map_ip", "m"), map(), file.clone()]);
    assert!(told[0].contains("neither an address nor a network"), "{told:?}");

    let first = full(&[naming("m"), map(), file.clone()]);
    let gone = [id(Kind::Patterns, "m")];
    let rejected = compile(Some(&first), Change::Delta { changed: &[], removed: &gone }).unwrap_err();
    assert_eq!(rejected[0].to_string(), "test.cfg:1: the list test/patterns/m is not there");
}

#[test]
fn edits_are_bounded() {
    let many = vec![v1::PatternEntry::default(); sluicegate_proto::limits::MAX_PATTERN_EDITS + 1];
    let told = faults(&[patterns("m", v1::PatternList { added: many, ..Default::default() })]);
    assert!(told[0].contains("added has 16385 entries, the limit is 16384"), "{told:?}");
}
