//! The configurations of the proxies. Sluicegate gets the very one that HAProxy gets.

use std::path::Path;

use crate::certificate;

/// What a workload wants of a proxy beside forwarding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Features {
    pub(crate) mode: Mode,
    /// Clients speak TLS, and HTTP/1.1 or HTTP/2 over it. Of mode `Http` alone.
    pub(crate) tls: bool,
    /// A line for each request to standard output.
    pub(crate) log: bool,
    /// A new connection to a server for each request.
    pub(crate) server_close: bool,
    /// Thirty rules of which no request meets one.
    pub(crate) rules: bool,
    /// A thousand frontends and ten thousand backends that no request meets. nginx goes without.
    pub(crate) large: bool,
}

/// What is forwarded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    #[default]
    Http,
    /// Connections, whatever they carry.
    Tcp,
    /// Datagrams.
    Udp,
}

/// What a configuration is written for.
#[derive(Debug)]
pub(crate) struct Setup<'a> {
    pub(crate) features: Features,
    pub(crate) port: u16,
    pub(crate) origins: [u16; 2],
    pub(crate) workers: u16,
    /// Connections at one time.
    pub(crate) connections: u64,
    /// HAProxy's `option splice-auto`.
    pub(crate) splice: bool,
    /// nginx in one process, for tools that follow just one.
    pub(crate) single: bool,
    pub(crate) folder: &'a Path,
}

/// For HAProxy and Sluicegate.
pub(crate) fn haproxy(setup: &Setup<'_>) -> String {
    let Features { mode, tls, log, server_close, rules, large } = setup.features;
    let (name, mut options) = match mode {
        Mode::Http => ("http", vec!["timeout http-keep-alive 300s", "http-reuse always"]),
        Mode::Tcp => ("tcp", Vec::new()),
        Mode::Udp => ("udp", Vec::new()),
    };
    let mut bind = String::new();
    if mode != Mode::Udp {
        bind.push_str(" backlog 8192");
    }
    if tls {
        let file = certificate::file(setup.folder);
        bind.push_str(&format!(" ssl crt {} alpn h2,http/1.1", file.display()));
    }
    if log {
        options.extend(["log global", "option httplog"]);
    }
    if server_close {
        options.push("option http-server-close");
    }
    if setup.splice {
        options.push("option splice-auto");
    }
    // With pipes a connection may have more than two descriptors; listeners have one each.
    let connections = if setup.splice || large { setup.connections * 3 / 4 } else { setup.connections };
    let mut lines = Vec::new();
    if rules {
        lines.extend(ten(|n| format!("http-request deny if {{ path_beg /forbidden{n}/ }}")));
        lines.extend(ten(|n| format!("http-request set-header X-Zone {n} if {{ src 10.{n}.0.0/16 }}")));
        lines.extend(ten(|n| format!("use_backend origins if {{ hdr(host) -i shop{n}.example }}")));
    }
    fill(
        include_str!("../conf/haproxy.cfg"),
        &[
            ("WORKERS", setup.workers.to_string()),
            ("MAXCONN", connections.to_string()),
            ("GLOBAL", if log { "log stdout format raw local0".to_owned() } else { String::new() }),
            ("MODE", name.to_owned()),
            ("BIND", bind),
            ("OPTIONS", options.join("\n    ")),
            ("PORT", setup.port.to_string()),
            ("RULES", lines.join("\n    ")),
            ("ORIGIN1", setup.origins[0].to_string()),
            ("ORIGIN2", setup.origins[1].to_string()),
            ("OTHERS", if large { others() } else { String::new() }),
        ],
    )
}

/// Frontends and backends beside the one that is measured.
fn others() -> String {
    let frontend = |n: u16| {
        let bind = format!("bind 127.0.0.2:{}", 20_000 + n);
        format!("frontend other{n}\n    {bind}\n    default_backend other{n}\n")
    };
    let backend = |n: u16| format!("backend other{n}\n    server one 127.0.0.3:{}\n", 20_000 + n);
    (0..1000).map(frontend).chain((0..10_000).map(backend)).collect()
}

/// For nginx: the same in its words. `stream` is its module for what is no HTTP.
pub(crate) fn nginx(setup: &Setup<'_>, stream: &Path) -> String {
    let (load, traffic) = match setup.features.mode {
        Mode::Http => (String::new(), nginx_http(setup)),
        mode => (format!("load_module {};", stream.display()), nginx_stream(mode)),
    };
    fill(
        include_str!("../conf/nginx.conf"),
        &[
            ("LOAD", load),
            ("WORKERS", setup.workers.to_string()),
            ("MASTER", if setup.single { "off" } else { "on" }.to_owned()),
            // Each request has two connections.
            ("MAXCONN", (setup.connections * 2).to_string()),
            ("TRAFFIC", traffic),
            ("FOLDER", setup.folder.display().to_string()),
            ("PORT", setup.port.to_string()),
            ("ORIGIN1", setup.origins[0].to_string()),
            ("ORIGIN2", setup.origins[1].to_string()),
        ],
    )
}

