use super::condition::{Asked, Condition};
use super::*;
use crate::vocabulary::tests::{container, expect, plan, shown};

/// Labels below `traefik.http.`, of a container that exposes 80.
fn http(name: &str, labels: &[(&str, &str)]) -> Container {
    let labels: Vec<(String, &str)> =
        labels.iter().map(|(label, value)| (format!("traefik.http.{label}"), *value)).collect();
    let labels: Vec<(&str, &str)> = labels.iter().map(|(label, value)| (&label[..], *value)).collect();
    container(name, &[80], &labels)
}

fn condition(rule: &str) -> String {
    let read = rule::parse(rule).and_then(|rule| Condition::of(&rule, "rule", Asked::Http));
    match read {
        Err(error) => format!("! {error}"),
        Ok(read) => {
            let acls: Vec<&str> = read.acls.iter().map(|acl| &acl.text[..]).collect();
            format!("{} | {} | {}", read.hosts.join(","), acls.join("; "), read.text().unwrap_or_default())
        }
    }
}

#[test]
fn rules_are_conditions() {
    for (rule, expected) in [
        ("Host(`Shop.example`)", "shop.example |  | "),
        ("Host(`a`) || Host(\"b\")", "a,b |  | "),
        ("Host(`a`) && PathPrefix(`/x`)", "a | r0 path -m beg -- '/x' | r0"),
        (
            "(Host(`a`) || Host(`b`)) && !(Path(`/x`) || Path(`/y`) || ClientIP(`10.0.0.0/8`))",
            "a,b | r0 path -m str -- '/x' '/y'; r0 src -- '10.0.0.0/8' | !r0",
        ),
        (
            "Host(`a`) || (Host(`b`) && Method(`get`))",
            " | r0 req.hdr(host),host_only,lower -m str -- 'a'; r1 req.hdr(host),host_only,lower -m str -- 'b'; \
             r2 method -- 'GET' | r0 || r1 r2",
        ),
        (
            "Header(`X-A`, `it's`) && !!Query(`q`) && QueryRegexp(`p`, `^\\d+$`) && HeaderRegexp(`X-B`, `.`)",
            " | r0 req.fhdr(X-A) -m str -- 'it'\\''s'; r1 url_param(q) -m len -- '0'; \
             r2 url_param(p) -m reg -- '^\\d+$'; r3 req.fhdr(X-B) -m reg -- '.' | r0 r1 r2 r3",
        ),
        ("HostRegexp(`^.+\\.a$`)", " | r0 req.hdr(host),host_only,lower -m reg -- '^.+\\.a$' | r0"),
        ("PathRegexp(`}`)\n && Path(`/`)", " | r0 path -m reg -- '}'; r1 path -m str -- '/' | r0 r1"),
        ("Host(`a`", "! ',' or ')' is wanted at character 9"),
        ("Host(`a) ", "! the text that begins at character 6 has no end"),
        ("Host(`a`) Host(`b`)", "! '&&', '||' or the end is wanted at character 11"),
        ("Host(`a`, `b`)", "! Host takes one value; join several with ||"),
        ("Hots(`a`)", "! 'Hots' is no matcher that is known here"),
        ("Headers(`a`, `b`)", "! 'Headers' is no matcher that is known here; it is one of Traefik v2"),
        ("Host(`*.a`)", "! '*.a' is not a host name; HostRegexp and HostSNIRegexp take patterns"),
        ("Header(`X) Y`, `b`)", "! 'X) Y' is not a name of letters, digits, '-', '_' and '.'"),
        ("Path(`/a\nb`)", "! '/a\nb' is not text of one line"),
        ("", "! a matcher, such as Host(`shop.example`), is wanted at character 1"),
    ] {
        assert_eq!(condition(rule), expected, "{rule}");
    }
    let deep = format!("{}Host(`a`){}", "(".repeat(40), ")".repeat(40));
    assert!(condition(&deep).contains("too large"));
    let wide = ["(Path(`/a`) && Method(`GET`) || Path(`/b`) && Method(`PUT`))"; 8].join(" && ");
    assert!(condition(&wide).contains("more alternatives"));
}

