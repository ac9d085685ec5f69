use crate::vocabulary::tests::{container, expect, shown};

#[test]
fn sites_and_their_container() {
    let app = [("caddy", "a.example, http://b.example"), ("caddy.reverse_proxy", "{{upstreams 8080}}")];
    expect(
        &[container("app", &[80], &app)],
        true,
        "http b.example web -> app:8080
           at b.example
         http a.example web,websecure -> app:8080
           at a.example
           http-request redirect scheme https code 308 unless { ssl_fc }",
    );
    let text = shown(&[container("app", &[80], &app)], false);
    assert!(text.contains("http a.example web -> app:8080") && !text.contains("redirect"), "{text}");
}

#[test]
fn directives_in_their_order() {
    let app = [
        ("caddy_0", "a.example"),
        ("caddy_0.handle_path", "/api/*"),
        ("caddy_0.handle_path.0_rewrite", "* /v1{uri}"),
        ("caddy_0.handle_path.1_reverse_proxy", "{{upstreams https}}"),
        ("caddy_0.handle_path.1_reverse_proxy.lb_policy", "least_conn"),
        ("caddy_0.handle_path.1_reverse_proxy.header_up", "X-A \"b c\""),
        ("caddy_0.handle_path.1_reverse_proxy.health_uri", "/health"),
        ("caddy_0.header.X-Frame-Options", "DENY"),
        ("caddy_0.header.-Server", ""),
        ("caddy_0.encode", "gzip zstd"),
        ("caddy_0.redir", "/old* https://b.example{uri} permanent"),
        ("caddy_0.@post.method", "post PUT"),
        ("caddy_0.@post.not.path", "/x /y*"),
        ("caddy_0.reverse_proxy_1", "@post {{upstreams 9000}}"),
        ("caddy_0.tls", "internal"),
        ("caddy_1", "b.example"),
        ("caddy_1.respond", "\"Hello World\" 201"),
        ("caddy_ingress_network", "bridge"),
    ];
    let site = "at a.example";
    let lines = "http-after-response del-header Server
                 http-after-response set-header X-Frame-Options 'DENY'
                 acl m1-0 path -i -m beg -- '/old'
                 http-request redirect location 'https://b.example%[pathq]' code 301 if m1-0
                 compression algo gzip zstd";
    expect(
        &[container("app", &[80], &app)],
        false,
        &format!(
            "http a.example_api_:905d13f8 web -> app:443
               {site}
               acl r0 path -i -m beg -- '/api/'
               if r0
               {lines}
               http-request replace-path '^/api/?(.*)$' '/\\1'
               http-request set-pathq '/v1%[pathq]'
               option httpchk
               http-check send meth GET uri '/health'
               http-check expect status 200-299
               timeout check 5000ms
               http-request set-header X-A 'b c'
               balance leastconn
               server ssl verify none
               server check inter 30000ms
             http a.example_post:f392e4d2 web -> app:9000
               {site}
               acl r0 method -- 'POST' 'PUT'
               acl r1 path -i -m str -- '/x'
               acl r1 path -i -m beg -- '/y'
               if r0 !r1
               {lines}
             http a.example web -> app:80
               {site}
               {lines}
               http-request return status 200
             http b.example web -> app:80
               at b.example
               http-request return status 201 content-type 'text/plain; charset=utf-8' string 'Hello World'
               http-request return status 200
             ! container 'app': 'caddy_0.handle_path.1_reverse_proxy={{{{upstreams https}}}}': its certificate is not checked; \
             a route of sluicegate.* labels can have that done
             ! container 'app': 'caddy_0.tls=internal': certificates are not fetched or made; certificates are given by \
             --certificate"
        ),
    );
}

