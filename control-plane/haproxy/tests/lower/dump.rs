//! Resources as text that a person can check: YAML in shape.

#[path = "compression.rs"]
mod compression;
#[path = "logging.rs"]
mod logging;
#[path = "names.rs"]
mod names;
#[path = "persistence.rs"]
mod persistence;
#[path = "process.rs"]
mod process;
#[path = "script.rs"]
mod script;
#[path = "tls.rs"]
mod tls;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{
    self, balance, endpoint, hash, health_check::Probe, listener, origin, resource::Body,
};

use crate::phrase::{self, action, condition, format, sample};

/// Lines with an indent; what has its default value is left out.
#[derive(Default)]
struct Out {
    text: String,
    indent: usize,
}

impl Out {
    fn line(&mut self, text: &str) {
        self.text.push_str(&" ".repeat(self.indent * 2));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn value(&mut self, name: &str, value: impl std::fmt::Display) {
        self.line(&format!("{name}: {value}"));
    }

    fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.value(name, format!("{value:?}"));
        }
    }

    fn number(&mut self, name: &str, value: u32) {
        if value != 0 {
            self.value(name, value);
        }
    }

    fn flag(&mut self, name: &str, value: bool) {
        if value {
            self.value(name, value);
        }
    }

    fn millis(&mut self, name: &str, value: Option<u64>) {
        if let Some(value) = value {
            self.value(name, value);
        }
    }

    fn inside(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.line(&format!("{name}:"));
        self.indent += 1;
        write(self);
        self.indent -= 1;
    }
}

/// All resources, by id.
pub(crate) fn resources(resources: &[v1::Resource]) -> String {
    let mut keyed: Vec<_> = resources
        .iter()
        .map(|resource| (ObjectKey::try_from(resource.id.as_ref().unwrap()).unwrap(), resource))
        .collect();
    keyed.sort_by(|a, b| (a.0.kind() as i32, &a.1.order, &a.0).cmp(&(b.0.kind() as i32, &b.1.order, &b.0)));
    assert!(keyed.windows(2).all(|pair| pair[0].0 != pair[1].0), "an id is there twice");
    let mut out = Out::default();
    for (key, resource) in keyed {
        let at = match resource.origin().and_then(|origin| origin.place.as_ref()) {
            Some(origin::Place::File(file)) => format!("{}:{}", file.path, file.line),
            other => panic!("{key} comes from {other:?}"),
        };
        let order = match resource.order.trim_start_matches('0') {
            "" => String::new(),
            order => format!(", {order}"),
        };
        out.inside(&format!("{key} # {at}{order}"), |out| {
            body(out, resource.body.as_ref().unwrap(), resource.provenance.as_ref().unwrap());
        });
    }
    out.text
}

fn body(out: &mut Out, body: &Body, provenance: &v1::Provenance) {
    match body {
        Body::Process(process) => process::process(out, process),
        Body::Listener(listener) => listener_body(out, listener, provenance),
        Body::Frontend(frontend) => frontend_body(out, frontend, provenance),
        Body::Route(route) => {
            out.value("frontend", name(route.frontend.as_ref()));
            if let Some(when) = &route.when {
                out.value("when", condition(when));
            }
            out.value("backend", name(route.backend.as_ref()));
        }
        Body::Backend(backend) => backend_body(out, backend, provenance),
        Body::Endpoint(endpoint) => endpoint_body(out, endpoint),
        Body::Blob(blob) if blob.secret => out.flag("secret", true),
        Body::Blob(blob) => out.text("data", &String::from_utf8_lossy(&blob.data)),
        Body::Patterns(list) => {
            out.flag("map", list.map);
            out.text("blob", list.blob.get(..8).unwrap_or_default());
        }
        Body::Resolvers(body) => names::resolvers(out, body),
        Body::Cache(body) => {
            out.value("total_bytes", body.total_bytes);
            out.value("object_bytes", body.object_bytes);
            out.value("max_age_s", body.max_age_s);
            out.flag("vary", body.vary);
            out.value("max_variants", body.max_variants);
        }
    }
}

fn name(id: Option<&v1::ObjectId>) -> String {
    id.map(|id| id.name.clone()).unwrap()
}

pub(crate) fn ip(address: &v1::IpAddress) -> String {
    let ip = match <[u8; 4]>::try_from(&address.ip[..]) {
        Ok(v4) => std::net::IpAddr::from(v4),
        Err(_) => <[u8; 16]>::try_from(&address.ip[..]).unwrap().into(),
    };
    std::net::SocketAddr::new(ip, u16::try_from(address.port).unwrap()).to_string()
}

