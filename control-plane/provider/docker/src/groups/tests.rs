use sluicegate_proto::v1::resource::Body;

use super::*;
use crate::container::{Addresses, Port};
use crate::entry::EntryPoint;
use crate::wanted::Mode;

const GRACE: Duration = Duration::from_secs(60);

fn container(name: &str, last: u8, labels: &[(&str, &str)]) -> Container {
    let mut labels: BTreeMap<String, String> =
        labels.iter().map(|(label, value)| (format!("sluicegate.{label}"), (*value).to_owned())).collect();
    labels.insert("sluicegate.enable".into(), "true".into());
    let addresses = Addresses { v4: Some([172, 17, 0, last].into()), v6: None };
    Container {
        id: format!("{name:0>64}"),
        name: name.into(),
        labels,
        ports: vec![Port { number: 80, udp: false }],
        networks: [("bridge".to_owned(), addresses)].into(),
        ..Container::default()
    }
}

fn shop(name: &str, last: u8) -> Container {
    container(name, last, &[("http.shop.host", "shop.example")])
}

fn entrypoints() -> EntryPoints {
    let mut entrypoints = EntryPoints::default();
    for (name, mode) in [("web", Mode::Http), ("db", Mode::Tcp), ("dns", Mode::Udp)] {
        entrypoints.add(name, EntryPoint { provider: "entrypoint".to_owned(), mode });
    }
    entrypoints
}

fn plan_at(groups: &mut Groups, containers: &[Container], now_unix_ms: u64) -> Routes {
    let view = View { entrypoints: &entrypoints(), reach: &Reach::default(), now_unix_ms };
    let containers: Vec<_> = containers.iter().cloned().map(Arc::new).collect();
    groups.plan(&containers, view)
}

fn served(containers: &[Container]) -> Routes {
    plan_at(&mut Groups::new(GRACE), containers, 0)
}

fn names(routes: &Routes) -> BTreeSet<String> {
    let id = |resource: &Arc<v1::Resource>| resource.id.clone().unwrap();
    routes.resources.iter().map(id).map(|id| format!("{}:{}", id.kind, id.name)).collect()
}

fn told(containers: &[Container]) -> Vec<String> {
    served(containers).problems.iter().map(ToString::to_string).collect()
}

fn endpoints(routes: &Routes) -> Vec<v1::Endpoint> {
    let endpoint = |resource: &Arc<v1::Resource>| match &resource.body {
        Some(Body::Endpoint(endpoint)) => Some(endpoint.clone()),
        _ => None,
    };
    routes.resources.iter().filter_map(endpoint).collect()
}

#[test]
fn containers_of_one_route_form_one_backend() {
    let routes = served(&[shop("b", 3), shop("a", 2)]);
    assert_eq!(routes.problems, []);
    assert_eq!(names(&routes), ["4:web/shop", "5:shop", "6:shop/a", "6:shop/b"].map(str::to_owned).into());
    for resource in &routes.resources {
        assert_eq!(resource.id.as_ref().unwrap().provider, "docker");
        assert!(format!("{:?}", resource.origin()).contains("sluicegate.http.shop"), "{resource:?}");
    }
}

#[test]
fn a_second_claim_is_refused_and_the_first_serves() {
    let second = Container { created: 2, ..container("a", 3, &[("http.shop.host", "other.example")]) };
    let routes = served(&[second, shop("b", 2)]);
    assert!(names(&routes).contains("6:shop/b") && !names(&routes).contains("6:shop/a"));
    assert_eq!(
        routes.problems[0].to_string(),
        "container 'a': route 'shop' is claimed differently by container 'b': 'sluicegate.http.shop.host' has to be \
         equal for all that share it"
    );
    let labels = [("http.shop.host", "shop.example"), ("backend.balance", "leastconn")];
    let told = told(&[shop("b", 2), Container { created: 2, ..container("a", 3, &labels) }]);
    assert!(told[0].contains("'sluicegate.backend.balance' has to be equal"), "{told:?}");
}

