use proptest::prelude::*;

use super::quote::quoted;
use super::{condition, header_line, request_line};
use crate::environment::Environment;
use crate::parser::{Parsed, parse};
use crate::source::{SourceId, SourceMap, Span};
use crate::word::Word;

fn read(text: &str) -> Parsed {
    parse(&SourceMap::of("a.cfg", text), Environment::default())
}

/// The lines of the only section, without `section`.
#[track_caller]
fn lines(section: &str, text: &str) -> Vec<String> {
    let parsed = read(&format!("{section}\n{text}\n"));
    let found: Vec<_> = parsed.diagnostics.iter().map(|found| &found.message).collect();
    assert!(!parsed.diagnostics.has_errors(), "{found:?}");
    let all = parsed.file.sections[0].directives.iter();
    all.map(|line| line.words.iter().map(Word::text).collect::<Vec<_>>().join(" ")).collect()
}

fn http(text: &str) -> Vec<String> {
    lines("listen a", &format!("mode http\n{text}")).split_off(1)
}

/// Whether the file is refused for it.
fn refused(text: &str) -> bool {
    read(&format!("listen a\nmode http\n{text}\n")).diagnostics.has_errors()
}

#[test]
fn each_form_gives_these_lines() {
    let forms: &[(&str, &[&str])] = &[
        ("block if TRUE extra", &["http-request deny if TRUE extra"]),
        ("balance", &["balance roundrobin"]),
        ("hash-type avalanche", &["hash-type map-based sdbm avalanche"]),
        ("reqadd A:\\ b", &["http-request add-header A b"]),
        ("reqadd A:\\ 5%", &["http-request add-header A 5%%"]),
        ("reqadd A:\\ b not a condition", &["http-request add-header A b"]),
        ("reqadd A:\\ b\\r\\nC:\\ d", &["http-request add-header A b", "http-request add-header C d"]),
        ("rspadd A:\\ b unless TRUE", &["http-response add-header A b unless TRUE"]),
        ("reqidel ^A:", &["http-request del-header A"]),
        ("reqidel ^A.*", &["http-request del-header A -m beg"]),
        ("rspidel ^A:\\ x", &["http-response del-header A if { res.fhdr(A) -m reg -i ^x }"]),
        ("reqirep ^A:\\ x(.*) A:\\ y\\1", &["http-request replace-header A (?i)^x(.*) y\\1"]),
        (
            "rspirep ^(Set-Cookie:.*) \\1;\\ Secure",
            &["http-response replace-header Set-Cookie (?i)^(.*) \\1; Secure"],
        ),
        ("cliexp ^([^\\ ]*)\\ /a(.*) \\1\\ /b\\2", &["http-request replace-pathq ^/a(.*) /b\\1"]),
        ("reqrep ^GET\\ /a\\ (.*) GET\\ /b\\ \\1", &["http-request replace-pathq ^/a$ /b if { method GET }"]),
        ("reqdeny ^A:.*x", &["http-request deny if { req.fhdr(A) -m reg ^.*x }"]),
        ("reqideny .", &["http-request deny"]),
        ("reqdeny ^POST\\ /a if TRUE", &["http-request deny if { method POST } { url -m reg ^/a } TRUE"]),
        ("reqadd X-A:", &["http-request add-header X-A %[str()]"]),
        ("reqidel ^(A|B):", &["http-request del-header (?i)^(A|B)$ -m reg"]),
        ("reqidel ^X-[AB].*:", &["http-request del-header (?i)^X-[AB].*$ -m reg"]),
        ("rspidel ^[^:]*:", &["http-response del-header (?i)^[^:]*$ -m reg"]),
        (
            "rspirep ^(Location:)\\ http://(.*) \\1\\ https://\\2",
            &["http-response replace-header Location (?i)^http://(.*) https://\\1"],
        ),
        (
            "rspirep ^(Location:\\ )http://(.*) \\1https://\\2",
            &["http-response replace-header Location (?i)^http://(.*) https://\\1"],
        ),
        (
            "rspirep ^(Location:.*)/a/(.*) \\1/b/\\2",
            &["http-response replace-header Location (?i)^(.*)/a/(.*) \\1/b/\\2"],
        ),
        (
            "rsprep ^HTTP/1.1\\ 404.* HTTP/1.1\\ 503\\ Go\\ away",
            &["http-response set-status 503 reason Go away if { status 404 }"],
        ),
        (
            "rspirep ^(HTTP/1.[01])\\ 5.. \\1\\ 200 if TRUE",
            &["http-response set-status 200 if { status 500:599 } TRUE"],
        ),
        ("reqideny ^[^:\\ ]*\\ .*\\.exe", &["http-request deny if { url -m reg -i ^.*\\.exe }"]),
        (
            "reqirep ^([^\\ ].*)poa/core[/]?(.*) \\1\\2 if TRUE",
            &["http-request replace-pathq (?i)^(.*)poa/core[/]?(.*) \\1\\2 if TRUE"],
        ),
        (
            "reqrep ^([^\\ :]*\\ /.*)/old/(.*) \\1/new/\\2",
            &["http-request replace-pathq ^(/.*)/old/(.*) \\1/new/\\2"],
        ),
        ("reqrep ^(.*)/old\\ (HTTP/.*) \\1/new\\ \\2", &["http-request replace-pathq ^(.*)/old$ \\1/new"]),
        (
            "reqallow ^GET\\ /ok\nreqdeny ^[^\\ ]*\\ /.*",
            &["http-request deny if !{ method GET } || !{ url -m reg ^/ok }"],
        ),
        (
            "reqallow ^A: if TRUE\nreqideny ^B: unless FALSE",
            &[
                "http-request deny if { req.fhdr(B) -m found } !FALSE !{ req.fhdr(A) -m found } || { req.fhdr(B) -m found } !FALSE !TRUE",
            ],
        ),
        ("reqallow .\nreqdeny ^A:", &[]),
        ("option lb-agent-chk", &[]),
        (
            "option http_proxy",
            &[
                "http-request set-dst url_ip",
                "http-request set-dst-port url_port",
                "http-request set-uri %[url,regsub(^[a-z]*://[^/]*,)]",
                "server any 0.0.0.0:0",
            ],
        ),
        (
            "option lb-agent-chk\nserver a 192.0.2.1:80 check",
            &["server a 192.0.2.1:80 check agent-check agent-port 80"],
        ),
        ("reqpass ^A:", &[]),
        ("reqallow ^A:", &[]),
        ("monitor-net 192.0.2.1", &["http-request return status 200 if { src 192.0.2.1 }"]),
        ("transparent", &["option transparent"]),
        ("tcp-request accept", &["tcp-request content accept"]),
        ("acl a is_ssl", &["acl a ssl_fc"]),
        ("log-format %Ci:%[src]%%cc%{+Q}st", &["log-format %ci:%[src]%%cc%{+Q}ST"]),
        ("dispatch 192.0.2.1:80", &["server dispatch 192.0.2.1:80"]),
    ];
    for (old, modern) in forms {
        assert_eq!(http(old), *modern, "{old}");
    }
}