fn unix(address: &v1::UnixAddress) -> String {
    let mut text = format!("unix {:?}", String::from_utf8_lossy(&address.path));
    if let Some(mode) = address.mode {
        text += &format!(" mode {mode:o}");
    }
    if !(address.user.is_empty() && address.group.is_empty()) {
        text += &format!(" owner {}:{}", address.user, address.group);
    }
    text
}

fn host(address: &v1::HostAddress) -> String {
    format!("host {}:{}", address.name, address.port)
}

fn listener_body(out: &mut Out, listener: &v1::Listener, provenance: &v1::Provenance) {
    let address = match listener.address.as_ref().unwrap() {
        listener::Address::Ip(address) => ip(address),
        listener::Address::Unix(address) => unix(address),
        listener::Address::Descriptor(number) => format!("descriptor {number}"),
    };
    out.value("address", address);
    out.value("frontend", name(listener.frontend.as_ref()));
    out.number("max_connections", listener.max_connections);
    out.flag("udp", listener.udp);
    out.number("backlog", listener.backlog);
    out.flag("dual_stack", listener.dual_stack);
    out.flag("free_bind", listener.free_bind);
    out.text("interface", &listener.interface);
    socket(out, listener.user_timeout_ms, listener.keep_alive.as_ref());
    out.text("label", &listener.label);
    if let Some(header) = &listener.proxy_header {
        out.value("proxy_header", header.when.as_ref().map_or("always".to_owned(), condition));
    }
    if listener.http_protocol() != v1::HttpProtocol::Any {
        out.value("http_protocol", listener.http_protocol().as_str_name());
    }
    out.millis("entry_timeout_ms", Some(listener.entry_timeout_ms).filter(|ms| *ms > 0));
    rules(out, "connection_rules", &listener.connection_rules, &provenance.request_rules);
    if let Some(tls) = &listener.tls {
        tls::server(out, tls);
    }
}

fn frontend_body(out: &mut Out, frontend: &v1::Frontend, provenance: &v1::Provenance) {
    out.value("mode", frontend.mode().as_str_name());
    timeouts(out, frontend.timeouts.as_ref().unwrap());
    out.number("max_connections", frontend.max_connections);
    logging::logging(out, frontend.logging.as_ref().unwrap());
    http(out, frontend.http.as_ref());
    rules(out, "request_rules", &frontend.request_rules, &provenance.request_rules);
    rules(out, "response_rules", &frontend.response_rules, &provenance.response_rules);
    inspection(out, "inspection", (frontend.inspection.as_ref(), &provenance.inspection_rules));
    error_pages(out, &frontend.error_pages);
    if frontend.default_backend.is_some() {
        out.value("default_backend", name(frontend.default_backend.as_ref()));
    }
    out.flag("disabled", frontend.disabled);
    out.number("number", frontend.number);
    out.text("description", &frontend.description);
    if let Some(most) = frontend.max_private_connections {
        out.value("max_private_connections", most);
    }
    compression::compression(out, frontend.compression.as_ref());
}

fn backend_body(out: &mut Out, backend: &v1::Backend, provenance: &v1::Provenance) {
    out.value("mode", backend.mode().as_str_name());
    timeouts(out, backend.timeouts.as_ref().unwrap());
    balance_body(out, backend.balance.as_ref().unwrap().algorithm.as_ref().unwrap());
    http(out, backend.http.as_ref());
    match backend.check.as_ref().unwrap().probe.as_ref().unwrap() {
        Probe::Tcp(_) => out.value("check", "tcp"),
        Probe::Http(probe) => out.inside("check", |out| script::http_probe(out, probe)),
        Probe::Script(script) => out.inside("check", |out| script::script(out, script)),
        Probe::Grpc(grpc) => out.inside("check", |out| script::grpc(out, grpc)),
        Probe::Program(program) => out.inside("check", |out| script::program(out, program)),
    }
    out.value("retries", backend.retries);
    if let Some(redispatch) = &backend.redispatch {
        out.value("redispatch", redispatch.interval);
    }
    rules(out, "request_rules", &backend.request_rules, &provenance.request_rules);
    rules(out, "response_rules", &backend.response_rules, &provenance.response_rules);
    inspection(out, "inspection", (backend.inspection.as_ref(), &provenance.inspection_rules));
    let of = (backend.response_inspection.as_ref(), &*provenance.response_inspection_rules);
    inspection(out, "response_inspection", of);
    persistence::persistence(out, backend);
    error_pages(out, &backend.error_pages);
    out.flag("all_backups", backend.all_backups);
    out.flag("disabled", backend.disabled);
    out.number("number", backend.number);
    logging::log_targets(out, &backend.log_targets);
    out.flag("log_probes", backend.log_probes);
    out.text("description", &backend.description);
    if backend.reuse.is_some() {
        out.value("reuse", backend.reuse().as_str_name());
    }
    if let Some(most) = backend.max_keep_alive_queue {
        out.value("max_keep_alive_queue", most);
    }
    out.flag("abort_on_close", backend.abort_on_close);
    compression::compression(out, backend.compression.as_ref());
}