#[test]
fn a_bad_container_harms_only_itself() {
    let weight = |value| container("b", 3, &[("http.shop.host", "shop.example"), ("backend.weight", value)]);
    let routes = served(&[shop("a", 2), weight("many")]);
    assert!(names(&routes).contains("6:shop/a") && !names(&routes).contains("6:shop/b"), "{routes:?}");
    assert_eq!(routes.problems.len(), 1);
    let told = routes.problems[0].to_string();
    assert!(told.starts_with("container 'b': label 'sluicegate.backend.weight': 'weight many': "), "{told}");
    assert!(names(&served(&[shop("a", 2), weight("7")])).contains("6:shop/b"));
    // What is wrong with the backend is wrong for the one that says it.
    let labels = [("http.blog.host", "blog.example"), ("backend.balance", "nonsense")];
    let routes = served(&[shop("a", 2), container("c", 4, &labels)]);
    assert!(!names(&routes).contains("5:blog") && names(&routes).contains("5:shop"));
    assert!(routes.problems[0].to_string().starts_with("container 'c': label 'sluicegate.backend.balance'"));
}

#[test]
fn files_of_this_host_are_not_read_for_labels() {
    let labels = [("http.a.host", "a"), ("rules.1", "errorfile 503 /etc/passwd")];
    let routes = served(&[container("a", 2, &labels)]);
    assert!(!names(&routes).contains("5:a"), "{routes:?}");
    assert!(routes.problems[0].to_string().contains("sluicegate.rules.1"), "{:?}", routes.problems);
}

#[test]
fn networks_and_entry_points_must_be_known() {
    let with = |label: (&'static str, &'static str)| {
        told(&[container("a", 2, &[("http.shop.host", "a"), label])]).concat()
    };
    assert_eq!(
        with(("http.shop.entrypoints", "wbe")),
        "container 'a': there is no entry point 'wbe'; there are: db, dns, web"
    );
    assert_eq!(
        with(("http.shop.entrypoints", "db")),
        "container 'a': route 'shop' is of http, and entry point 'db' of tcp"
    );
    assert_eq!(
        with(("backend.network", "back")),
        "container 'a': network 'back' is wanted; the container is in: bridge"
    );
}

#[test]
fn rules_hold_beside_host_and_path() {
    let labels = [
        ("http.shop.host", "shop.example,*.shop.example"),
        ("http.shop.path", "/api"),
        ("http.shop.rule", "{ method GET } || !{ src 10.0.0.0/8 }"),
    ];
    let routes = served(&[container("a", 2, &labels)]);
    assert_eq!(routes.problems, []);
    let route = routes.resources.iter().find_map(|resource| match &resource.body {
        Some(Body::Route(route)) => Some(route.clone()),
        _ => None,
    });
    let route = route.unwrap();
    assert_eq!(route.frontend.unwrap().provider, "entrypoint");
    // Whatever the rule says: host and path have to hold besides.
    let when = route.when.unwrap();
    let last = when.ops.last().and_then(|op| op.op);
    assert_eq!(last, Some(v1::op::Op::Operator(v1::Operator::And.into())), "{when:?}");
    assert_eq!(when.tests.len(), 6);
    let labels = [("http.shop.host", "a"), ("http.shop.rule", "{ methd GET }")];
    let told = told(&[container("a", 2, &labels)]);
    assert!(
        told[0].starts_with("container 'a': label 'sluicegate.http.shop.rule': '{ methd GET }': "),
        "{told:?}"
    );
}

#[test]
fn tcp_and_udp_have_their_entry_points() {
    let mut labels =
        vec![("tcp.pg.entrypoints", "db"), ("udp.names.entrypoints", "dns"), ("udp.names.port", "53")];
    let routes = served(&[container("a", 2, &labels)]);
    assert_eq!(routes.problems, []);
    let found = names(&routes);
    for name in ["4:db/pg", "4:dns/names", "6:pg/a", "6:names/a"] {
        assert!(found.contains(name), "{name} in {found:?}");
    }
    labels.push(("tcp.pg.host", "db.example"));
    assert_eq!(told(&[container("a", 2, &labels)]), Vec::<String>::new());
}