#[test]
fn what_would_let_in_is_refused() {
    for old in
        ["reqideny cmd\\.exe", "reqtarpit ^[^:]*:\\ x", "rspdeny ^HTTP/1.0", "reqsetbe ^X a", "reqdeny ^/a$"]
    {
        assert!(refused(old), "{old}");
    }
    assert!(refused("reqdeny ^A: if { a"), "a condition that cannot be joined");
    assert!(!refused("reqdeny ^A: unless TRUE"));
}

#[test]
fn rules_stand_where_they_ran() {
    let text = "reqadd A:\\ b\nhttp-request set-header X y\nreqidel ^C:\nacl late path /l\nblock if late\n\
                http-request set-header Y z\nuse_backend a\nreqsetbe ^[^\\ ]*\\ /b a";
    let expected = [
        "acl late path /l",
        "http-request deny if late",
        "http-request set-header X y",
        "http-request set-header Y z",
        "http-request del-header C",
        "http-request add-header A b",
        "use_backend a if { url -m reg ^/b }",
        "use_backend a",
    ];
    assert_eq!(http(text), expected);
}

#[test]
fn findings_point_at_the_old_words() {
    let text = "listen a\n mode http\n reqadd A:\\ %[bogus]\n bind :80\n server s 192.0.2.1:80\n";
    let parsed = read(text);
    let line = parsed.file.sections[0].directives.iter().find(|line| line.name() == "http-request").unwrap();
    let at = |word: &Word| &text[word.span().range()];
    assert_eq!(
        line.words.iter().map(at).collect::<Vec<_>>(),
        ["reqadd", "reqadd", "A:\\ %[bogus]", "A:\\ %[bogus]"]
    );
}

#[test]
fn expressions_on_lines_are_taken_apart() {
    let header = |regex| header_line::parse(regex).map(|line| (line.name, line.prefix, line.value));
    assert_eq!(header("^Host: a"), Some(("Host", false, "a")));
    assert_eq!(header("^Host:.*"), Some(("Host", false, "")));
    assert_eq!(header("^X-"), Some(("X-", true, "")));
    assert_eq!(header("Host:"), None);
    assert_eq!(header("^[^:]*: a"), None);
    let line =
        |regex| request_line::parse(regex).map(|line| (line.method, line.groups, line.target, line.version));
    assert_eq!(line("^([^ :]*) /a"), Some(("([^ :]*)", 1, "/a", None)));
    assert_eq!(line("^GET /a[ ]b HTTP"), Some(("GET", 0, "/a[ ]b", Some("HTTP"))));
    assert_eq!(line("^Host: a"), None);
    assert_eq!(request_line::renumber("/\\2\\3", 1).as_deref(), Some("/\\1\\2"));
    assert_eq!(request_line::renumber("/\\1", 1), None);
}

#[test]
fn conditions_are_joined() {
    let mut sources = SourceMap::default();
    let id: SourceId = sources.add("a", b"");
    let words = |text: &str| -> Vec<_> {
        text.split_whitespace().map(|word| Word::made(word, Span::new(id, 0..0))).collect()
    };
    let joined = |terms, condition| {
        let words = condition::and(&words(terms), &words(condition))?;
        Some(words.iter().map(Word::text).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(joined("x", "").as_deref(), Some("if x"));
    assert_eq!(joined("", "unless a b").as_deref(), Some("unless a b"));
    assert_eq!(joined("x", "if a b or c").as_deref(), Some("if x a b || x c"));
    assert_eq!(joined("x", "unless a or !b").as_deref(), Some("if x !a b"));
    assert_eq!(joined("x", "unless a b").as_deref(), Some("if x !a || x !b"));
    assert_eq!(joined("x", "unless { a b } or c").as_deref(), Some("if x !{ a b } !c"));
    assert_eq!(joined("x", "if { a"), None);
    assert_eq!(joined("x", "if a or or b"), None);
    assert_eq!(joined("x", "if").as_deref(), Some("if"), "it never holds");
    assert_eq!(joined("x", "unless").as_deref(), Some("if x"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn quoted_text_is_read_again(text in "[^\\x00]{1,20}") {
        let file = read(&format!("global\n description {}", quoted(&text))).file;
        let read = crate::raw::bytes(file.sections[0].directives[0].args()[0].text()).into_owned();
        prop_assert_eq!(read, text.as_bytes());
    }
}
