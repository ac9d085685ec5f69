//! Any labels on two containers: read and made into resources without panic; what is served is of this provider alone, and
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
use sluicegate_provider_docker::wanted::Mode;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (first, second) = text.split_once('\u{1}').unwrap_or((&text, ""));
    let containers = [container("a", 2, first), container("b", 3, second)].map(Arc::new);
    let mut entrypoints = EntryPoints::default();
    for (name, mode) in [("web", Mode::Http), ("websecure", Mode::Http), ("db", Mode::Tcp), ("dns", Mode::Udp)] {
        entrypoints.add(name, EntryPoint { provider: "entrypoint".to_owned(), mode });
    }
    let view = View { entrypoints: &entrypoints, reach: &Reach::default(), now_unix_ms: 1 };
    let mut groups = Groups::new(Duration::from_secs(1));
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

/// A label a line, as LABEL=VALUE.
fn container(name: &str, last: u8, text: &str) -> Container {
    let label = |line: &str| {
        let (label, value) = line.split_once('=')?;
        Some((format!("sluicegate.{label}"), value.to_owned()))
    };
    let mut labels: BTreeMap<String, String> = text.split('\n').filter_map(label).collect();
    labels.insert("sluicegate.enable".to_owned(), "true".to_owned());
    let addresses = Addresses { v4: Some(Ipv4Addr::new(172, 17, 0, last)), v6: None };
    Container {
        id: name.repeat(64),
        name: name.to_owned(),
        labels,
        ports: vec![Port { number: 80, udp: false }],
        networks: [("bridge".to_owned(), addresses)].into(),
        ..Container::default()
    }
}
