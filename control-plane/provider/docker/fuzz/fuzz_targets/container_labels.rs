//! Any labels and variables on two containers, in all vocabularies: read and made into resources without panic; what is served is of this provider alone, and
//! leads nowhere but to the containers.

#![no_main]

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use sluicegate_proto::v1::endpoint::Address;
use sluicegate_proto::v1::resource::Body;
use sluicegate_provider_docker::container::{Addresses, Container, Port};
use sluicegate_provider_docker::entry::{EntryPoint, EntryPoints};
use sluicegate_provider_docker::groups::{Groups, View};
use sluicegate_provider_docker::reach::Reach;
use sluicegate_provider_docker::vocabulary::{Vocabularies, Vocabulary};
use sluicegate_provider_docker::wanted::Mode;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (first, second) = text.split_once('\u{1}').unwrap_or((&text, ""));
    let containers = [container("a", 2, first), container("b", 3, second)].map(Arc::new);
    let mut entrypoints = EntryPoints::default();
    for (name, mode) in
        [("web", Mode::Http), ("websecure", Mode::Http), ("db", Mode::Tcp), ("dns", Mode::Udp)]
    {
        entrypoints.add(name, EntryPoint { provider: "entrypoint".to_owned(), mode });
    }
    let view = View { entrypoints: &entrypoints, reach: &Reach::default(), now_unix_ms: 1 };
    let others = [Vocabulary::Traefik, Vocabulary::NginxProxy, Vocabulary::Caddy, Vocabulary::FlowProxy];
    let vocabularies: Vocabularies = others.into_iter().collect();
    let mut groups = Groups::new(Duration::from_secs(1)).speaking(vocabularies);
    let routes = groups.plan(&containers, view);
    for resource in &routes.resources {
        assert_eq!(resource.id.as_ref().map(|id| id.provider.as_str()), Some("docker"));
        match &resource.body {
            Some(Body::Listener(_) | Body::Frontend(_)) | None => panic!("{resource:?}"),
            Some(Body::Endpoint(endpoint)) => match &endpoint.address {
                Some(Address::Ip(ip)) => assert_eq!(ip.ip[..3], [172, 17, 0]),
                other => panic!("{other:?}"),
            },
            Some(_) => {}
        }
    }
    // The same again comes to the same.
    assert_eq!(groups.plan(&containers, view), routes);
    for problem in &routes.problems {
        assert!(!problem.to_string().is_empty());
    }
});

/// A label a line, as LABEL=VALUE: those of ours without what they begin with, others and variables whole.
fn container(name: &str, last: u8, text: &str) -> Container {
    const OTHERS: [&str; 4] = ["traefik.", "caddy", "com.df.", "com.github.nginx-proxy."];
    let (mut labels, mut environment) = (BTreeMap::new(), BTreeMap::new());
    for (word, value) in text.split('\n').filter_map(|line| line.split_once('=')) {
        // Values may have several lines.
        let value = value.replace('\u{2}', "\n");
        if word.starts_with(|c: char| c.is_ascii_uppercase()) {
            environment.insert(word.to_owned(), value);
        } else if OTHERS.iter().any(|prefix| word.starts_with(prefix)) {
            labels.insert(word.to_owned(), value);
        } else {
            labels.insert(format!("sluicegate.{word}"), value);
        }
    }
    labels.insert("sluicegate.enable".to_owned(), "true".to_owned());
    // Without a route of its own it would say nothing else.
    labels.entry("sluicegate.http.fuzz.host".to_owned()).or_insert_with(|| "fuzz.example".to_owned());
    let addresses = Addresses { v4: Some(Ipv4Addr::new(172, 17, 0, last)), v6: None };
    Container {
        id: name.repeat(64),
        name: name.to_owned(),
        labels,
        environment,
        ports: vec![Port { number: 80, udp: false }],
        networks: [("bridge".to_owned(), addresses)].into(),
        ..Container::default()
    }
}
