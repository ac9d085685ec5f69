use super::*;

const APP: &str = "\
# two of them
apiVersion: sluicegate.dev/v1alpha1
kind: Frontend
metadata: { name: web }
spec:
  listen: [':8080']
  timeouts: { client: 30s }
  routes:
    - { when: '{ path_beg /api } !{ method POST }', backend: api }
  defaultBackend: app
---
apiVersion: sluicegate.dev/v1alpha1
kind: Backend
metadata: { name: app }
spec:
  check: { path: /health, interval: 1s }
  endpoints:
    - { name: app1, address: '127.0.0.1:5001' }
    - { name: app2, address: 'app2.example:5001', weight: 10 }
";

fn told(text: &str) -> Vec<String> {
    load("a.yaml", text.as_bytes()).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn a_frontend_and_a_backend() {
    let resources = load("a.yaml", APP.as_bytes()).unwrap();
    let names: Vec<_> = resources.iter().map(|made| made.id.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(names, ["web/0.0.0.0:8080", "web/000000", "web", "app", "app/app1", "app/app2"]);
    let lines: Vec<_> = resources.iter().map(|made| made.origin().unwrap().to_string()).collect();
    assert_eq!((lines[0].as_str(), lines[5].as_str()), ("a.yaml:1", "a.yaml:12"));
    let Some(v1::resource::Body::Endpoint(second)) = &resources[5].body else { panic!() };
    assert_eq!((second.weight, second.number), (10, 2));
    assert_eq!(second.check.as_ref().unwrap().interval_ms, 1000);
    let Some(v1::resource::Body::Route(route)) = &resources[1].body else { panic!() };
    assert_eq!(route.when.as_ref().unwrap().tests.len(), 2);
}

#[test]
fn an_unknown_field_is_an_error() {
    let told = told(&APP.replace("defaultBackend", "defaultBakend"));
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("a.yaml:1:1: spec: unknown field `defaultBakend`"), "{told:?}");
    let told = self::told("apiVersion: x\nkind: Backend\nmetadata: { name: a }\nspce: {}\n");
    assert!(told[0].starts_with("a.yaml:4:1: unknown field `spce`"), "{told:?}");
}

#[test]
fn every_document_is_read_and_all_that_is_wrong_is_told() {
    let text =
        APP.replace("path_beg", "path_bge").replace("client: 30s", "client: soon").replace(":5001'", ":x'");
    let told = told(&text);
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told[0].contains("path_bge"), "{told:?}");
    assert_eq!(told[1], "a.yaml:1:1: timeouts.client: 'soon' is no time; write 500ms, 10s, 1m or 2h");
    assert_eq!(told[2], "a.yaml:12:1: endpoints: app1: '127.0.0.1:x' is no ADDRESS:PORT and no HOST:PORT");
}

#[test]
fn what_is_no_manifest_is_refused() {
    assert!(
        told("apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: {}\n")[0]
            .contains("apiVersion 'v1' is not known")
    );
    assert!(told("a: [")[0].starts_with("a.yaml:"));
    assert_eq!(load("a.yaml", b"ok: \xff").unwrap_err()[0].message, "not UTF-8");
    assert_eq!(load("a.yaml", b"# nothing\n---\n\n"), Ok(vec![]));
    assert!(
        load("a.yaml", &vec![b'#'; MAX_BYTES + 1]).unwrap_err()[0]
            .message
            .contains("more than a manifest may have")
    );
}

#[test]
fn a_nesting_bomb_is_refused_before_it_is_scanned() {
    let bomb = format!("kind: Backend\nspec: {}", "[".repeat(1_000_000));
    let errors = load("bomb.yaml", bomb.as_bytes()).unwrap_err();
    assert_eq!(errors[0].to_string(), "bomb.yaml:2:1: more than 128 `[` and `{` are open");
}

#[test]
fn a_backend_says_how_it_chooses_and_who_waits() {
    let backend = |lines: &str| {
        let text = APP.replace("  check: { path: /health, interval: 1s }\n", lines);
        let resources = load("a.yaml", text.as_bytes()).unwrap();
        let Some(v1::resource::Body::Backend(backend)) = resources[3].body.clone() else { panic!() };
        backend
    };
    let algorithm = |lines: &str| backend(lines).balance.unwrap().algorithm.unwrap();
    assert_eq!(algorithm("  balance: peakewma\n"), v1::balance::Algorithm::PeakEwma(v1::PeakEwma::default()));
    let v1::balance::Algorithm::Hash(hash) = algorithm("  balance: { hash: 'hdr(x-user)', table: maglev }\n")
    else {
        panic!()
    };
    assert_eq!(hash.table(), v1::HashTable::Maglev);
    let held = backend("  whenEmpty: { hold: { wait: 20s, max: 500 } }\n");
    assert_eq!(held.hold, Some(v1::Hold { wait_ms: 20_000, max: 500 }));
    assert_eq!(backend("").hold, None);
}

