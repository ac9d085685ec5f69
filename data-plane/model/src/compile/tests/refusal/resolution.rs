use super::*;

fn of_resolvers(spoil: impl FnOnce(&mut v1::Resolvers)) -> Vec<String> {
    let address = v1::IpAddress { ip: vec![192, 0, 2, 53].into(), port: 53 };
    let server = v1::NameServer { name: "one".into(), address: Some(address), tcp: false };
    let mut resolvers = v1::Resolvers {
        servers: vec![server],
        system_servers: false,
        retries: 3,
        resolve_interval_ms: 1_000,
        retry_interval_ms: 1_000,
        hold: Some(v1::NameHold::default()),
        payload_bytes: 512,
        fresh_ms: None,
    };
    spoil(&mut resolvers);
    spoiled(resource(Kind::Resolvers, "ns", "", Body::Resolvers(resolvers)), |_| {})
}

#[test]
fn name_servers_that_are_none() {
    assert_eq!(of_resolvers(|_| {}), [""; 0]);
    assert_eq!(of_resolvers(|ns| ns.hold = None), ["hold is not set"]);
    assert_eq!(of_resolvers(|ns| ns.retries = 0), ["retries is 0, allowed is 1 to 2147483647"]);
    let found = of_resolvers(|ns| ns.payload_bytes = 511);
    assert_eq!(found, ["payload_bytes is 511, allowed is 512 to 65535"]);
    let found = of_resolvers(|ns| ns.servers[0].address = None);
    assert_eq!(found, ["server 1: address is not set"]);
    let found = of_resolvers(|ns| ns.servers = vec![ns.servers[0].clone(); 65]);
    assert_eq!(found, ["servers has 65 entries, the limit is 64"]);
}

#[test]
fn names_that_lead_nowhere() {
    let of = |name: &str, port, resolution: v1::NameResolution| {
        of_endpoint(|endpoint| {
            let host = v1::HostAddress { name: name.into(), port };
            endpoint.address = Some(v1::endpoint::Address::Host(host));
            endpoint.resolution = Some(resolution);
        })
    };
    let resolvers = Some(id(Kind::Resolvers, "ns"));
    let asked = || v1::NameResolution { resolvers: resolvers.clone(), ..Default::default() };
    assert_eq!(of("app.test", 80, asked()), [""; 0]);
    assert_eq!(of("_http._tcp.test", 0, v1::NameResolution { service: true, ..asked() }), [""; 0]);
    let without = "resolution: a service without resolvers, or with a port means nothing here";
    assert_eq!(of("_http._tcp.test", 80, v1::NameResolution { service: true, ..asked() }), [without]);
    let alone = v1::NameResolution { service: true, ..Default::default() };
    assert_eq!(of("_http._tcp.test", 0, alone), [without]);
    let nowhere = v1::FirstAddress { from: None };
    let found = of("app.test", 80, v1::NameResolution { first: vec![nowhere], ..asked() });
    assert_eq!(found, ["resolution: first 1: from is not set"]);
    let found = of("app.test", 80, v1::NameResolution { prefer: 9, ..asked() });
    assert_eq!(found, ["resolution: prefer has the value 9, which this version does not know"]);
    let found = of_endpoint(|endpoint| endpoint.resolution = Some(asked()));
    assert_eq!(found, ["resolution: a resolution without a name means nothing here"]);
}