fn balance_body(out: &mut Out, algorithm: &balance::Algorithm) {
    match algorithm {
        balance::Algorithm::RoundRobin(_) => out.value("balance", "round_robin"),
        balance::Algorithm::StaticRoundRobin(_) => out.value("balance", "static_round_robin"),
        balance::Algorithm::LeastConnections(_) => out.value("balance", "least_connections"),
        balance::Algorithm::First(_) => out.value("balance", "first"),
        balance::Algorithm::Random(random) => out.value("balance", format!("random of {}", random.draws)),
        balance::Algorithm::PeakEwma(_) => out.value("balance", "peak_ewma"),
        balance::Algorithm::Hash(hash) => out.inside("balance", |out| {
            let key = match hash.key.as_ref().unwrap() {
                hash::Key::Source(_) => "source".to_owned(),
                hash::Key::Uri(uri) => format!("{uri:?}"),
                hash::Key::UrlParameter(name) => format!("parameter {name}"),
                hash::Key::Header(header) => format!("{header:?}"),
                hash::Key::Sample(expression) => sample(expression),
                hash::Key::RdpCookie(name) => format!("rdp cookie {name}"),
            };
            out.value("key", key);
            out.value("table", hash.table().as_str_name());
            out.value("function", hash.function().as_str_name());
            out.flag("avalanche", hash.avalanche);
            out.flag("in_body", hash.in_body);
            out.number("balance_factor_percent", hash.balance_factor_percent);
            if hash.affinity.is_some() {
                out.value("affinity", hash.affinity().as_str_name());
            }
        }),
    }
}

fn endpoint_body(out: &mut Out, endpoint: &v1::Endpoint) {
    out.value("backend", name(endpoint.backend.as_ref()));
    out.value("name", &endpoint.name);
    out.value("number", endpoint.number);
    out.flag("number_written", endpoint.number_written);
    let address = match endpoint.address.as_ref().unwrap() {
        endpoint::Address::Ip(address) => ip(address),
        endpoint::Address::Unix(address) => unix(address),
        endpoint::Address::Host(address) => host(address),
    };
    out.value("address", address);
    if let Some(offset) = endpoint.client_port_offset {
        out.value("client_port_offset", offset);
    }
    out.flag("client_address", endpoint.client_address);
    if let Some(resolution) = &endpoint.resolution {
        names::resolution(out, resolution);
    }
    out.value("weight", endpoint.weight);
    out.flag("backup", endpoint.backup);
    out.flag("disabled", endpoint.disabled);
    out.flag("unusable", endpoint.unusable);
    out.number("max_connections", endpoint.max_connections);
    out.number("max_queue", endpoint.max_queue);
    out.number("min_connections", endpoint.min_connections);
    out.millis("slow_start_ms", Some(endpoint.slow_start_ms).filter(|ms| *ms > 0));
    if let Some(pool) = &endpoint.pool {
        out.line(&format!("pool: {pool:?}"));
    }
    endpoint.source.iter().for_each(|source| out.line(&phrase::source(source)));
    socket(out, endpoint.user_timeout_ms, endpoint.keep_alive.as_ref());
    if let Some(it) = &endpoint.proxy_header {
        let values = format!("checksum {} authority {} tls {}", it.checksum, it.authority, it.tls);
        out.line(&format!("proxy_header: {} {values}", it.version().as_str_name()));
        let of_tls = [
            ("common_name", it.common_name),
            ("cipher", it.cipher),
            ("signature", it.signature),
            ("key", it.key),
        ];
        of_tls.iter().for_each(|(name, told)| out.flag(name, *told));
        for own in &it.values {
            out.value("value", format!("{:#04x} {}", own.kind, format(own.value.as_ref().unwrap())));
        }
    }
    tls::endpoint(out, endpoint);
    if endpoint.http_protocol() != v1::EndpointHttp::Http1 {
        out.value("http_protocol", endpoint.http_protocol().as_str_name());
    }
    if endpoint.web_sockets() != v1::WebSocketHttp::Auto {
        out.value("web_sockets", endpoint.web_sockets().as_str_name());
    }
    out.text("cookie", &endpoint.cookie);
    if endpoint.hash_identity.is_some() {
        out.value("hash_identity", endpoint.hash_identity().as_str_name());
    }
    if endpoint.track.is_some() {
        out.value("track", name(endpoint.track.as_ref()));
    }
    out.flag("down_ends_sessions", endpoint.down_ends_sessions);
    out.flag("up_ends_backup_sessions", endpoint.up_ends_backup_sessions);
    if let Some(it) = &endpoint.observation {
        out.inside("observation", |out| {
            out.value("layer", it.layer().as_str_name());
            out.value("error_limit", it.error_limit);
            out.value("on_error", it.on_error().as_str_name());
        });
    }
    if let Some(agent) = &endpoint.agent {
        out.inside("agent", |out| {
            if let Some(address) = &agent.address {
                out.value("address", ip(address));
            }
            out.value("port", agent.port);
            out.value("interval_ms", agent.interval_ms);
            out.text("send", &agent.send.escape_ascii().to_string());
        });
    }
    let Some(check) = &endpoint.check else { return };
    out.inside("check", |out| {
        out.value("interval_ms", check.interval_ms);
        out.millis("fast_interval_ms", check.fast_interval_ms);
        out.millis("down_interval_ms", check.down_interval_ms);
        out.value("rise", check.rise);
        out.value("fall", check.fall);
        if let Some(address) = &check.address {
            out.value("address", ip(address));
        }
        out.number("port", check.port);
        out.flag("send_proxy", check.send_proxy);
        tls::check(out, check);
        out.flag("http2", check.http2);
        if check.initial != 0 {
            out.value("initial", check.initial().as_str_name());
        }
    });
}