#[test]
fn a_router_and_its_service() {
    let shop = http(
        "shop",
        &[
            ("routers.shop.rule", "Host(`shop.example`) && PathPrefix(`/api`)"),
            ("routers.shop.entrypoints", "web,websecure"),
            ("routers.shop.tls.certresolver", "le"),
            ("services.s.loadbalancer.server.port", "8080"),
            ("services.s.loadbalancer.sticky.cookie.name", "id"),
            ("services.s.loadbalancer.sticky.cookie.httponly", "true"),
            ("services.s.loadbalancer.sticky.cookie.samesite", "Lax"),
            ("services.s.loadbalancer.healthcheck.path", "/health"),
            ("services.s.loadbalancer.healthcheck.interval", "1m30s"),
            ("services.s.loadbalancer.healthcheck.hostname", "h"),
            ("services.s.loadbalancer.healthcheck.headers.X-A", "50%"),
            ("services.s.loadbalancer.strategy", "p2c"),
        ],
    );
    expect(
        &[shop],
        true,
        "http shop web,websecure -> shop:8080
           at shop.example
           acl r0 path -m beg -- '/api'
           acl ssl_fc ssl_fc
           if r0 ssl_fc
           balance random(2)
           cookie id insert indirect nocache httponly attr 'SameSite=Lax'
           option httpchk
           http-check send meth GET uri '/health' hdr Host 'h' hdr x-a '50%%'
           http-check expect status 200-399
           timeout check 5000ms
           server check inter 90000ms
         ! container 'shop': 'traefik.http.routers.shop.tls.certresolver=le': certificates are not fetched; \
         certificates are given by --certificate",
    );
}

/// A router with a middleware of these settings: the lines of its backend that are of it.
fn middleware(settings: &[(&str, &str)]) -> String {
    let labels: Vec<(String, &str)> =
        settings.iter().map(|(setting, value)| (format!("middlewares.m.{setting}"), *value)).collect();
    let labels = labels.iter().map(|(label, value)| (&label[..], *value));
    let router = [("routers.r.rule", "Host(`a`)"), ("routers.r.middlewares", "m@docker")];
    let text = shown(&[http("c", &labels.chain(router).collect::<Vec<_>>())], true);
    let of_it = text.lines().filter(|line| !line.starts_with("http ") && !line.starts_with("  at "));
    of_it.map(|line| line.trim_start_matches("! container 'c': ").trim()).collect::<Vec<_>>().join("\n")
}