#[test]
fn a_key_that_is_no_expression_is_told() {
    let told =
        told(&APP.replace("  check: { path: /health, interval: 1s }\n", "  balance: { hash: 'hrd(x)' }\n"));
    assert!(told[0].starts_with("a.yaml:12:1: balance: ") && told[0].contains("hrd"), "{told:?}");
}

#[test]
fn a_backend_ejects_outliers_as_it_says() {
    let ejection = |lines: &str| {
        let text = APP.replace("  check: { path: /health, interval: 1s }\n", lines);
        let resources = load("a.yaml", text.as_bytes()).unwrap();
        let Some(v1::resource::Body::Backend(backend)) = resources[3].body.clone() else { panic!() };
        backend.outlier_ejection
    };
    assert_eq!(ejection(""), None);
    let usual = v1::OutlierEjection {
        consecutive_failures: 5,
        consecutive_gateway_failures: 0,
        interval_ms: 10_000,
        base_ejection_ms: 30_000,
        max_ejection_ms: 300_000,
        max_ejected_percent: 10,
        success_rate: None,
    };
    assert_eq!(ejection("  outlierEjection: {}\n"), Some(usual));
    let compared = |stdev_factor_thousandths| {
        Some(v1::SuccessRate { minimum_hosts: 5, request_volume: 100, stdev_factor_thousandths })
    };
    let long = ejection("  outlierEjection: { baseEjectionTime: 10m, successRate: {} }\n");
    let expected = (600_000, 600_000, compared(1_900));
    assert_eq!(long.map(|it| (it.base_ejection_ms, it.max_ejection_ms, it.success_rate)), Some(expected));
    let all = "  outlierEjection: { consecutiveFailures: 0, consecutiveGatewayFailures: 7, interval: 1s, \
               baseEjectionTime: 2s, maxEjectionTime: 3s, maxEjectedPercent: 50, \
               successRate: { minimumHosts: 3, requestVolume: 9, stdevFactor: 0.25 } }\n";
    let compared = v1::SuccessRate { minimum_hosts: 3, request_volume: 9, stdev_factor_thousandths: 250 };
    let expected = v1::OutlierEjection {
        consecutive_failures: 0,
        consecutive_gateway_failures: 7,
        interval_ms: 1_000,
        base_ejection_ms: 2_000,
        max_ejection_ms: 3_000,
        max_ejected_percent: 50,
        success_rate: Some(compared),
    };
    assert_eq!(ejection(all), Some(expected));
}

#[test]
fn what_is_wrong_about_outliers_is_told() {
    let with = |lines: &str| told(&APP.replace("  check: { path: /health, interval: 1s }\n", lines));
    let wrong = "  outlierEjection: { interval: soon, baseEjectionTime: '5', maxEjectionTime: 1d }\n";
    let expected = ["interval: 'soon'", "baseEjectionTime: '5'", "maxEjectionTime: '1d'"]
        .map(|what| format!("a.yaml:12:1: outlierEjection.{what} is no time; write 500ms, 10s, 1m or 2h"));
    assert_eq!(with(wrong), expected);
    let unknown = with("  outlierEjection: { consecutive5xx: 5 }\n");
    assert!(
        unknown[0].starts_with("a.yaml:12:1: spec: ") && unknown[0].contains("consecutive5xx"),
        "{unknown:?}"
    );
}