fn socket(out: &mut Out, user_timeout_ms: u64, keep_alive: Option<&v1::KeepAlive>) {
    out.millis("user_timeout_ms", Some(user_timeout_ms).filter(|ms| *ms > 0));
    if let Some(probes) = keep_alive {
        out.line(&format!("keep_alive: {probes:?}"));
    }
}

fn timeouts(out: &mut Out, timeouts: &v1::Timeouts) {
    let all = [
        ("client", timeouts.client_ms),
        ("client_fin", timeouts.client_fin_ms),
        ("http_request", timeouts.http_request_ms),
        ("http_keep_alive", timeouts.http_keep_alive_ms),
        ("queue", timeouts.queue_ms),
        ("connect", timeouts.connect_ms),
        ("server", timeouts.server_ms),
        ("server_fin", timeouts.server_fin_ms),
        ("tunnel", timeouts.tunnel_ms),
        ("tarpit", timeouts.tarpit_ms),
        ("check", timeouts.check_ms),
    ];
    let set: Vec<_> = all.iter().filter_map(|(name, ms)| ms.map(|ms| format!("{name}: {ms}"))).collect();
    if !set.is_empty() {
        out.value("timeouts_ms", format!("{{ {} }}", set.join(", ")));
    }
}

fn http(out: &mut Out, options: Option<&v1::HttpOptions>) {
    let Some(options) = options else { return };
    out.value("connection_mode", options.connection_mode().as_str_name());
    let Some(forwarded) = &options.forwarded_for else { return };
    out.inside("forwarded_for", |out| {
        out.text("header", &forwarded.header);
        for network in &forwarded.except {
            let address = v1::IpAddress { ip: network.ip.clone(), port: 0 };
            let address = ip(&address);
            let address = address.rsplit_once(':').unwrap().0;
            out.value("except", format!("{address}/{}", network.prefix_length));
        }
        out.value("if_none", forwarded.if_none);
    });
}

fn error_pages(out: &mut Out, pages: &[v1::ErrorPage]) {
    for page in pages {
        let blob = if page.blob.is_empty() { "nothing" } else { &page.blob[..8] };
        out.value("error_page", format!("{} {blob}", page.status));
    }
}

fn inspection(out: &mut Out, name: &str, (inspection, origins): (Option<&v1::Inspection>, &[v1::Origin])) {
    let Some(inspection) = inspection else { return };
    out.value(&format!("{name}_delay_ms"), inspection.delay_ms);
    rules(out, &format!("{name}_rules"), &inspection.rules, origins);
}

fn rules(out: &mut Out, name: &str, rules: &[v1::Rule], origins: &[v1::Origin]) {
    assert_eq!(rules.len(), origins.len(), "each rule has a place");
    if rules.is_empty() {
        return;
    }
    out.inside(name, |out| {
        for (rule, origin) in rules.iter().zip(origins) {
            let when = rule.when.as_ref().map(|when| format!(" if {}", condition(when))).unwrap_or_default();
            let line = match &origin.place {
                Some(origin::Place::File(file)) => file.line,
                other => panic!("a rule comes from {other:?}"),
            };
            out.line(&format!("- {}{when} # :{line}", action(rule.action.as_ref().unwrap())));
        }
    });
}