#[test]
fn middlewares_are_lines_of_a_backend() {
    for (settings, expected) in [
        (
            &[("stripprefix.prefixes", "/api.v1")][..],
            "acl strip-e80c2f78 path -m reg -- '^(?:/api\\.v1)'\n\
             http-request set-header X-Forwarded-Prefix '/api.v1' if strip-e80c2f78\n\
             http-request replace-path '^(?:/api\\.v1)/?(.*)$' '/\\1' if strip-e80c2f78",
        ),
        (
            &[("stripprefixregex.regex", "^/(a|b),/[0-9]+")],
            "acl strip-e80c2f78 path -m reg -- '^(?:/(a|b)|/[0-9]+)'\n\
             http-request replace-path '^(?:/(a|b)|/[0-9]+)/?(.*)$' '/\\2' if strip-e80c2f78",
        ),
        (&[("addprefix.prefix", "/50%")], "http-request set-path '/50%%%[path]'"),
        (
            &[("replacepath.path", "/x y")],
            "http-request set-header X-Replaced-Path %[path]\nhttp-request set-path '/x y'",
        ),
        (
            &[("replacepathregex.regex", "^/foo/(.*)"), ("replacepathregex.replacement", "/bar/$1")],
            "http-request replace-path '^(.*?)(?:^/foo/(.*))(.*)$' '\\1/bar/\\2\\3'",
        ),
        (
            &[("redirectscheme.scheme", "https"), ("redirectscheme.permanent", "true")],
            "http-request redirect location 'https://%[req.hdr(host),host_only]%[pathq]' code 301 if { method GET } !{ ssl_fc }\n\
             http-request redirect location 'https://%[req.hdr(host),host_only]%[pathq]' code 308 if !{ ssl_fc }",
        ),
        (
            &[
                ("redirectregex.regex", "^https?://www\\.a\\.example/(.*)"),
                ("redirectregex.replacement", "https://a.example/${1}"),
            ],
            "http-request redirect location 'https://a.example%[pathq]' code 302 if { method GET } { req.hdr(host),host_only,lower -m str -- 'www.a.example' }\n\
             http-request redirect location 'https://a.example%[pathq]' code 307 if { req.hdr(host),host_only,lower -m str -- 'www.a.example' }",
        ),
        (
            &[
                ("headers.customrequestheaders.X-Script-Name", "a b"),
                ("headers.customresponseheaders.Server", ""),
                ("headers.stsseconds", "60"),
                ("headers.stspreload", "true"),
                ("headers.framedeny", "true"),
                ("headers.contenttypenosniff", "false"),
            ],
            "http-request set-header X-Script-Name 'a b'\n\
             http-after-response del-header Server\n\
             http-after-response set-header X-Frame-Options 'DENY'\n\
             http-after-response set-header Strict-Transport-Security 'max-age=60; preload' if { ssl_fc }",
        ),
        (
            &[
                ("headers.accesscontrolalloworiginlist", "https://b"),
                ("headers.accesscontrolallowmethods", "GET,PUT"),
                ("headers.addvaryheader", "true"),
            ],
            "acl origin-e80c2f78 req.fhdr(origin) -m str -- 'https://b'\n\
             http-request return status 200 hdr Access-Control-Allow-Origin %[req.fhdr(origin)] hdr Access-Control-Allow-Methods 'GET,PUT' if origin-e80c2f78 { method OPTIONS } { req.fhdr(access-control-request-method) -m found }\n\
             http-after-response set-header Access-Control-Allow-Origin 'https://b'\n\
             http-after-response add-header Vary Origin",
        ),
        (
            &[("ipallowlist.sourcerange", "10.0.0.0/8, ::1"), ("ipallowlist.ipstrategy.depth", "2")],
            "acl allowed-e80c2f78 req.hdr_ip(x-forwarded-for,-2) -- '10.0.0.0/8' '::1'\n\
             http-request deny unless allowed-e80c2f78",
        ),
        (&[("compress", "true")], "compression algo gzip br zstd\ncompression minsize-res 1024"),
        (&[("retry.attempts", "4")], "retries 3"),
        (
            &[("buffering.maxrequestbodybytes", "100")],
            "http-request deny status 413 if { req.hdr_val(content-length) gt 100 }",
        ),
    ] {
        assert_eq!(middleware(settings), expected, "{settings:?}");
    }
}

