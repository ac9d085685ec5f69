//! Rules and conditions: what a configuration says about a request, seen from outside.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use sluicegate_e2e::{Connection, Front, HTTP_DEFAULTS, Origin, free_address};

/// One server behind a frontend with these lines.
async fn site(lines: &str) -> (Front, Origin, Connection) {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let server = origin.address();
    let configuration = format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n{lines}    default_backend app\n\
         backend app\n    server app01 {server}\n"
    );
    let front = Front::run(&configuration).await;
    let client = Connection::open(entry).await.unwrap();
    (front, origin, client)
}

#[tokio::test]
async fn return_answers_at_once() {
    let (_front, origin, mut client) = site(
        "    http-request return status 200 content-type text/plain string \"I'm here\\n\" if { path /text }
    http-request return status 418 content-type text/plain lf-string \"%[path] from %[src]\" hdr X-Kind %[method] if { path_beg /formatted }
    http-request return status 204 if { path /empty }
",
    )
    .await;
    let answer = client.get("app", "/text").await.unwrap();
    assert_eq!(
        (answer.status(), answer.header("content-type"), answer.body.as_slice()),
        (200, Some("text/plain"), b"I'm here\n".as_slice())
    );
    let answer = client.get("app", "/formatted/1?q").await.unwrap();
    assert_eq!((answer.status(), answer.text().as_str()), (418, "/formatted/1 from 127.0.0.1"));
    assert_eq!(answer.header("x-kind"), Some("GET"));
    let head = client.request("HEAD /text HTTP/1.1\r\nHost: app\r\n\r\n").await.unwrap();
    assert_eq!((head.header("content-length"), head.body.len()), (Some("9"), 0));
    assert_eq!(client.get("app", "/empty").await.unwrap().status(), 204);
    assert_eq!(origin.requests(), 0);
    assert_eq!(client.get("app", "/").await.unwrap().text(), "app01", "the connection is the same");
}

#[tokio::test]
async fn deny_answers_an_error_page() {
    let (_front, origin, mut client) = site(
        "    http-request deny if { path /forbidden }
    http-request deny deny_status 429 if { path /often }
    http-request deny status 404 content-type text/plain string gone if { path /gone }
",
    )
    .await;
    for (target, status) in [("/forbidden", 403), ("/often", 429), ("/gone", 404)] {
        let mut client = Connection::open(client.peer_address()).await.unwrap();
        assert_eq!(client.get("app", target).await.unwrap().status(), status, "{target}");
    }
    assert_eq!(client.get("app", "/gone").await.unwrap().text(), "gone");
    assert_eq!(origin.requests(), 0);
}

#[tokio::test]
async fn redirects_say_where_to_go() {
    let (_front, origin, mut client) = site(
        "    http-request redirect location https://example.org/new if { path /location }
    http-request redirect location /%[path,lower] code 307 if { path /FORMATTED }
    redirect prefix https://other.example code 301 if { path_beg /prefix }
    redirect prefix / drop-query append-slash code 303 if { path /slash }
    redirect scheme https code 308 if { path /scheme }
    http-request redirect location / set-cookie SEEN=1 if { path /cookie }
",
    )
    .await;
    for (target, status, location) in [
        ("/location", 302, "https://example.org/new"),
        ("/FORMATTED", 307, "//formatted"),
        ("/prefix/a?b=c", 301, "https://other.example/prefix/a?b=c"),
        ("/slash?b=c", 303, "/slash/"),
        ("/scheme?q", 308, "https://app.example/scheme?q"),
        ("/cookie", 302, "/"),
    ] {
        let answer = client.get("app.example", target).await.unwrap();
        assert_eq!((answer.status(), answer.header("location")), (status, Some(location)), "{target}");
        assert_eq!(answer.header("content-length"), Some("0"), "{target}");
    }
    let cookie = client.get("app.example", "/cookie").await.unwrap();
    assert_eq!(cookie.header("set-cookie").map(|value| value.starts_with("SEEN=1")), Some(true));
    assert_eq!(origin.requests(), 0);
}