#[test]
fn endpoints_are_spoken_to_over_tls() {
    let with = |tls: &str| {
        APP.replace("  check: { path", &format!("  tls: {tls}\n  check: {{ serverName: app.test, path"))
    };
    let tls = "{ authorities: AAA, serverName: 'req.hdr(host)', certificate: KEY, host: app.test, minVersion: TLSv1.3 }";
    let resources = load("a.yaml", with(tls).as_bytes()).unwrap();
    let bodies = || resources.iter().filter_map(|made| made.body.as_ref());
    let blobs = bodies().filter_map(|body| match body {
        v1::resource::Body::Blob(blob) => Some((&blob.data[..], blob.secret)),
        _ => None,
    });
    let secrets: Vec<_> = blobs.collect();
    assert_eq!(secrets, [(&b"KEY"[..], true), (b"AAA", false)]);
    for endpoint in bodies().filter_map(|body| match body {
        v1::resource::Body::Endpoint(endpoint) => Some(endpoint),
        _ => None,
    }) {
        let tls = endpoint.tls.as_ref().unwrap();
        assert_eq!(tls.settings.as_ref().unwrap().min_version(), v1::TlsVersion::TlsVersion13);
        assert_eq!(tls.server_certificates.as_ref().unwrap().host, "app.test");
        assert!(tls.certificate.is_some());
        assert_eq!(endpoint.server_name.as_ref().unwrap().fetch.as_ref().unwrap().name, "req.hdr");
        let check = endpoint.check.as_ref().unwrap();
        assert!(check.over_tls && check.tls.as_ref() == Some(tls) && check.server_name == "app.test");
    }
    let anybody = load("a.yaml", with("{ anybody: true }").as_bytes()).unwrap();
    assert_eq!(anybody.len(), resources.len() - 2);
    for (tls, expected) in [
        ("{}", "tls: write `authorities`, or `anybody: true` to ask nobody who he is"),
        (
            "{ authorities: AAA, anybody: true }",
            "tls: write `authorities`, or `anybody: true` to ask nobody who he is",
        ),
        (
            "{ anybody: true, minVersion: SSLv3 }",
            "tls.minVersion: 'SSLv3' is not spoken; write TLSv1.2 or TLSv1.3",
        ),
        ("{ anybody: true, serverName: nothing }", "tls.serverName: unknown fetch `nothing`"),
    ] {
        let told = told(&with(tls));
        assert!(told.len() == 1 && told[0].ends_with(expected), "{told:?}");
    }
}

const NAMES: &str = "\
apiVersion: sluicegate.dev/v1alpha1
kind: Frontend
metadata: { name: names }
spec: { listen: [':53'], mode: udp, timeouts: { client: 5s }, defaultBackend: resolvers }
---
apiVersion: sluicegate.dev/v1alpha1
kind: Backend
metadata: { name: resolvers }
spec:
  mode: udp
  check: {}
  endpoints: [{ name: one, address: '192.0.2.53:53' }]
";

#[test]
fn datagrams_have_listeners_and_checks_of_their_own() {
    use v1::check_step::Action;
    let resources = load("a.yaml", NAMES.as_bytes()).unwrap();
    let Some(v1::resource::Body::Listener(listener)) = &resources[0].body else { panic!() };
    assert!(listener.udp && resources[0].id.as_ref().unwrap().name == "names/udp@0.0.0.0:53");
    let steps = |check: &str| {
        let resources = load("a.yaml", NAMES.replace("check: {}", check).as_bytes()).unwrap();
        let Some(v1::resource::Body::Backend(backend)) = &resources[2].body else { panic!() };
        assert_eq!(backend.mode(), v1::Mode::Udp);
        match backend.check.clone().unwrap().probe {
            Some(v1::health_check::Probe::Script(script)) => script.steps,
            other => panic!("{other:?}"),
        }
    };
    let plain = steps("check: {}");
    assert!(matches!(&plain[0].action, Some(Action::Connect(connect)) if connect.udp));
    assert!(matches!(&plain[1].action, Some(Action::Send(send)) if send.data.is_empty()));
    assert_eq!(plain[2].action, Some(Action::Expect(sluicegate_proto::build::any_answer())));
    let said = steps("check: { send: ping, expect: pong, port: 5353 }");
    assert!(matches!(&said[1].action, Some(Action::Send(send)) if &send.data[..] == b"ping"));
    let Some(Action::Expect(expect)) = &said[2].action else { panic!() };
    assert_eq!(expect.pattern, Some(v1::check_expect::Pattern::Text("pong".into())));
    for wrong in
        [NAMES.replace("check: {}", "check: { path: /, send: x }"), APP.replace("path: /health", "expect: x")]
    {
        let told = told(&wrong);
        assert!(told[0].contains("send and expect are for 'mode: udp'"), "{told:?}");
    }
}