#[test]
fn who_cannot_be_kept_out_otherwise_is_not_let_in() {
    for (settings, told) in [
        (
            &[("basicauth.users", "a:$apr1$secret")][..],
            "'traefik.http.middlewares.m.basicauth.users': there are no users yet; requests of its routers are answered 403",
        ),
        (
            &[("forwardauth.address", "http://auth")],
            "'traefik.http.middlewares.m.forwardauth.address': no one else",
        ),
        (&[("plugin.p.x", "y")], "'traefik.http.middlewares.m.plugin.p.x=y': plugins are not run"),
        (&[("ipallowlist.sourcerange", "everybody")], "is no list of addresses"),
        (&[("ipallowlist.sourcerang", "10.0.0.0/8")], "middleware 'm' is not defined by any container"),
        (&[("chain.middlewares", "m")], "chains lead in a circle, too deep,"),
        (&[("chain.middlewares", "x@file")], "middleware 'x@file' is not defined by labels"),
    ] {
        let text = middleware(settings);
        assert!(text.contains("http-request deny") && text.contains(told), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
    // What keeps nobody out is told, and left out.
    for setting in ["ratelimit.average", "inflightreq.amount", "circuitbreaker.expression", "errors.status"] {
        let text = middleware(&[(setting, "1")]);
        assert!(text.starts_with("'traefik.") && !text.contains("deny"), "{text}");
    }
}

#[test]
fn containers_define_things_for_each_other() {
    let lib = http(
        "lib",
        &[
            ("middlewares.tag.headers.customrequestheaders.X-Tag", "lib"),
            ("routers.all.service", "s"),
            ("routers.all.rule", "Path(`/`)"),
        ],
    );
    let of_service = |name| http(name, &[("services.s.loadbalancer.server.port", "8080")]);
    let app = http("app", &[("routers.app.rule", "Host(`app`)"), ("routers.app.middlewares", "tag")]);
    expect(
        &[lib, of_service("one"), of_service("two"), app],
        true,
        "http all web -> one:8080
           acl r0 path -m str -- '/'
           if r0
         http all web -> two:8080
           acl r0 path -m str -- '/'
           if r0
         http app web -> app:80
           at app
           http-request set-header X-Tag 'lib'",
    );
    let text = shown(&[http("a", &[("routers.a.rule", "Host(`a`)"), ("routers.a.service", "gone")])], true);
    assert!(
        text.contains("'traefik.http.routers.a.service=gone': no container defines this service"),
        "{text}"
    );
}

#[test]
fn a_change_of_what_is_shared_changes_others() {
    let with = |value| http("lib", &[("middlewares.m.headers.customrequestheaders.X", value)]);
    let app = http("app", &[("routers.app.rule", "Host(`app`)"), ("routers.app.middlewares", "m")]);
    let app = Arc::new(app);
    let mut reader = crate::vocabulary::Reader::new([Vocabulary::Traefik].into_iter().collect());
    let mut said = |lib: Container| reader.all(&[&Arc::new(lib), &app], Default::default()).remove(1);
    let first = said(with("1"));
    assert!(Arc::ptr_eq(&first, &said(with("1"))), "nothing changed");
    let other = said(with("2"));
    assert!(other.wanted[0].backend.iter().any(|line| line.text.ends_with("X '2'")), "{other:?}");
    // What others define that it does not name changes nothing.
    let more =
        http("lib", &[("middlewares.m.addprefix.prefix", "/a"), ("middlewares.n.addprefix.prefix", "/b")]);
    let third = said(more);
    let less = http("lib", &[("middlewares.m.addprefix.prefix", "/a")]);
    assert!(Arc::ptr_eq(&third, &said(less)));
}

#[test]
fn a_container_that_says_little_is_served_by_its_name() {
    let plain = |labels: &[(&str, &str)]| {
        let labels: Vec<(&str, &str)> = [("Traefik.Enable", "True")].iter().chain(labels).copied().collect();
        container("my_app.1", &[8080, 9090], &labels)
    };
    let told = "! container 'my_app.1': 'traefik.http.services.NAME.loadbalancer.server.port': it is not said; of the \
                ports 8080, 9090 the lowest is taken";
    expect(
        &[plain(&[])],
        false,
        &format!("http my-app-1 web -> my_app.1:8080\n at my-app-1\n{}", told.replace("NAME", "my-app-1")),
    );
    let compose = [("com.docker.compose.project", "p"), ("com.docker.compose.service", "web")];
    let text = shown(&[plain(&compose)], false);
    assert!(text.contains("at web-p"), "{text}");
    let off =
        container("off", &[80], &[("traefik.enable", "false"), ("traefik.http.routers.a.rule", "Host(`a`)")]);
    assert_eq!(shown(&[off], false), "");
}

#[test]
fn tcp_and_udp() {
    let labels = [
        ("traefik.tcp.routers.db.rule", "HostSNI(`db.example`) && ClientIP(`10.0.0.0/8`)"),
        ("traefik.tcp.routers.db.entrypoints", "db"),
        ("traefik.tcp.routers.db.tls.passthrough", "true"),
        ("traefik.tcp.routers.any.rule", "HostSNI(`*`)"),
        ("traefik.tcp.routers.any.entrypoints", "6379"),
        ("traefik.tcp.routers.any.middlewares", "in"),
        ("traefik.tcp.middlewares.in.ipallowlist.sourcerange", "10.0.0.0/8"),
        ("traefik.tcp.services.s.loadbalancer.server.port", "5432"),
        ("traefik.tcp.services.s.loadbalancer.proxyprotocol.version", "2"),
        ("traefik.udp.routers.dns.entrypoints", "dns"),
        ("traefik.udp.services.dns.loadbalancer.server.port", "53"),
    ];
    expect(
        &[container("db", &[80], &labels)],
        false,
        "tcp any:tcp 6379 -> db:5432
           acl r0 always_true
           if r0
           acl allowed-41387a9e src -- '10.0.0.0/8'
           tcp-request content reject unless allowed-41387a9e
           server send-proxy-v2
         tcp db:tcp db -> db:5432
           at db.example
           acl r0 src -- '10.0.0.0/8'
           if r0
           server send-proxy-v2
         udp dns:udp dns -> db:53",
    );
}

#[test]
fn what_is_not_known_is_told_and_the_rest_is_served() {
    let shop = http(
        "shop",
        &[
            ("routers.bad.rule", "Host(`a`) &&"),
            ("routers.old.rule", "Host(`a`)"),
            ("routers.old.rulesyntax", "v2"),
            ("routers.good.rule", "Host(`good`)"),
            ("routers.good.ruel", "Host(`good`)"),
            ("routers.good.priority", "high"),
        ],
    );
    let routes = plan(std::slice::from_ref(&shop), false);
    let backends: Vec<_> =
        routes.resources.iter().filter_map(|resource| resource.id.clone()).map(|id| id.name).collect();
    assert_eq!(backends, ["web/good", "good", "good/shop"]);
    let told: Vec<String> = routes.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "container 'shop': 'traefik.http.routers.good.ruel': nothing is known by this name here; did you mean \
             'traefik.http.routers.good.rule'?",
            "container 'shop': 'traefik.http.routers.bad.rule=Host(`a`) &&': a matcher, such as Host(`shop.example`), is wanted \
             at character 13; the router is not served",
            "container 'shop': 'traefik.http.routers.good.priority=high': is not a number; the length of the rule counts",
            "container 'shop': 'traefik.http.routers.old.rulesyntax=v2': rules of Traefik v2 are not read; the router is not served",
        ]
    );
}

