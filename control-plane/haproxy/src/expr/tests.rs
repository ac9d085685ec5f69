use sluicegate_proto::v1::{self, Match, argument, op};

use super::*;

mod conditions;
mod formats;
mod properties;

struct Files(&'static [(&'static str, &'static [u8])]);

impl Load for Files {
    fn load(&self, path: &str, limit: usize) -> Result<Vec<u8>, LoadError> {
        match self.0.iter().find(|(name, _)| *name == path) {
            Some((_, data)) if data.len() > limit => Err(LoadError::TooLarge { limit }),
            Some((_, data)) => Ok(data.to_vec()),
            None => Err(LoadError::Missing),
        }
    }
}

const FILES: Files = Files(&[
    ("hosts", b"# ours\n\n  www.example.com\r\nexample.org\n"),
    ("map", b"/a one\n/b two\n"),
    ("ports", b"80\n8000:x\n"),
]);

fn split(text: &str) -> Vec<&str> {
    text.split(' ').filter(|word| !word.is_empty()).collect()
}

/// The findings as text, one a line.
fn told(reader: &mut Reader<'_>) -> Vec<String> {
    reader.take_findings().iter().map(|finding| finding.problem.to_string()).collect()
}

fn sample(text: &str, scope: Scope) -> Result<v1::Sample, Vec<String>> {
    let mut reader = Reader::new(&FILES);
    let sample = reader.sample(&[text], 0, scope);
    let told = told(&mut reader);
    sample.ok_or(told)
}

/// The call as `name[argument|argument]`.
fn call(call: &v1::Call) -> String {
    let arguments: Vec<_> = call
        .arguments
        .iter()
        .map(|argument| match argument.value.as_ref().unwrap() {
            argument::Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
            argument::Value::Integer(integer) => format!("#{integer}"),
            argument::Value::List(list) => format!("@{}", list.name),
        })
        .collect();
    format!("{}[{}]", call.name, arguments.join("|"))
}

fn shown(sample: &v1::Sample) -> String {
    let calls = sample.fetch.iter().chain(&sample.converters).map(call);
    calls.collect::<Vec<_>>().join(" ")
}

fn tests_of(line: &str) -> Result<(Vec<v1::Test>, Vec<String>), Vec<String>> {
    let mut reader = Reader::new(&FILES);
    let words = split(line);
    let tests = reader.tests(&words, 0, words.len(), "");
    let told = told(&mut reader);
    match tests {
        Some(tests) => Ok((tests, told)),
        None => Err(told),
    }
}

fn one_test(line: &str) -> v1::Test {
    let (mut tests, told) = tests_of(line).unwrap();
    assert_eq!(told, Vec::<String>::new(), "{line}");
    assert_eq!(tests.len(), 1, "{line}");
    tests.remove(0)
}

fn patterns(test: &v1::Test) -> Vec<String> {
    test.patterns.iter().map(|pattern| String::from_utf8_lossy(pattern).into_owned()).collect()
}

#[test]
fn samples_have_fetch_arguments_and_converters() {
    let cases = [
        ("path", "path[]"),
        ("path()", "path[]"),
        ("hdr(host)", "req.hdr[host]"),
        ("req.hdr(host,-1),lower", "req.hdr[host|#-1] lower[]"),
        ("hdr(host),word(2,.),upper", "req.hdr[host] word[#2|.] upper[]"),
        // The second level of quotes, HAProxy 2.2.
        (r#"path,word(1,",")"#, "path[] word[#1|,]"),
        ("path,word(1,')')", "path[] word[#1|)]"),
        (r"str(a\ b\\c\d)", r"str[a b\c\d]"),
        (r"str('a\n')", r"str[a\n]"),
        (r"str(a\n)", "str[a\n]"),
        ("urlp(id,;)", "url_param[id|;]"),
        ("path,,lower,", "path[] lower[]"),
    ];
    for (text, expected) in cases {
        assert_eq!(sample(text, Scope::REQUEST).map(|s| shown(&s)), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn hdr_reads_the_side_that_it_stands_on() {
    assert_eq!(shown(&sample("hdr(server)", Scope::RESPONSE).unwrap()), "res.hdr[server]");
    assert_eq!(shown(&sample("shdr(server)", Scope::RESPONSE).unwrap()), "res.hdr[server]");
    assert_eq!(
        sample("req.hdr(host)", Scope::RESPONSE).unwrap_err(),
        ["`req.hdr` is not known while the response is handled"]
    );
    assert_eq!(
        sample("cook(a)", Scope::RESPONSE).unwrap_err(),
        ["the fetch `res.cook` is not found: it is not evaluated yet"]
    );
}

#[test]
fn wrong_samples_are_told() {
    let cases = [
        ("", "an expression is expected here"),
        ("(x)", "an expression is expected here"),
        ("pth", "unknown fetch `pth`"),
        ("uuid(4)", "the fetch `uuid` is not found: it is not evaluated yet"),
        ("path,lowr", "unknown converter `lowr`"),
        (
            "path,in_table(x)",
            "what the converter `in_table` gives is not known: there are no stick tables yet",
        ),
        ("path]", "unexpected `]` after the expression"),
        ("hdr", "`hdr` needs the argument `name`"),
        ("path(x)", "`path` takes no argument"),
        ("hdr(a,b)", "`b` is not an integer, as `hdr` needs"),
        ("hdr(a b)", "`a b` is not the name of a header, as `hdr` needs"),
        ("path,word(0,/)", "`0` is not a number other than 0, as `word` needs"),
        ("path,word(1,)", "`` is not one or more delimiters, as `word` needs"),
        ("bool(maybe)", "`maybe` is not `true`, `false`, `0` or `1`, as `bool` needs"),
        ("urlp(a,bc)", "`bc` is not one character, as `urlp` needs"),
        ("src,not", "`not` takes a boolean, and what stands before it gives an address"),
        ("hdr(a,1,2)", "`hdr` takes at most 2 arguments"),
        ("hdr(a", "missing `)` after the arguments of `hdr`"),
        ("hdr('a)", "missing closing ' in the arguments of `hdr`"),
    ];
    for (text, expected) in cases {
        assert_eq!(sample(text, Scope::REQUEST).unwrap_err(), [expected], "{text}");
    }
}

#[test]
fn places_point_into_the_words() {
    let mut reader = Reader::new(&FILES);
    assert!(reader.sample(&["if", "path,lowr(1)"], 1, Scope::REQUEST).is_none());
    let found = reader.take_findings();
    assert_eq!(found[0].place, Place { word: 1, start: 5, end: 9 });
    assert_eq!(found[0].problem.help().as_deref(), Some("did you mean `lower`?"));
}

#[test]
fn acl_names_carry_methods() {
    let cases = [
        ("path_beg /a /b", "path[]", Match::Beg),
        ("path_end .gif", "path[]", Match::End),
        ("path_dir static", "path[]", Match::Dir),
        ("path_reg ^/a", "path[]", Match::Reg),
        ("hdr_beg(host) www.", "hdr[host]", Match::Beg),
        ("hdr_dom(host) example.com", "hdr[host]", Match::Dom),
        ("url_sub x", "url[]", Match::Sub),
        ("hdr(host) a", "hdr[host]", Match::Str),
        ("hdr(host) -m found", "hdr[host]", Match::Found),
        ("path,lower -m beg /a", "path[] lower[]", Match::Beg),
        ("src 10.0.0.0/8", "src[]", Match::Ip),
        ("dst_port 80", "dst_port[]", Match::Int),
        ("path_len 3", "path[]", Match::Len),
        ("ssl_fc", "ssl_fc[]", Match::Bool),
        ("path,length gt 3", "path[] length[]", Match::Int),
    ];
    for (line, fetch, method) in cases {
        let test = one_test(line);
        assert_eq!(
            (shown(test.sample.as_ref().unwrap()).as_str(), test.r#match()),
            (fetch, method),
            "{line}"
        );
    }
}

#[test]
fn integers_become_ranges() {
    let cases: [(&str, &[&str]); 7] = [
        ("dst_port 80 443 8000:8999", &["80", "443", "8000:8999"]),
        ("dst_port gt 1023", &["1024:"]),
        ("dst_port ge 1024", &["1024:"]),
        ("dst_port lt 1024", &[":1023"]),
        ("dst_port le 1023 5", &[":1023", ":5"]),
        ("dst_port eq 3", &["3"]),
        ("int(-5) -7 :-1", &["-7", ":-1"]),
    ];
    for (line, expected) in cases {
        assert_eq!(patterns(&one_test(line)), expected, "{line}");
    }
}

#[test]
fn addresses_are_normalized() {
    let test = one_test("src 10.0.0.1 192.168.0.0/255.255.0.0 fd00::/8 ::1");
    assert_eq!(patterns(&test), ["10.0.0.1", "192.168.0.0/16", "fd00::/8", "::1"]);
}

#[test]
fn flags_say_how_to_compare() {
    let test = one_test("path_beg -i /A");
    assert!(test.ignore_case);
    let test = one_test("path -- -x");
    assert_eq!(patterns(&test), ["-x"]);
    // `-i` counts for what follows it: two ways to compare are two tests.
    let (tests, _) = tests_of("hdr(host) -f hosts -i -f hosts x").unwrap();
    let cases: Vec<_> =
        tests.iter().map(|t| (t.ignore_case, t.pattern_lists.len(), t.patterns.len())).collect();
    assert_eq!(cases, [(false, 1, 0), (true, 1, 1)]);
}

#[test]
fn pattern_files_become_lists() {
    let mut reader = Reader::new(&FILES);
    let tests = reader.tests(&["hdr(host)", "-i", "-f", "hosts"], 0, 4, "").unwrap();
    assert_eq!(tests[0].pattern_lists[0].name, "hosts");
    reader.tests(&["path", "-M", "-f", "map"], 0, 4, "").unwrap();
    let sample = reader.sample(&["hdr(host),map_beg(map,x)"], 0, Scope::REQUEST).unwrap();
    assert_eq!(shown(&sample), "req.hdr[host] map_beg[@map|x]");
    for line in ["path -f virt@own", "path -f opt@gone", "path -f file@hosts"] {
        let words = split(line);
        assert!(reader.tests(&words, 0, words.len(), "").is_some(), "{line}: {:?}", told(&mut reader));
    }
    assert_eq!(reader.lists().take_new(), ["hosts", "map", "virt@own", "opt@gone", "file@hosts"]);
    let lists: Vec<_> = reader.into_contents().1.into_lists().collect();
    let shown: Vec<_> =
        lists.iter().map(|(name, order, map, data)| (&**name, *order, *map, data.len())).collect();
    let hosts = FILES.0[0].1.len();
    let expected = [
        ("file@hosts", 4, false, hosts),
        ("hosts", 0, false, hosts),
        ("map", 1, true, FILES.0[1].1.len()),
        ("opt@gone", 3, false, 0),
        ("virt@own", 2, false, 0),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn wrong_lists_are_told() {
    let of = |text: &str| sample(text, Scope::REQUEST).unwrap_err();
    assert_eq!(of("path,map(gone)"), ["pattern file gone: No such file or directory"]);
    assert_eq!(of("path,map_str_int(map)"), ["map:1: the value `one` is not an integer"]);
    assert_eq!(of("path,map_ip(map)"), ["map:1: `/a` is not an IP address or network"]);
    assert_eq!(of("path,map_str_ip(hosts,x)").len(), 1);
    assert_eq!(of("path,map_str_ip(virt@none,x)"), ["`x` is not an address, as `map_str_ip` needs"]);
    let mut reader = Reader::new(&FILES);
    reader.sample(&["path,map(map)"], 0, Scope::REQUEST).unwrap();
    assert!(reader.tests(&["path", "-f", "map"], 0, 3, "").is_none());
    let mismatch = "the file map is read as a map above, and cannot be a list of patterns here";
    assert_eq!(told(&mut reader), [mismatch]);
}

#[test]
fn wrong_tests_are_told() {
    let cases = [
        ("path_bag /a", "unknown fetch `path_bag`"),
        ("path -x /a", "`-x` is not an ACL flag"),
        ("path -m begin /a", "unknown matching method `begin`"),
        ("path -m", "`-m` needs a matching method"),
        ("path -f", "`-f` needs a file"),
        ("path -f gone", "pattern file gone: No such file or directory"),
        ("dst_port -f ports", "ports:2: `8000:x` is not an integer or a range"),
        ("path -f hosts -m beg", "`-m` must stand before patterns and files"),
        ("dst_port http", "`http` is not an integer or a range"),
        ("dst_port 9:8", "no number is in `9:8`"),
        ("dst_port gt", "`gt` needs an integer"),
        ("dst_port gt 9223372036854775807", "no number is in `gt 9223372036854775807`"),
        ("src localhost", "`localhost` is not an IP address or network"),
        ("src 10.0.0.0/33", "`10.0.0.0/33` is not an IP address or network"),
        ("src 10.0.0.0/255.0.255.0", "`10.0.0.0/255.0.255.0` is not an IP address or network"),
        ("path_reg (", "`(` is not a usable regular expression: unclosed group"),
        ("path_reg (?=a)", "`(?=a)` is not a usable regular expression: look-around is not supported"),
        ("path -m bin 0", "`0` is not a string of hexadecimal digit pairs"),
        ("src -m bool", "the method `bool` cannot be used on an address"),
        ("path{ /a", "unexpected `{` after the expression"),
    ];
    for (line, expected) in cases {
        assert_eq!(tests_of(line).unwrap_err(), [expected], "{line}");
    }
}

#[test]
fn doubtful_tests_are_warned_of() {
    let cases = [
        ("path", "no pattern is given, so this never matches"),
        ("ssl_fc 1", "`bool` takes no pattern; `1` has no effect"),
        ("path_beg -m end x", "`-m end` overrides the method in the name `path_beg`"),
        (
            "path -u 5 x",
            "`-u` has no effect: the runtime API names lists by their file, and numbers them itself",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(tests_of(line).unwrap().1, [expected], "{line}");
    }
}