#[test]
fn longer_paths_come_first_and_priorities_before_all() {
    let order = |labels: &[(&str, &str)]| {
        let routes = served(&[container("a", 2, labels)]);
        let is_route = |resource: &&Arc<v1::Resource>| matches!(resource.body, Some(Body::Route(_)));
        routes.resources.iter().find(is_route).unwrap().order.clone()
    };
    let path = |path| order(&[("http.shop.host", "a"), ("http.shop.path", path)]);
    assert!(path("/api/v2") < path("/api"));
    assert!(order(&[("http.shop.host", "a")]) < order(&[("http.shop.path", "/api/v2")]));
    let high = [("http.shop.path", "/"), ("http.shop.rule", "{ path /x }"), ("http.shop.priority", "101")];
    assert!(order(&high) < path("/api/v2"));
}

#[test]
fn traffic_follows_what_a_container_is_doing() {
    let takes = |state, checked: bool| {
        let labels = if checked {
            vec![("http.a.host", "a"), ("backend.check", "true")]
        } else {
            vec![("http.a.host", "a")]
        };
        let routes = served(&[Container { state, ..container("a", 2, &labels) }]);
        assert!(state == State::Stopped || names(&routes).contains("5:a"), "{state:?}");
        endpoints(&routes).first().map(|endpoint| endpoint.drain)
    };
    assert_eq!(takes(State::Running, false), Some(false));
    assert_eq!(takes(State::Starting, false), None);
    assert_eq!(takes(State::Starting, true), Some(false));
    assert_eq!(takes(State::Unhealthy, true), None);
    assert_eq!(takes(State::Paused, false), None);
    assert_eq!(takes(State::Stopping, false), Some(true));
    assert_eq!(takes(State::Crashed, false), Some(false));
    assert_eq!(takes(State::Stopped, false), None);
}

#[test]
fn routes_of_who_has_gone_stay_for_a_while() {
    let mut groups = Groups::new(GRACE);
    plan_at(&mut groups, &[shop("a", 2)], 1_000);
    let gone = plan_at(&mut groups, &[], 2_000);
    assert!(names(&gone).contains("5:shop") && endpoints(&gone).is_empty());
    assert_eq!(groups.next_end(), Some(62_000));
    // The next process knows it too.
    let mut next = Groups::new(GRACE);
    next.restore(groups.kept(), 61_000);
    assert!(names(&plan_at(&mut next, &[], 61_000)).contains("5:shop"));
    assert_eq!(plan_at(&mut next, &[], 62_000).resources, []);
    // Who was there when the last one ended has gone since, however long ago that was written down.
    plan_at(&mut groups, &[shop("a", 2)], 3_000);
    next.restore(groups.kept(), 1_000_000);
    assert!(names(&plan_at(&mut next, &[], 1_000_000)).contains("5:shop"));
    // And its successor has the same number, so that cookies hold.
    let back = plan_at(&mut groups, &[Container { id: "other".to_owned(), ..shop("a", 9) }], 4_000);
    assert_eq!(groups.next_end(), None);
    assert_eq!(endpoints(&back)[0].number, endpoints(&served(&[shop("a", 2)]))[0].number);
}

#[test]
fn what_did_not_change_is_not_made_anew() {
    let mut groups = Groups::new(GRACE);
    let blog = container("blog", 9, &[("http.blog.host", "blog.example")]);
    let before = plan_at(&mut groups, &[shop("a", 2), blog.clone()], 0);
    let after = plan_at(&mut groups, &[shop("a", 2), shop("b", 3), blog], 1);
    let of_blog = |routes: &Routes| -> Vec<*const v1::Resource> {
        let of = |resource: &&Arc<v1::Resource>| resource.id.as_ref().unwrap().name.contains("blog");
        routes.resources.iter().filter(of).map(Arc::as_ptr).collect()
    };
    assert_eq!(of_blog(&before), of_blog(&after));
    assert_eq!(of_blog(&before).len(), 3);
    assert_eq!(endpoints(&after).len(), endpoints(&before).len() + 1);
}