/// That there is no message of the language is asserted where it is shown.
#[test]
fn every_matcher_is_one_of_the_language() {
    let rules = [
        "HostRegexp(`^.+\\.a$`) || Host(`b`)",
        "Path(`}`) || Path(`/} || { src 0.0.0.0/0 }`)",
        "Path(`/a`) && PathPrefix(`/`) && PathRegexp(`^/[a-z]+$`)",
        "Header(`X-A`, `-i`) && !HeaderRegexp(`X-B`, `a b`)",
        "Method(`get`) && Query(`q`) && Query(`q`, `1`) && QueryRegexp(`q`, `^1`)",
        "ClientIP(`::1`) || ClientIP(`10.0.0.0/8`)",
    ];
    let labels =
        rules.iter().enumerate().map(|(at, rule)| (format!("traefik.http.routers.r{at}.rule"), *rule));
    let tcp = [
        ("traefik.tcp.routers.ended.rule", "(HostSNI(`a`) || HostSNIRegexp(`^b`)) && ALPN(`h2`)"),
        ("traefik.tcp.routers.ended.tls", "true"),
        ("traefik.tcp.routers.passed.rule", "!HostSNI(`a`) && HostSNIRegexp(`^b`) && ALPN(`h2`)"),
        ("traefik.tcp.routers.ended.entrypoints", "db"),
        ("traefik.tcp.routers.passed.entrypoints", "db"),
    ];
    let labels: Vec<(String, &str)> =
        labels.chain(tcp.into_iter().map(|(label, value)| (label.to_owned(), value))).collect();
    let labels: Vec<(&str, &str)> = labels.iter().map(|(label, value)| (&label[..], *value)).collect();
    let text = shown(&[container("all", &[80], &labels)], false);
    assert_eq!(text.matches(" -> all:80").count(), 7, "{text}");
    assert!(
        text.contains("acl r0 ssl_fc_sni,lower -m str -- 'a'\n") && text.contains("acl ssl_fc ssl_fc\n"),
        "{text}"
    );
    assert!(text.contains("acl r1 req.ssl_sni,lower -m reg -- '^b'\n"), "{text}");
    assert!(text.contains("'}' is not a path that begins with '/'; the router is not served"), "{text}");
}
