use crate::vocabulary::tests::{container, expect, shown};

#[test]
fn hosts_paths_and_ports() {
    let shop = [("VIRTUAL_HOST", "Shop.example, *.shop.example,www.*,~^a\\d+$"), ("VIRTUAL_PORT", "8080")];
    expect(
        &[container("shop", &[80], &shop)],
        false,
        "http shop.example web -> shop:8080
           at shop.example
           http-request set-header X-Original-URI %[pathq]
           http-request del-header Proxy
         http _.shop.example:018c3b95 web -> shop:8080
           at *.shop.example
           http-request set-header X-Original-URI %[pathq]
           http-request del-header Proxy
         http www._:62ca0964 web -> shop:8080
           acl named req.hdr(host),host_only,lower -m reg -- '^www\\..+$'
           if named
           http-request set-header X-Original-URI %[pathq]
           http-request del-header Proxy
         http __a_d__:f713fffb web -> shop:8080
           acl named req.hdr(host),host_only,lower -m reg -- '^a\\d+$'
           if named
           http-request set-header X-Original-URI %[pathq]
           http-request del-header Proxy",
    );
}

#[test]
fn where_there_is_tls_clients_are_sent_there() {
    let api = [
        ("VIRTUAL_HOST", "a.example:9000"),
        ("VIRTUAL_PATH", "/api/"),
        ("VIRTUAL_DEST", "/"),
        ("VIRTUAL_PROTO", "https"),
        ("NETWORK_ACCESS", "internal"),
        ("HSTS", "max-age=60"),
        ("SERVER_TOKENS", "off"),
        ("com.github.nginx-proxy.nginx-proxy.loadbalance", "least_conn;"),
    ];
    expect(
        &[container("api", &[80], &api)],
        true,
        "http a.example_api_:905d13f8 web,websecure -> api:9000
           at a.example/api
           http-request set-header X-Original-URI %[pathq]
           http-request del-header Proxy
           http-request redirect scheme https code 301 if { method GET } !{ ssl_fc }
           http-request redirect scheme https code 308 if !{ ssl_fc }
           acl internal src -- '127.0.0.0/8' '10.0.0.0/8' '172.16.0.0/12' '192.168.0.0/16'
           http-request deny unless internal
           http-after-response set-header Strict-Transport-Security 'max-age=60' if { ssl_fc }
           balance leastconn
           http-request replace-path '^/api/?(.*)$' '/\\1'
           server ssl verify none",
    );
    for (method, entrypoints) in
        [("nohttp", "websecure"), ("nohttps", "web"), ("noredirect", "web,websecure")]
    {
        let text = shown(&[container("a", &[80], &[("VIRTUAL_HOST", "a"), ("HTTPS_METHOD", method)])], true);
        assert!(
            text.starts_with(&format!("http a {entrypoints} -> a:80\n")) && !text.contains("redirect"),
            "{text}"
        );
    }
}

#[test]
fn several_ports() {
    let yaml =
        "www.example.org:\n  \"/\":\n  \"/service1\":\n    port: 8000\n    dest: \"/\"\nb.example.org:\n";
    let text = shown(
        &[container("many", &[80], &[("VIRTUAL_HOST_MULTIPORTS", yaml), ("VIRTUAL_HOST", "x")])],
        false,
    );
    let lines: Vec<&str> =
        text.lines().filter(|line| line.contains("->") || line.contains("replace-path")).collect();
    assert_eq!(
        lines,
        [
            "http b.example.org web -> many:80",
            "http www.example.org web -> many:80",
            "http www.example.org_service1:32fc793f web -> many:8000",
            "  http-request replace-path '^/service1/?(.*)$' '/\\1'",
        ]
    );
    let text = shown(&[container("many", &[80], &[("VIRTUAL_HOST_MULTIPORTS", "a: [")])], false);
    assert!(text.starts_with("! container 'many': 'VIRTUAL_HOST_MULTIPORTS': it cannot be read: "), "{text}");
}

#[test]
fn containers_of_one_host_form_one_backend() {
    let shop = |name| container(name, &[80], &[("VIRTUAL_HOST", "shop.example")]);
    let routes = crate::vocabulary::tests::plan(&[shop("a"), shop("b")], false);
    let names: Vec<String> =
        routes.resources.iter().filter_map(|made| Some(made.id.as_ref()?.name.clone())).collect();
    assert_eq!(names, ["web/shop.example", "shop.example", "shop.example/a", "shop.example/b"]);
}

#[test]
fn what_has_no_counterpart_is_told() {
    let told = |said: &[(&str, &str)], part: &str| {
        let said: Vec<(&str, &str)> = [("VIRTUAL_HOST", "a")].iter().chain(said).copied().collect();
        let text = shown(&[container("a", &[80, 443], &said)], false);
        assert!(text.contains(part), "{text}");
        text.contains("http a web")
    };
    for (word, value, part, served) in [
        (
            "LETSENCRYPT_HOST",
            "a",
            "'LETSENCRYPT_HOST=a': certificates are not fetched; certificates are given",
            true,
        ),
        ("CERT_NAME", "x", "'CERT_NAME=x': certificates are chosen", true),
        ("VIRTUAL_PROTO", "fastcgi", "'VIRTUAL_PROTO=fastcgi': it is not spoken here", false),
        ("VIRTUAL_PORT", "http", "'VIRTUAL_PORT=http': is not a port", false),
        ("VIRTUAL_PATH", "api", "'VIRTUAL_HOST=a': has a path that does not begin", false),
        (
            "VIRTUAL_HOSTS",
            "x",
            "'VIRTUAL_HOSTS': nothing is known by this name here; did you mean 'VIRTUAL_HOST'?",
            true,
        ),
        ("NETWORK_ACCESS", "intern", "requests are answered 403", true),
        ("com.github.nginx-proxy.nginx-proxy.loadbalance", "hash $x;", "there is no such line", true),
        ("VIRTUAL_DEST", "x", "paths stay as they are", true),
    ] {
        assert_eq!(told(&[(word, value)], part), served, "{word}");
    }
    assert!(told(&[], "'VIRTUAL_PORT': it is not said; beside the ports 80, 443 it is 80"));
    assert_eq!(shown(&[container("a", &[80], &[("HTTPS_METHOD", "nohttp")])], false), "");
}
