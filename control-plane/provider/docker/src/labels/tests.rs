use super::*;

fn container(labels: &[(&str, &str)], ports: &[u16]) -> Container {
    Container {
        id: "0123456789abcdef".into(),
        name: "shop-1".into(),
        labels: labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect(),
        ports: ports.to_vec(),
        networks: BTreeMap::new(),
    }
}

fn told(labels: &[(&str, &str)], ports: &[u16]) -> Vec<String> {
    routes(&container(labels, ports)).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn host_and_the_only_port() {
    let labels =
        [("sluicegate.enable", "true"), ("sluicegate.http.shop.host", "Shop.example, www.shop.example")];
    let routes = routes(&container(&labels, &[8080])).unwrap();
    let expected = HttpRoute {
        name: "shop".into(),
        hosts: vec!["shop.example".into(), "www.shop.example".into()],
        path: String::new(),
        entrypoints: vec!["web".into()],
        port: 8080,
        network: None,
    };
    assert_eq!(routes, [expected]);
}

#[test]
fn a_container_that_is_not_enabled_is_left_alone() {
    assert_eq!(routes(&container(&[("sluicegate.http.a.host", "a")], &[80])), Ok(vec![]));
    assert_eq!(routes(&container(&[], &[80])), Ok(vec![]));
}

#[test]
fn typing_errors_are_told_with_the_right_label() {
    let told = told(&[("sluicegate.enable", "true"), ("sluicegate.http.shop.hots", "a")], &[80]);
    assert_eq!(
        told,
        ["unknown label 'sluicegate.http.shop.hots'; did you mean 'sluicegate.http.shop.host'?"]
    );
    let told = self::told(&[("sluicegate.enabled", "true")], &[80]);
    assert_eq!(told, ["unknown label 'sluicegate.enabled'; did you mean 'sluicegate.enable'?"]);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let labels = [
        ("sluicegate.enable", "true"),
        ("sluicegate.http.a.host", "http://a/"),
        ("sluicegate.http.b.host", "b"),
        ("sluicegate.http.b.port", "http"),
        ("sluicegate.http.c.path", "c"),
        ("sluicegate.nonsense", ""),
    ];
    let told = told(&labels, &[80]);
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(
        told[1].starts_with("label 'sluicegate.http.a.host': 'http://a/' is not a host name"),
        "{told:?}"
    );
    assert_eq!(told[2], "label 'sluicegate.http.b.port': 'http' is not a port from 1 to 65535");
}

#[test]
fn a_port_must_be_known() {
    let labels = [("sluicegate.enable", "true"), ("sluicegate.http.a.host", "a")];
    let prefix = "route 'a' needs the label 'sluicegate.http.a.port': the container exposes ";
    assert_eq!(told(&labels, &[]), [format!("{prefix}none")]);
    assert_eq!(told(&labels, &[80, 443]), [format!("{prefix}80, 443")]);
}

#[test]
fn a_route_must_choose() {
    let labels = [("sluicegate.enable", "true"), ("sluicegate.http.a.port", "80")];
    assert!(told(&labels, &[])[0].starts_with("route 'a' would take every request"));
    assert_eq!(routes(&container(&[("sluicegate.enable", "true")], &[80])), Err(vec![InvalidLabel::NoRoute]));
    assert_eq!(
        told(&[("sluicegate.enable", "yes")], &[80]),
        ["label 'sluicegate.enable': 'yes' is not 'true' or 'false'"]
    );
}

#[test]
fn labels_of_any_size_are_bounded() {
    let long = "x".repeat(MAX_LABEL_BYTES + 1);
    assert_eq!(routes(&container(&[("sluicegate.enable", &long)], &[])), Err(vec![InvalidLabel::TooLarge]));
}