#[test]
fn what_has_no_counterpart_is_told() {
    for (label, value, told, served) in [
        (
            "caddy.basicauth.bob",
            "$2a$14$secret",
            "'caddy.basicauth.bob': there are no users yet; requests are answered 403",
            true,
        ),
        ("caddy.forward_auth", "auth:9091", "no one else is asked", true),
        ("caddy.import", "common", "'caddy.import=common': snippets and files are not read", true),
        ("caddy.nonsense", "x", "'caddy.nonsense': nothing is known by this name here", true),
        (
            "caddy.reverse_proxy.fail_duration",
            "1s",
            "'caddy.reverse_proxy.fail_duration': nothing is known by this name here",
            true,
        ),
        ("caddy.handle", "@gone", "there is no matcher '@gone'; it is not served", true),
        ("caddy.redir", "https://{labels.0}", "such a redirect is not made here", true),
        ("caddy", "a:8443", "'a:8443' has a port that no entry point is known by; it is not served", false),
        ("caddy", "(snippet)", "snippets are not read", false),
        ("caddy", "", "options of the program", false),
        ("caddy.reverse_proxy", "other:80", "it has no {{upstreams}}, and is not served", false),
        ("caddy.reverse_proxy", "@x {{upstreams}}", "there is no matcher '@x'", false),
        ("caddy_controlled_server", "x", "nothing is known by this name here", true),
    ] {
        let mut said = vec![("caddy", "a"), ("caddy.reverse_proxy", "{{upstreams}}")];
        said.retain(|(known, _)| *known != label);
        said.push((label, value));
        let text = shown(&[container("a", &[80], &said)], false);
        assert!(text.contains(told), "{told}\n{text}");
        assert_eq!(text.contains("http a web -> a:80"), served, "{text}");
        assert_eq!(text.contains("http-request deny"), label.contains("auth"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn what_is_answered_beside_the_container_is() {
    let app = [
        ("caddy", "a.example"),
        ("caddy.redir", "/old* https://b.example{uri}"),
        ("caddy.handle_path", "/api/*"),
        ("caddy.handle_path.reverse_proxy", "{{upstreams 8080}}"),
    ];
    let text = shown(&[container("app", &[80], &app)], false);
    let lines: Vec<&str> =
        text.lines().filter(|line| line.contains("->") || line.contains("return")).collect();
    assert_eq!(
        lines,
        [
            "http a.example_api_:905d13f8 web -> app:8080",
            "http a.example web -> app:80",
            "  http-request return status 200"
        ]
    );
}

/// That there is no message of the language is asserted where it is shown.
#[test]
fn every_matcher_is_one_of_the_language() {
    let app = [
        ("caddy", "https://a.example"),
        ("caddy.@all.path", "/a /b* *.php *x* /c/*/d"),
        ("caddy.@all.path_regexp", "^/[a-z]+"),
        ("caddy.@all.method", "get post"),
        ("caddy.@all.host", "A.example"),
        ("caddy.@all.protocol", "https"),
        ("caddy.@all.header.X-A", "b* c"),
        ("caddy.@all.header.!X-B", ""),
        ("caddy.@all.query", "a=b c=*"),
        ("caddy.@all.remote_ip", "private_ranges 192.0.2.0/24"),
        ("caddy.@all.not.client_ip", "192.0.2.1"),
        ("caddy.reverse_proxy", "@all {{upstreams}}"),
        ("caddy.header.?X-C", "{host} \"50%\""),
        ("caddy.header.+X-D", "\"a 50%\""),
        ("caddy.header.X-F", "{path}"),
        ("caddy.request_header", "@all X-E {remote_host}"),
        ("caddy.uri", "@all strip_prefix /a"),
    ];
    let text = shown(&[container("all", &[80], &app)], true);
    assert!(text.starts_with("http a.example_all:b5be7efb websecure -> all:80\n"), "{text}");
    for part in [
        "acl r5 path -i -m reg -- '^/c/.*/d$'",
        "http-after-response add-header X-D 'a 50%%'",
        "! container 'all': 'caddy.header.X-F={path}': such a header is not set here",
        "! container 'all': 'caddy.header.?X-C={host} \"50%\"': such a header is not set here",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}