#[tokio::test]
async fn headers_are_set_added_and_deleted() {
    let (_front, origin, mut client) = site(
        "    http-request set-header X-Path %[path]
    http-request set-header X-Client %[src]:%[hdr(x-seen)]
    http-request add-header X-Hop one
    http-request add-header X-Hop two if { method POST }
    http-request del-header X-Secret
    http-request del-header ^x-internal- -m reg
    http-response set-header X-Origin %[res.hdr(x-origin)]-%[status]
    http-response add-header X-Served-By sluice
    http-response del-header Content-Type
",
    )
    .await;
    let answer = client
        .request(
            "GET /a/b?c HTTP/1.1\r\nHost: app\r\nX-Seen: me\r\nX-Path: forged\r\nx-path: twice\r\nX-Hop: zero\r\n\
             X-SECRET: s\r\nX-Internal-Key: k\r\nKept: yes\r\n\r\n",
        )
        .await
        .unwrap();
    let seen = origin.last_request().unwrap();
    let all = |name: &str| -> Vec<String> { seen.head.headers_named(name).map(str::to_owned).collect() };
    assert_eq!(all("x-path"), ["/a/b"]);
    assert_eq!(all("x-client"), ["127.0.0.1:me"]);
    assert_eq!(all("x-hop"), ["zero", "one"]);
    assert_eq!((all("x-secret"), all("x-internal-key")), (vec![], vec![]));
    assert_eq!(all("kept"), ["yes"]);
    assert_eq!(answer.header("x-origin"), Some("app01-200"));
    assert_eq!(answer.header("x-served-by"), Some("sluice"));
    client.request("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    let seen = origin.last_request().unwrap();
    assert_eq!(seen.head.headers_named("x-hop").collect::<Vec<_>>(), ["one", "two"]);
}

/// A condition, requests that it takes, and requests that it does not: a method and a target, then header lines.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const CONDITIONS: &[Row] = &[
    ("{ path /a }", &["GET /a", "GET /a?q"], &["GET /a/", "GET /A"]),
    ("{ path -i /a /b }", &["GET /A", "GET /b"], &["GET /c"]),
    ("{ path_beg -i /static /images }", &["GET /STATIC/x", "GET /images"], &["GET /x/static"]),
    ("{ path_end -i .jpg .css }", &["GET /a.JPG", "GET /b.css?x"], &["GET /a.jpg/b"]),
    ("{ path_dir api }", &["GET /api", "GET /v1/api/x"], &["GET /apis", "GET /v1/xapi"]),
    ("{ path_reg ^/[0-9]+$ }", &["GET /123"], &["GET /12a", "GET /"]),
    ("{ path_sub adm }", &["GET /x/admin"], &["GET /x"]),
    ("{ path -m len 4 }", &["GET /abc"], &["GET /abcd"]),
    ("{ hdr(host) -i www.example.org }", &["GET / Host: WWW.example.org"], &["GET / Host: example.org"]),
    ("{ hdr_beg(host) -i www. }", &["GET / Host: Www.x"], &["GET / Host: x.www."]),
    ("{ hdr_end(host) -i .org }", &["GET / Host: a.ORG"], &["GET / Host: a.com"]),
    ("{ hdr_dom(host) -i example }", &["GET / Host: www.Example.org"], &["GET / Host: www.examples.org"]),
    ("{ hdr_sub(user-agent) -i bot }", &["GET / User-Agent: GoogleBOT/2"], &["GET / User-Agent: curl"]),
    ("{ hdr_reg(x-id) ^[a-f]+$ }", &["GET / X-Id: abc"], &["GET / X-Id: xyz"]),
    ("{ hdr(x-list) two }", &["GET / X-List: one, two,three"], &["GET / X-List: onetwo"]),
    ("{ hdr_cnt(x-a) eq 2 }", &["GET / X-A: 1 | X-A: 2"], &["GET / X-A: 1"]),
    ("{ hdr(x-a) -m found }", &["GET / X-A: 1"], &["GET / X-B: 1"]),
    ("{ hdr_val(x-n) ge 10 }", &["GET / X-N: 10", "GET / X-N: 11"], &["GET / X-N: 9"]),
    ("{ method GET HEAD }", &["GET /", "HEAD /"], &["DELETE /"]),
    ("{ src 127.0.0.0/8 }", &["GET /"], &[]),
    ("{ src 192.0.2.0/24 10.0.0.1 }", &[], &["GET /"]),
    ("{ url_param(who) -i me }", &["GET /?a=1&who=ME"], &["GET /?who=you", "GET /?whom=me"]),
    ("!{ path /a }", &["GET /b"], &["GET /a"]),
    ("{ path /a } or { path /b }", &["GET /a", "GET /b"], &["GET /c"]),
    ("{ path_beg /a } !{ path_end .x }", &["GET /ab"], &["GET /a.x", "GET /b"]),
    ("named other", &["GET /named Other: 1"], &["GET /named", "GET /x Other: 1"]),
    ("twice", &["GET /first", "GET /second"], &["GET /third"]),
    ("{ path,lower -m beg /up }", &["GET /UPPER"], &["GET /down"]),
];

