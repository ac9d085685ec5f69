use super::*;
use crate::v1::{
    Call, Condition, Frontend, Mode, Redirect, Rule, Sample, Test, format_piece, resource, rule,
};

fn names(resource: &Resource) -> Vec<String> {
    needed(resource).into_iter().map(Capability::into_owned).collect()
}

fn call(name: &str) -> Call {
    Call { name: name.into(), arguments: Vec::new() }
}

#[test]
fn a_frontend_needs_what_its_rules_say() {
    let sample = Sample { fetch: Some(call("hdr")), converters: vec![call("lower")] };
    let test = Test { sample: Some(sample), r#match: Match::Reg as i32, ..Test::default() };
    let piece =
        crate::v1::FormatPiece { piece: Some(format_piece::Piece::Alias("ci".into())), ..Default::default() };
    let redirect =
        Redirect { target: Some(crate::v1::Format { pieces: vec![piece] }), ..Redirect::default() };
    let rule = Rule {
        when: Some(Condition { tests: vec![test], ops: Vec::new() }),
        action: Some(rule::Action::Redirect(redirect)),
    };
    let body = Frontend { mode: Mode::Http as i32, request_rules: vec![rule], ..Frontend::default() };
    let resource = Resource { body: Some(resource::Body::Frontend(body)), ..Resource::default() };
    let expected = [
        "action.redirect",
        "alias.ci",
        "convert.lower",
        "fetch.req.hdr",
        "kind.frontend",
        "match.reg",
        "mode.http",
    ];
    assert_eq!(names(&resource), expected);
    assert!(needed(&resource).iter().all(|name| of_this_build().contains(&**name)));
}

#[test]
fn a_name_of_a_newer_sender_is_asked_for() {
    let sample = Sample { fetch: Some(call("ssl_fc_session_id")), converters: Vec::new() };
    let route = crate::v1::Route {
        when: Some(Condition {
            tests: vec![Test { sample: Some(sample), ..Test::default() }],
            ops: Vec::new(),
        }),
        ..Default::default()
    };
    let resource = Resource { body: Some(resource::Body::Route(route)), ..Resource::default() };
    assert_eq!(names(&resource), ["fetch.ssl_fc_session_id", "kind.route"]);
    assert!(!of_this_build().contains("fetch.ssl_fc_session_id"));
}

#[test]
fn the_tables_name_everything_once() {
    assert!(PLAIN.windows(2).all(|pair| pair[0] < pair[1]));
    for number in 1..20 {
        let known = Match::try_from(number).is_ok();
        assert_eq!(MATCHES.iter().any(|(known, _)| *known as i32 == number), known, "{number}");
    }
}

#[test]
fn a_page_needs_to_be_administered_only_where_somebody_may() {
    let page = |admin: Vec<Condition>| {
        let stats = crate::v1::StatsPage { uri: "/stats".into(), admin, ..Default::default() };
        let service = crate::v1::Service { kind: Some(crate::v1::service::Kind::Stats(stats)) };
        let rule = Rule { when: None, action: Some(rule::Action::Service(service)) };
        let body = Frontend { mode: Mode::Http as i32, request_rules: vec![rule], ..Frontend::default() };
        names(&Resource { body: Some(resource::Body::Frontend(body)), ..Resource::default() })
    };
    assert_eq!(page(Vec::new()), ["action.service", "kind.frontend", "mode.http"]);
    let sample = Sample { fetch: Some(call("src")), converters: Vec::new() };
    let test = Test { sample: Some(sample), r#match: Match::Ip as i32, ..Test::default() };
    let admin = vec![Condition { tests: vec![test], ops: Vec::new() }];
    let expected = ["action.service", "fetch.src", "kind.frontend", "match.ip", "mode.http", "stats.admin"];
    assert_eq!(page(admin), expected);
    assert!(of_this_build().contains("stats.admin"));
}

#[test]
fn first_bytes_are_looked_at_by_those_who_know_how() {
    use crate::v1::{Backend, Inspection};
    let rule = || Rule { when: None, action: Some(rule::Action::SwitchToHttp(crate::v1::Empty {})) };
    let inspection = || Some(Inspection { delay_ms: 0, rules: vec![rule()] });
    let frontend = resource::Body::Frontend(Frontend { inspection: inspection(), ..Frontend::default() });
    let backend = resource::Body::Backend(Backend { inspection: inspection(), ..Backend::default() });
    for (body, kind) in [(frontend, "kind.frontend"), (backend, "kind.backend")] {
        let needs = names(&Resource { body: Some(body), ..Resource::default() });
        assert_eq!(needs, ["action.switch-to-http", kind, "tcp.inspect"]);
        assert!(needs.iter().all(|name| of_this_build().contains(name.as_str())), "{needs:?}");
    }
}

#[test]
fn what_servers_say_and_whom_they_see_is_for_those_who_know_how() {
    use crate::v1::{Backend, Endpoint, ForeignSource, Inspection, Source, foreign_source::Of};
    let needs = |body| {
        let needs = names(&Resource { body: Some(body), ..Resource::default() });
        assert!(needs.iter().all(|name| of_this_build().contains(name.as_str())), "{needs:?}");
        needs
    };
    let close = Rule { when: None, action: Some(rule::Action::CloseEndpoint(crate::v1::Empty {})) };
    let response_inspection = Some(Inspection { delay_ms: 0, rules: vec![close] });
    let backend = needs(resource::Body::Backend(Backend { response_inspection, ..Backend::default() }));
    assert_eq!(backend, ["action.close-endpoint", "kind.backend", "tcp.inspect-responses"]);
    let told = Sample { fetch: Some(call("req.hdr_ip")), converters: Vec::new() };
    let foreign = Some(ForeignSource { of: Some(Of::Told(told)) });
    let source = Some(Source { foreign, ..Source::default() });
    let body = Endpoint { source, client_address: true, ..Endpoint::default() };
    let expected = [
        "endpoint.client-address",
        "endpoint.source",
        "endpoint.source-foreign",
        "fetch.req.hdr_ip",
        "kind.endpoint",
    ];
    assert_eq!(needs(resource::Body::Endpoint(body)), expected);
}

#[test]
fn a_script_and_a_proxy_line_of_checks_are_asked_for() {
    use crate::v1::{Backend, CheckSchedule, CheckScript, Endpoint, HealthCheck, health_check};
    let script = HealthCheck { probe: Some(health_check::Probe::Script(CheckScript::default())) };
    let body = Backend { check: Some(script), ..Backend::default() };
    let backend = Resource { body: Some(resource::Body::Backend(body)), ..Resource::default() };
    assert_eq!(names(&backend), ["kind.backend", "probe.script"]);
    let check = CheckSchedule { send_proxy: true, ..CheckSchedule::default() };
    let body = Endpoint { check: Some(check), ..Endpoint::default() };
    let endpoint = Resource { body: Some(resource::Body::Endpoint(body)), ..Resource::default() };
    assert_eq!(names(&endpoint), ["check.send-proxy", "kind.endpoint"]);
}

#[test]
fn checks_over_http2_are_asked_for() {
    use crate::v1::{
        Backend, CheckConnect, CheckSchedule, CheckScript, CheckStep, Endpoint, GrpcProbe, HealthCheck,
        check_step, health_check::Probe,
    };
    let needs = |body| {
        let needs = names(&Resource { body: Some(body), ..Resource::default() });
        assert!(needs.iter().all(|name| of_this_build().contains(name.as_str())), "{needs:?}");
        needs
    };
    let of_probe = |probe| {
        let check = Some(HealthCheck { probe: Some(probe) });
        needs(resource::Body::Backend(Backend { check, ..Backend::default() }))
    };
    assert_eq!(of_probe(Probe::Grpc(GrpcProbe::default())), ["kind.backend", "probe.grpc"]);
    let connect = |http2| {
        let connect = CheckConnect { http2, ..CheckConnect::default() };
        let step = CheckStep { action: Some(check_step::Action::Connect(connect)), ..CheckStep::default() };
        of_probe(Probe::Script(CheckScript { steps: vec![step], ..CheckScript::default() }))
    };
    assert_eq!(connect(false), ["kind.backend", "probe.script"]);
    assert_eq!(connect(true), ["check.http2", "kind.backend", "probe.script"]);
    let check = CheckSchedule { http2: true, ..CheckSchedule::default() };
    let endpoint = Endpoint { check: Some(check), ..Endpoint::default() };
    assert_eq!(needs(resource::Body::Endpoint(endpoint)), ["check.http2", "kind.endpoint"]);
}

#[test]
fn what_checks_run_and_work_out_is_asked_for() {
    use crate::v1::{
        Backend, CheckSend, CheckStep, Format, FormatPiece, HttpProbe, ProgramProbe, SetCheckVariable,
    };
    use crate::v1::{CheckScript, HealthCheck, check_step, health_check::Probe, set_check_variable};
    let needs = |probe| {
        let body = Backend { check: Some(HealthCheck { probe: Some(probe) }), ..Backend::default() };
        let needs = needed(&Resource { body: Some(resource::Body::Backend(body)), ..Resource::default() });
        assert!(needs.iter().all(|name| of_this_build().contains(&**name)), "{needs:?}");
        needs.into_iter().map(Capability::into_owned).collect::<Vec<_>>()
    };
    assert_eq!(needs(Probe::Program(ProgramProbe::default())), ["kind.backend", PROGRAMS]);
    let sample = || Sample { fetch: Some(call("res.payload")), converters: vec![call("hex")] };
    let format = || {
        let piece = Some(format_piece::Piece::Sample(sample()));
        Some(Format { pieces: vec![FormatPiece { piece, ..FormatPiece::default() }] })
    };
    let of_formula = |rest: &str| {
        ["check.formula", "convert.hex", "fetch.res.payload", "kind.backend", rest].map(str::to_owned)
    };
    let request = HttpProbe { made_uri: format(), ..HttpProbe::default() };
    assert_eq!(needs(Probe::Http(request)), of_formula("probe.http"));
    let value = Some(set_check_variable::Value::Sample(sample()));
    for action in [
        check_step::Action::Set(SetCheckVariable { value, ..SetCheckVariable::default() }),
        check_step::Action::Send(CheckSend { made: format(), ..CheckSend::default() }),
    ] {
        let steps = vec![CheckStep { action: Some(action), ..CheckStep::default() }];
        let script = CheckScript { steps, ..CheckScript::default() };
        assert_eq!(needs(Probe::Script(script)), of_formula("probe.script"));
    }
}

#[test]
fn a_port_that_is_the_client_s_is_asked_for() {
    use crate::v1::Endpoint;
    let body = Endpoint { client_port_offset: Some(0), ..Endpoint::default() };
    let endpoint = Resource { body: Some(resource::Body::Endpoint(body)), ..Resource::default() };
    assert_eq!(names(&endpoint), ["endpoint.client-port", "kind.endpoint"]);
    assert!(of_this_build().contains("endpoint.client-port"));
}

#[test]
fn how_an_endpoint_and_its_probes_sign_is_asked_for() {
    use crate::v1::{CheckSchedule, Endpoint, TlsClient, TlsSettings};
    let tls = |settings| Some(TlsClient { settings: Some(settings), ..TlsClient::default() });
    let own = TlsSettings { signatures: vec![0x0403], ..TlsSettings::default() };
    let its = TlsSettings { peer_signatures: vec![0x0403], ..TlsSettings::default() };
    let check = Some(CheckSchedule { tls: tls(its), ..CheckSchedule::default() });
    for body in [
        Endpoint { tls: tls(own), ..Endpoint::default() },
        Endpoint { tls: tls(TlsSettings::default()), check, ..Endpoint::default() },
    ] {
        let endpoint = Resource { body: Some(resource::Body::Endpoint(body)), ..Resource::default() };
        let names = names(&endpoint);
        assert!(names.iter().any(|name| name == "endpoint.tls-signatures"), "{names:?}");
    }
    assert!(of_this_build().contains("endpoint.tls-signatures"));
}

#[test]
fn sections_whose_answers_grow_old_ask_for_it() {
    use crate::v1::Resolvers;
    let body = Resolvers { fresh_ms: Some(0), ..Resolvers::default() };
    let section = Resource { body: Some(resource::Body::Resolvers(body)), ..Resource::default() };
    assert_eq!(names(&section), ["kind.resolvers", "resolvers.fresh"]);
    assert!(of_this_build().contains("resolvers.fresh"));
}

#[test]
fn a_backend_that_ejects_outliers_asks_for_it() {
    use crate::v1::{Backend, OutlierEjection};
    let body = Backend { outlier_ejection: Some(OutlierEjection::default()), ..Backend::default() };
    let backend = Resource { body: Some(resource::Body::Backend(body)), ..Resource::default() };
    assert_eq!(names(&backend), ["kind.backend", "outlier-ejection"]);
    assert!(of_this_build().contains("outlier-ejection"));
}

#[test]
fn who_compresses_asks_for_it() {
    use crate::v1::{Backend, Compression};
    let frontend = with(resource::Body::Frontend, |it: &mut Frontend| {
        it.compression = Some(Compression::default());
    });
    assert_eq!(frontend, ["http.compression", "kind.frontend"]);
    let backend = with(resource::Body::Backend, |it: &mut Backend| {
        it.compression = Some(Compression::default());
    });
    assert_eq!(backend, ["http.compression", "kind.backend"]);
    let requests = with(resource::Body::Backend, |it: &mut Backend| {
        let requests = Some(Default::default());
        it.compression = Some(Compression { requests, ..Compression::default() });
    });
    assert_eq!(requests, ["http.compression", "http.request-compression", "kind.backend"]);
}

#[test]
fn who_caches_asks_for_it() {
    use crate::v1::{Cache, ObjectId, Rule, rule::Action};
    assert_eq!(with(resource::Body::Cache, |_: &mut Cache| {}), ["kind.cache"]);
    fn rule(action: Action) -> Rule {
        Rule { when: None, action: Some(action) }
    }
    let frontend = with(resource::Body::Frontend, |it: &mut Frontend| {
        it.request_rules = vec![rule(Action::UseCache(ObjectId::default()))];
        it.response_rules = vec![rule(Action::StoreInCache(ObjectId::default()))];
    });
    assert_eq!(frontend, ["action.store-in-cache", "action.use-cache", "kind.frontend"]);
}

/// What is said, and what is needed for it.
type Case<B> = (fn(&mut B), &'static [&'static str]);

/// What is needed for a resource that is empty but for this.
fn with<B: Default>(wrap: fn(B) -> resource::Body, set: fn(&mut B)) -> Vec<String> {
    let mut body = B::default();
    set(&mut body);
    let found = names(&Resource { body: Some(wrap(body)), ..Resource::default() });
    assert!(found.iter().all(|name| of_this_build().contains(name)), "{found:?}");
    found
}

#[test]
fn how_connections_are_made_and_kept_is_asked_for() {
    use crate::v1::{Endpoint, IpAddress, KeepAlive, Pool, Source};
    let pool = |set: fn(&mut Endpoint)| with(resource::Body::Endpoint, set);
    let table: [Case<Endpoint>; 14] = [
        (|_| (), &[]),
        (|it| it.http_protocol = crate::v1::EndpointHttp::Http2.into(), &["endpoint.http2"]),
        (|it| it.web_sockets = crate::v1::WebSocketHttp::Http1.into(), &["endpoint.web-sockets"]),
        (|it| it.pool = Some(Pool { max_idle: Some(0), ..Pool::default() }), &["endpoint.pool"]),
        (|it| it.pool = Some(Pool { purge_delay_ms: Some(0), ..Pool::default() }), &["endpoint.pool"]),
        (|it| it.pool = Some(Pool { max_reuse: Some(1), ..Pool::default() }), &["endpoint.pool"]),
        (|it| it.pool = Some(Pool { warm: 1, ..Pool::default() }), &["endpoint.pool"]),
        (|it| it.pool = Some(Pool { low: 1, ..Pool::default() }), &["endpoint.pool", "endpoint.pool-low"]),
        (
            |it| it.source = Some(Source { address: Some(IpAddress::default()), ..Source::default() }),
            &["endpoint.source"],
        ),
        (|it| it.proxy_header = Some(crate::v1::ProxyHeader::default()), &["endpoint.proxy-protocol"]),
        (
            |it| {
                it.tls = Some(crate::v1::TlsClient::default());
                it.server_name = Some(Sample { fetch: Some(call("src")), converters: Vec::new() });
            },
            &["endpoint.tls", "fetch.src"],
        ),
        (
            |it| {
                let tls = Some(crate::v1::TlsClient::default());
                it.check = Some(crate::v1::CheckSchedule { tls, ..Default::default() });
            },
            &["check.tls"],
        ),
        (|it| it.user_timeout_ms = 1, &["socket.user-timeout"]),
        (|it| it.keep_alive = Some(KeepAlive::default()), &["socket.keep-alive"]),
    ];
    for (set, wanted) in table {
        let mut wanted = [wanted, &["kind.endpoint"]].concat();
        wanted.sort_unstable();
        assert_eq!(pool(set), wanted);
    }
    let listener = |set| with(resource::Body::Listener, set);
    assert_eq!(listener(|it| it.user_timeout_ms = 1), ["kind.listener", "socket.user-timeout"]);
    let probed = listener(|it| it.keep_alive = Some(KeepAlive::default()));
    assert_eq!(probed, ["kind.listener", "socket.keep-alive"]);
    let kept = with(resource::Body::Frontend, |it: &mut Frontend| it.max_private_connections = Some(0));
    assert_eq!(kept, ["kind.frontend", "max-private-connections"]);
}

#[test]
fn which_connections_are_shared_and_who_waits_is_asked_for() {
    use crate::v1::Backend;
    let table: [Case<Backend>; 5] = [
        (|_| (), &["kind.backend"]),
        (|it| it.reuse = Some(crate::v1::Reuse::Never.into()), &["http-reuse", "kind.backend"]),
        (|it| it.abort_on_close = true, &["abort-on-close", "kind.backend"]),
        (|it| it.max_keep_alive_queue = Some(0), &["kind.backend", "persistence.max-keep-alive-queue"]),
        (|it| it.prefer_last = true, &["kind.backend", "persistence.prefer-last"]),
    ];
    for (set, wanted) in table {
        assert_eq!(with(resource::Body::Backend, set), wanted);
    }
}

#[test]
fn what_connections_pass_first_is_asked_for() {
    use crate::v1::{Allow, ExpectedProxyHeader, Listener};
    let table: [Case<Listener>; 4] = [
        (|_| (), &["kind.listener"]),
        (
            |it| it.http_protocol = crate::v1::HttpProtocol::Http1.into(),
            &["kind.listener", "listener.http-protocol"],
        ),
        (
            |it| it.proxy_header = Some(ExpectedProxyHeader::default()),
            &["kind.listener", "listener.proxy-protocol"],
        ),
        (
            |it| it.connection_rules = vec![Rule { when: None, action: Some(rule::Action::Allow(Allow {})) }],
            &["action.allow", "kind.listener", "listener.connection-rules"],
        ),
    ];
    for (set, wanted) in table {
        assert_eq!(with(resource::Body::Listener, set), wanted);
    }
    let sample = Sample { fetch: Some(call("src")), converters: Vec::new() };
    let test = Test { sample: Some(sample), r#match: Match::Ip as i32, ..Test::default() };
    let when = Some(Condition { tests: vec![test], ops: Vec::new() });
    let body = Listener { proxy_header: Some(ExpectedProxyHeader { when }), ..Listener::default() };
    let listener = Resource { body: Some(resource::Body::Listener(body)), ..Resource::default() };
    let expected = ["fetch.src", "kind.listener", "listener.proxy-protocol", "match.ip"];
    assert_eq!(names(&listener), expected);
}

#[test]
fn datagrams_are_taken_by_those_who_know_how() {
    use crate::v1::{Backend, CheckConnect, CheckScript, CheckStep, HealthCheck, Listener};
    use crate::v1::{check_step, health_check};
    assert_eq!(
        with(resource::Body::Listener, |it: &mut Listener| it.udp = true),
        ["kind.listener", "listener.udp"]
    );
    let frontend = with(resource::Body::Frontend, |it: &mut Frontend| it.mode = Mode::Udp.into());
    assert_eq!(frontend, ["kind.frontend", "mode.udp"]);
    let backend = with(resource::Body::Backend, |it: &mut Backend| {
        let connect = CheckConnect { udp: true, ..CheckConnect::default() };
        let action = Some(check_step::Action::Connect(connect));
        let steps = vec![CheckStep { action, ..CheckStep::default() }];
        let script = CheckScript { steps, ..CheckScript::default() };
        it.check = Some(HealthCheck { probe: Some(health_check::Probe::Script(script)) });
    });
    assert_eq!(backend, ["check.udp", "kind.backend", "probe.script"]);
}