fn nginx_http(setup: &Setup<'_>) -> String {
    let Features { tls, log, server_close, rules, .. } = setup.features;
    let pool = if server_close { "" } else { "keepalive 1024; keepalive_requests 1000000000;" };
    let (mut geo, mut zone, mut locations, mut servers, mut certificate) = Default::default();
    if rules {
        locations = ten(|n| format!("location /forbidden{n}/ {{ return 403; }}")).join("\n        ");
        geo = format!(
            "geo $zone {{\n        {}\n    }}",
            ten(|n| format!("10.{n}.0.0/16 {n};")).join("\n        ")
        );
        zone = "proxy_set_header X-Zone $zone;".to_owned();
        let server = |n| {
            let listen = format!("listen 127.0.0.1:{}; server_name shop{n}.example;", setup.port);
            format!("server {{ {listen} location / {{ proxy_pass http://origins; }} }}")
        };
        servers = ten(server).join("\n    ");
    }
    if tls {
        let file = certificate::file(setup.folder);
        let file = file.display();
        certificate =
            format!("ssl_certificate {file}; ssl_certificate_key {file}; ssl_protocols TLSv1.2 TLSv1.3;");
    }
    fill(
        include_str!("../conf/nginx-http.conf"),
        &[
            ("LOG", if log { "/dev/stdout" } else { "off" }.to_owned()),
            ("LISTEN", if tls { " ssl http2" } else { "" }.to_owned()),
            ("CERTIFICATE", certificate),
            ("POOL", pool.to_owned()),
            ("CONNECTION", if server_close { "close" } else { "" }.to_owned()),
            ("GEO", geo),
            ("ZONE", zone),
            ("LOCATIONS", locations),
            ("SERVERS", servers),
        ],
    )
}

fn nginx_stream(mode: Mode) -> String {
    let listen = if mode == Mode::Udp { " udp" } else { " backlog=8192" };
    fill(include_str!("../conf/nginx-stream.conf"), &[("LISTEN", listen.to_owned())])
}

fn ten(line: impl Fn(u8) -> String) -> Vec<String> {
    (1..=10).map(line).collect()
}

fn fill(template: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("@{name}@"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(features: Features) -> Setup<'static> {
        let (port, origins, connections) = (1, [2, 3], 4000);
        let folder = Path::new("/run/x");
        Setup { features, port, origins, workers: 1, connections, splice: false, single: false, folder }
    }

    #[test]
    fn nothing_of_a_template_is_left() {
        for number in 0..32 {
            let bit = |bit| number & bit > 0;
            let [log, server_close, rules, large, tls] = [1, 2, 4, 8, 16].map(bit);
            for mode in [Mode::Http, Mode::Tcp, Mode::Udp] {
                let setup = setup(Features { mode, tls, log, server_close, rules, large });
                for text in [haproxy(&setup), nginx(&setup, Path::new("/x.so"))] {
                    assert!(!text.contains('@'), "{text}");
                }
            }
        }
    }

    #[test]
    fn thirty_rules_are_thirty() {
        let features = Features { rules: true, ..Features::default() };
        let text = haproxy(&setup(features));
        assert_eq!(text.lines().filter(|line| line.contains(" if { ")).count(), 30);
        let text = nginx(&setup(features), Path::new("/x.so"));
        let rules = ["location /forbidden", "10.", "server_name"];
        assert_eq!(text.lines().filter(|line| rules.iter().any(|rule| line.contains(rule))).count(), 30);
    }

    #[test]
    fn a_large_configuration_is_large() {
        let text = haproxy(&setup(Features { large: true, ..Features::default() }));
        let count = |word: &str| text.lines().filter(|line| line.starts_with(word)).count();
        assert_eq!((count("frontend "), count("backend ")), (1001, 10_001));
    }

    #[test]
    fn server_connections_are_kept_unless_asked() {
        let close = Features { server_close: true, ..Features::default() };
        assert!(haproxy(&setup(close)).contains("option http-server-close"));
        assert!(!nginx(&setup(close), Path::new("/x.so")).contains("keepalive 1024"));
        assert!(nginx(&setup(Features::default()), Path::new("/x.so")).contains("keepalive 1024"));
    }
}