#[tokio::test]
async fn conditions_take_what_they_say() {
    let mut lines = String::from(
        "    acl named path /named\n    acl other hdr(other) -m found\n    acl twice path /first\n    acl twice path /second\n",
    );
    for (number, (condition, ..)) in CONDITIONS.iter().enumerate() {
        // `and` binds closer than `or`, so the row's number stands on both sides of an `or`.
        let guard = format!("{{ hdr(x-row) {number} }}");
        let condition = condition.replace(" or ", &format!(" or {guard} "));
        lines += &format!("    http-request return status 299 if {guard} {condition}\n");
    }
    lines += "    http-request return status 298\n";
    let (_front, origin, mut client) = site(&lines).await;
    for (number, (condition, taken, left)) in CONDITIONS.iter().enumerate() {
        for (requests, status) in [(taken, 299), (left, 298)] {
            for request in *requests {
                let answer = client.request(written(request, number)).await.unwrap();
                assert_eq!(answer.status(), status, "{condition}: {request}");
            }
        }
    }
    assert_eq!(origin.requests(), 0);
}

/// `GET /a Name: value | Name: value` with the number of its row.
fn written(request: &str, row: usize) -> String {
    let mut words = request.splitn(3, ' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let headers: Vec<&str> = words.next().map(|headers| headers.split(" | ").collect()).unwrap_or_default();
    let host = if headers.iter().any(|header| header.starts_with("Host:")) { "" } else { "Host: app\r\n" };
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    format!("{method} {target} HTTP/1.1\r\n{host}X-Row: {row}\r\n{headers}\r\n")
}

#[tokio::test]
async fn patterns_come_from_files_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("paths.lst");
    std::fs::write(&file, "# a comment\n/from/file\n\n/and/this\n").unwrap();
    let lines =
        format!("    http-request return status 299 if {{ path_beg -i -f {} /given }}\n", file.display());
    let (_front, _origin, mut client) = site(&lines).await;
    for (target, status) in [("/FROM/file", 299), ("/and/this/too", 299), ("/given", 299), ("/other", 200)] {
        assert_eq!(client.get("app", target).await.unwrap().status(), status, "{target}");
    }
}

#[tokio::test]
async fn backends_are_chosen_in_order() {
    let (first, second, third) =
        (Origin::start("first").await, Origin::start("second").await, Origin::start("third").await);
    let entry = free_address();
    let configuration = format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    acl is_a path_beg /a\n    use_backend second if is_a {{ hdr(x-b) -m found }}\n    \
         use_backend first if is_a\n    use_backend second unless {{ method GET }}\n    default_backend third\n\
         backend first\n    server s {}\nbackend second\n    server s {}\nbackend third\n    server s {}\n",
        first.address(),
        second.address(),
        third.address()
    );
    let _front = Front::run(&configuration).await;
    let mut client = Connection::open(entry).await.unwrap();
    for (request, name) in [
        ("GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "first"),
        ("GET /a HTTP/1.1\r\nHost: x\r\nX-B: 1\r\n\r\n", "second"),
        ("DELETE /b HTTP/1.1\r\nHost: x\r\n\r\n", "second"),
        ("GET /b HTTP/1.1\r\nHost: x\r\n\r\n", "third"),
    ] {
        assert_eq!(client.request(request).await.unwrap().text(), name, "{request}");
    }
}
