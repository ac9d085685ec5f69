use super::*;
use crate::container::{MAX_LABELS, Port};

fn container(labels: &[(&str, &str)], ports: &[u16]) -> Container {
    let mut labels: BTreeMap<String, String> =
        labels.iter().map(|(label, value)| (format!("sluicegate.{label}"), (*value).to_owned())).collect();
    labels.entry("sluicegate.enable".to_owned()).or_insert_with(|| "true".to_owned());
    Container {
        id: "0123456789abcdef".into(),
        name: "shop-1".into(),
        labels,
        ports: ports.iter().map(|number| Port { number: *number, udp: false }).collect(),
        ..Container::default()
    }
}

fn wanted(labels: &[(&str, &str)]) -> Vec<Wanted> {
    read(&container(labels, &[8080])).unwrap()
}

fn one(labels: &[(&str, &str)]) -> Wanted {
    let all = [&[("http.shop.host", "shop.example")][..], labels].concat();
    wanted(&all).remove(0)
}

fn told(labels: &[(&str, &str)]) -> Vec<String> {
    read(&container(labels, &[8080])).unwrap_err().iter().map(ToString::to_string).collect()
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn host_and_the_only_port() {
    let route = one(&[("http.shop.host", "Shop.example, *.shop.example")]);
    assert_eq!((route.name.as_str(), route.port, route.mode), ("shop", Some(8080), Mode::Http));
    assert_eq!(route.hosts, ["shop.example", "*.shop.example"]);
    assert_eq!(route.entrypoints, ["web"]);
}

#[test]
fn a_container_that_is_not_enabled_is_left_alone() {
    let labels = [("enable", "false"), ("http.a.host", "a")];
    assert_eq!(read(&container(&labels, &[80])), Ok(vec![]));
    assert_eq!(read(&Container::default()), Ok(vec![]));
}

#[test]
fn tls_and_redirects_choose_entry_points() {
    assert_eq!(one(&[("http.shop.tls", "true")]).entrypoints, ["websecure"]);
    let redirected = one(&[("http.shop.redirect-https", "true")]);
    assert_eq!(redirected.entrypoints, ["web", "websecure"]);
    assert_eq!(texts(&redirected.backend), ["http-request redirect scheme https code 308 unless { ssl_fc }"]);
    assert_eq!(one(&[("http.shop.entrypoints", "a, b")]).entrypoints, ["a", "b"]);
}

#[test]
fn keywords_of_a_backend_and_of_a_server_are_labels() {
    let route = one(&[
        ("backend.balance", "leastconn"),
        ("backend.timeout.server", "30s"),
        ("backend.option.httpclose", "true"),
        ("backend.option.redispatch", "false"),
        ("backend.weight", "7"),
        ("server.send-proxy", "true"),
        ("backend.check.path", "/health"),
        ("backend.check.interval", "5s"),
        ("rules.20", "http-response set-header B b"),
        ("rules.3", " http-request set-header A \"a  b\" if { path /a }"),
        ("http.shop.scheme", "h2c"),
    ]);
    assert_eq!(
        texts(&route.backend),
        [
            "option httpchk GET /health",
            "balance leastconn",
            "option httpclose",
            "timeout server 30s",
            "http-request set-header A \"a  b\" if { path /a }",
            "http-response set-header B b",
        ]
    );
    assert_eq!(texts(&route.server), ["check", "inter 5s", "weight 7", "send-proxy", "proto h2"]);
    assert_eq!(route.server[1].label, "sluicegate.backend.check.interval");
}

#[test]
fn typing_errors_are_told_with_the_right_label() {
    for (label, nearest) in [
        ("http.shop.hots", "http.shop.host"),
        ("htp.shop.host", "http.shop.host"),
        ("enabled", "enable"),
        ("backend.balanc", "backend.balance"),
        ("backend.chek.path", "backend.check.path"),
        ("backend.timeout.sever", "backend.timeout.server"),
        ("backend.weigth", "backend.weight"),
        ("server.maxcon", "server.maxconn"),
    ] {
        let told = told(&[("http.shop.host", "a"), (label, "1")]);
        let expected = format!("unknown label 'sluicegate.{label}=1'; did you mean 'sluicegate.{nearest}'?");
        assert_eq!(told, [expected]);
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let told = told(&[
        ("http.a.host", "http://a/"),
        ("http.b.host", "b"),
        ("http.b.port", "http"),
        ("http.c.path", "c"),
        ("http.d.host", "d"),
        ("http.d.priority", "high"),
        ("http.e.port", "80"),
        ("tcp.f.port", "5432"),
        ("udp.g.host", "g"),
        ("nonsense", ""),
    ]);
    assert_eq!(told.len(), 8, "{told:#?}");
    for part in [
        "'http://a/' is not a host name",
        "'http' is not a port",
        "'c' is not the beginning of a path",
        "'high' is not a number",
        "route 'e' would take every request",
        "label 'sluicegate.tcp.f.entrypoints': '' is not the name of an entry point",
        "unknown label 'sluicegate.udp.g.host=g'",
        "unknown label 'sluicegate.nonsense='",
    ] {
        assert!(told.iter().any(|told| told.contains(part)), "{part} in {told:#?}");
    }
}

#[test]
fn what_is_no_line_or_leads_elsewhere_is_refused() {
    for value in ["a\nb", "a\0", "http-request deny # all", "http-request deny if { path 'x }", "x \\"] {
        assert!(
            told(&[("http.a.host", "a"), ("rules.1", value)])[0].contains("is not one line"),
            "{value:?}"
        );
    }
    for value in ["server x 192.0.2.1:80", "server(x 192.0.2.1:80", "frontend x", "nonsense", ""] {
        let told = told(&[("http.a.host", "a"), ("rules.1", value)]);
        assert!(told[0].contains("is not a line that a backend may have"), "{told:?}");
    }
    for label in ["backend.server", "backend.balance(x\nfrontend x", "backend.balance(x)", "server.weight(1)"]
    {
        let told = told(&[("http.a.host", "a"), (label, "x 192.0.2.1:80")]);
        assert!(told[0].contains("unknown label"), "{told:?}");
    }
}

#[test]
fn which_port_is_told_where_there_is_no_only_one() {
    let labels = [("http.a.host", "a")];
    let told = |ports: &[u16]| read(&container(&labels, ports)).unwrap_err()[0].to_string();
    assert_eq!(
        told(&[80, 443]),
        "route 'a' needs the label 'sluicegate.http.a.port': the container exposes 80, 443"
    );
    assert!(told(&[]).ends_with("the container exposes none"));
}

#[test]
fn too_many_labels_are_refused() {
    let mut many = container(&[], &[80]);
    many.labels.extend((0..MAX_LABELS).map(|n| (format!("sluicegate.http.r{n}.host"), "a".to_owned())));
    assert_eq!(read(&many), Err(vec![InvalidLabel::TooLarge]));
}

#[test]
fn who_says_so_takes_every_request() {
    assert_eq!(wanted(&[("http.all.path", "/")])[0].path, "");
}

#[test]
fn the_table_of_the_documentation_is_that_of_the_code() {
    crate::vocabulary::tests::documented("labels", &docs());
}
