use super::*;

fn container(name: &str, address: &str, labels: &[(&str, &str)]) -> Container {
    let mut labels: BTreeMap<String, String> =
        labels.iter().map(|(label, value)| (format!("sluicegate.{label}"), (*value).to_owned())).collect();
    labels.insert("sluicegate.enable".into(), "true".into());
    let networks = [("bridge".to_owned(), address.parse().unwrap())].into();
    Container { id: format!("{name:0>64}"), name: name.into(), labels, ports: vec![80], networks }
}

fn served(containers: &[Container]) -> Routes {
    routes(containers, &["web".to_owned()].into())
}

fn names(routes: &Routes) -> Vec<String> {
    routes
        .resources
        .iter()
        .map(|r| r.id.as_ref().unwrap())
        .map(|id| format!("{}:{}", id.kind, id.name))
        .collect()
}

#[test]
fn containers_of_one_route_form_one_backend() {
    let labels = [("http.shop.host", "shop.example")];
    let routes = served(&[container("b", "172.17.0.3", &labels), container("a", "172.17.0.2", &labels)]);
    assert_eq!(routes.problems, []);
    assert_eq!(names(&routes), ["5:shop", "4:web/shop", "6:shop/a", "6:shop/b"]);
}

#[test]
fn a_second_claim_is_refused_and_the_first_serves() {
    let first = container("a", "172.17.0.2", &[("http.shop.host", "shop.example")]);
    let second = container("b", "172.17.0.3", &[("http.shop.host", "other.example")]);
    let routes = served(&[second, first]);
    assert_eq!(names(&routes), ["5:shop", "4:web/shop", "6:shop/a"]);
    let told = routes.problems[0].to_string();
    assert!(
        told.starts_with("container 'b': route 'shop' is claimed differently by container 'a'"),
        "{told}"
    );
}

#[test]
fn a_bad_container_harms_only_itself() {
    let good = container("a", "172.17.0.2", &[("http.shop.host", "shop.example")]);
    let bad = container("b", "172.17.0.3", &[("http.shop.hots", "shop.example")]);
    let routes = served(&[good, bad]);
    assert_eq!(routes.resources.len(), 3);
    assert_eq!(routes.problems.len(), 1);
}

#[test]
fn networks_and_entry_points_must_be_known() {
    let mut two = container("a", "172.17.0.2", &[("http.shop.host", "shop.example")]);
    two.networks.insert("back".into(), "172.18.0.2".parse().unwrap());
    let told = |container: &Container| served(std::slice::from_ref(container)).problems[0].to_string();
    let wanted = "container 'a': name its network by the label 'sluicegate.http.shop.network'; the container is in: back, bridge";
    assert_eq!(told(&two), wanted);
    two.labels.insert("sluicegate.http.shop.network".into(), "back".into());
    assert_eq!(served(std::slice::from_ref(&two)).problems, []);
    two.labels.insert("sluicegate.http.shop.entrypoints".into(), "wbe".into());
    assert_eq!(told(&two), "container 'a': there is no entry point 'wbe'; there are: web");
}

#[test]
fn longer_paths_come_first() {
    let order = |path: &str| {
        let labels = [("http.shop.host", "shop.example"), ("http.shop.path", path)];
        let routes = served(&[container("a", "172.17.0.2", &labels)]);
        routes
            .resources
            .into_iter()
            .find(|r| matches!(r.body, Some(v1::resource::Body::Route(_))))
            .unwrap()
            .order
    };
    assert!(order("/api/v2") < order("/api"));
}
