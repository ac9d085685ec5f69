use super::*;
use crate::fake::Fake;

fn normalized(how: Normalizer, target: &str) -> String {
    let mut message = Fake::new("GET", target);
    normalize(how, &mut message, &mut Scratch::default());
    message.target.unwrap()
}

#[track_caller]
fn all(how: Normalizer, cases: &[(&str, &str)]) {
    for (target, expected) in cases {
        assert_eq!(normalized(how, target), *expected, "{how:?} of {target}");
        assert_eq!(normalized(how, expected), *expected, "{how:?} of {target}, twice");
    }
}

#[test]
fn slashes_become_one() {
    let cases = [
        ("/", "/"),
        ("//", "/"),
        ("//adm", "/adm"),
        ("/a///b/?x=//", "/a/b/?x=//"),
        ("http://a.test//b", "http://a.test/b"),
        ("*", "*"),
        ("http://a.test", "http://a.test"),
    ];
    all(Normalizer::MergeSlashes, &cases);
}

#[test]
fn dots_go() {
    let cases = [
        ("/.", "/"),
        ("/a/.", "/a/"),
        ("/./a/./b", "/a/b"),
        ("/a/.b/..", "/a/.b/.."),
        ("/a?b=/./", "/a?b=/./"),
    ];
    all(Normalizer::StripDot, &cases);
}

#[test]
fn two_dots_take_what_is_before_them() {
    let both = [
        ("/a/../b", "/b"),
        ("/a/b/..", "/a/"),
        ("/a/..", "/"),
        ("/a/b/../../c?d=/../", "/c?d=/../"),
        ("/a//../b", "/a/b"),
        ("/a/..b/c", "/a/..b/c"),
    ];
    all(Normalizer::StripDotDot { full: false }, &both);
    all(Normalizer::StripDotDot { full: true }, &both);
    let above = [("/../a", "/../a"), ("/a/../../b/../c", "/../c"), ("/..", "/.."), ("/../../a", "/../../a")];
    all(Normalizer::StripDotDot { full: false }, &above);
    let above = [("/../a", "/a"), ("/a/../../b/../c", "/c"), ("/..", "/"), ("/../../a", "/a")];
    all(Normalizer::StripDotDot { full: true }, &above);
}

#[test]
fn escapes_have_one_form() {
    all(Normalizer::PercentToUppercase, &[("/%aa?b=%2f%", "/%AA?b=%2F%"), ("/%zz%a", "/%zz%a")]);
    let cases = [("/%61dm%2e?%7e=%2f", "/adm.?~=%2f"), ("/%", "/%"), ("/%g1", "/%g1")];
    all(Normalizer::DecodeUnreserved, &cases);
}

#[test]
fn fragments_go_or_stay_as_text() {
    all(Normalizer::StripFragment, &[("/a?b#c", "/a?b"), ("/a#b#c", "/a"), ("/a", "/a")]);
    all(Normalizer::EncodeFragment, &[("/a?b#c#", "/a?b%23c%23")]);
}

#[test]
fn parameters_are_sorted_by_name() {
    let cases = [
        ("/?b=1&a=2", "/?a=2&b=1"),
        ("/?a=2&a=1&", "/?&a=2&a=1"),
        ("/?ab&a=z", "/?a=z&ab"),
        ("/", "/"),
        ("/?", "/?"),
    ];
    all(Normalizer::SortQuery, &cases);
}

proptest::proptest! {
    /// Whatever the target: the same form comes out of what came out.
    #[test]
    fn twice_is_once(target in "/[a./%?&=#2e]{0,24}") {
        let all = [
            Normalizer::MergeSlashes,
            Normalizer::StripDot,
            Normalizer::StripDotDot { full: false },
            Normalizer::StripDotDot { full: true },
            Normalizer::PercentToUppercase,
            Normalizer::StripFragment,
            Normalizer::EncodeFragment,
            Normalizer::SortQuery,
        ];
        for how in all {
            let once = normalized(how, &target);
            proptest::prop_assert_eq!(normalized(how, &once), once);
        }
    }
}