#[test]
fn a_listener_and_an_endpoint_say_what_they_speak() {
    let spoken = |listen: &str, endpoint: &str| {
        let text = APP.replace("[':8080']", listen).replace("weight: 10", endpoint);
        let resources = load("a.yaml", text.as_bytes()).unwrap();
        let Some(v1::resource::Body::Listener(listener)) = &resources[0].body else { panic!() };
        let server = &resources.last().unwrap().body;
        let Some(v1::resource::Body::Endpoint(server)) = server else { panic!() };
        (listener.http_protocol(), server.http_protocol(), server.web_sockets())
    };
    let auto = v1::WebSocketHttp::Auto;
    let usual = (v1::HttpProtocol::Any, v1::EndpointHttp::Http1, auto);
    assert_eq!(spoken("[{ address: ':8080' }]", "weight: 10"), usual);
    let newer = spoken("[{ address: ':8080', protocol: http2 }, ':8081']", "protocol: http2");
    assert_eq!(newer, (v1::HttpProtocol::Http2, v1::EndpointHttp::Http2, auto));
    let older = spoken("[{ address: ':8080', protocol: http1 }]", "protocol: http1");
    assert_eq!(older, (v1::HttpProtocol::Http1, v1::EndpointHttp::Http1, auto));
    let both = spoken("[':8080']", "protocol: http2, webSockets: http1");
    assert_eq!(both, (v1::HttpProtocol::Any, v1::EndpointHttp::Http2, v1::WebSocketHttp::Http1));
    let both = spoken("[':8080']", "webSockets: http2");
    assert_eq!(both, (v1::HttpProtocol::Any, v1::EndpointHttp::Http1, v1::WebSocketHttp::Http2));
}

#[test]
fn a_protocol_that_is_not_spoken_is_told() {
    let listen = |text: &str| APP.replace("listen: [':8080']", text);
    let wrong = told(&listen("listen: [{ address: ':8080', protocol: http3 }]"));
    assert!(wrong[0].starts_with("a.yaml:1:1: spec: "), "{wrong:?}");
    let wrong = told(&APP.replace("weight: 10", "protocol: h2"));
    assert!(wrong[0].starts_with("a.yaml:12:1: spec: ") && wrong[0].contains("h2"), "{wrong:?}");
    let bytes = listen("mode: tcp\n  listen: [{ address: ':8080', protocol: http2 }]");
    let none = "there is no protocol to choose in mode tcp";
    assert!(told(&bytes).contains(&format!("a.yaml:1:1: listen: protocol: {none}")), "{:?}", told(&bytes));
    let bytes = APP.replace("weight: 10", "protocol: http2").replace("  check: {", "  mode: tcp\n  check: {");
    assert_eq!(told(&bytes), [format!("a.yaml:12:1: endpoints: app2: protocol: {none}")]);
    let bytes = bytes.replace("protocol: http2", "webSockets: http2");
    assert_eq!(told(&bytes), [format!("a.yaml:12:1: endpoints: app2: webSockets: {none}")]);
}

#[test]
fn endpoints_and_checks_speak_http2() {
    let site = |check: &str, mode: &str| {
        APP.replace("check: { path: /health, interval: 1s }", &format!("check: {check}\n  mode: {mode}"))
            .replace("5001' }", "5001', protocol: http2 }")
    };
    let made = |check: &str| {
        let resources = load("a.yaml", site(check, "http").as_bytes()).unwrap();
        let Some(v1::resource::Body::Backend(backend)) = resources[3].body.clone() else { panic!() };
        let [first, second] = [4, 5].map(|index: usize| match resources[index].body.clone() {
            Some(v1::resource::Body::Endpoint(endpoint)) => {
                (endpoint.http_protocol(), endpoint.check.unwrap().http2)
            }
            other => panic!("{other:?}"),
        });
        (backend.check.and_then(|check| check.probe), first, second)
    };
    let (new, old) = (v1::EndpointHttp::Http2, v1::EndpointHttp::Http1);
    let grpc = |service: &str, authority: &str| {
        let (service, authority) = (service.to_owned(), authority.to_owned());
        Some(v1::health_check::Probe::Grpc(v1::GrpcProbe { service, authority }))
    };
    assert_eq!(made("{ grpc: {} }"), (grpc("", ""), (new, false), (old, false)));
    let named = made("{ grpc: { service: shop, authority: 'shop.test:80' } }");
    assert_eq!(named.0, grpc("shop", "shop.test:80"));
    assert_eq!(made("{}"), (None, (new, false), (old, false)));
    let (_, first, second) = made("{ path: / }");
    assert_eq!((first, second), ((new, true), (old, false)));
    let both = told(&site("{ path: /, grpc: {} }", "http"));
    assert_eq!(both, ["a.yaml:12:1: check: it has a path or grpc, not both"]);
}
