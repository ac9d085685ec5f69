use super::*;

#[test]
fn travels_and_comes_back() {
    let key = ObjectKey::new("haproxy", "main", Kind::Backend, "app").unwrap();
    assert_eq!(key.to_string(), "haproxy/main/backend/app");
    assert_eq!(ObjectKey::try_from(&ObjectId::from(&key)).unwrap(), key);
    let bare = ObjectKey::new("haproxy", "", Kind::Endpoint, "app/web1").unwrap();
    assert_eq!(bare.to_string(), "haproxy/endpoint/app/web1");
}

#[test]
fn incomplete_ids_are_refused() {
    assert_eq!(ObjectKey::new("", "", Kind::Backend, "app"), Err(InvalidId::NoProvider));
    assert_eq!(ObjectKey::new("haproxy", "", Kind::Backend, ""), Err(InvalidId::NoName));
    assert_eq!(ObjectKey::new("haproxy", "", Kind::Unspecified, "app"), Err(InvalidId::Kind(0)));
    let unknown = ObjectId { provider: "a".into(), namespace: String::new(), kind: 99, name: "b".into() };
    assert_eq!(ObjectKey::try_from(&unknown), Err(InvalidId::Kind(99)));
}

#[test]
fn long_and_strange_parts_are_refused() {
    let long = "x".repeat(MAX_NAME_BYTES + 1);
    assert!(matches!(
        ObjectKey::new("haproxy", "", Kind::Backend, &long),
        Err(InvalidId::TooLong { part: "name", .. })
    ));
    assert!(matches!(
        ObjectKey::new("haproxy", "a\nb", Kind::Backend, "app"),
        Err(InvalidId::Control { part: "namespace", .. })
    ));
}

#[test]
fn order_is_that_of_the_parts() {
    let mut keys = Vec::new();
    for provider in ["docker", "haproxy", "haproxy2"] {
        for namespace in ["", "a", "a b", "ab"] {
            for kind in [Kind::Process, Kind::Backend, Kind::Endpoint, Kind::Blob] {
                for name in ["!", "app", "app/a", "app2", "é"] {
                    keys.push(ObjectKey::new(provider, namespace, kind, name).unwrap());
                }
            }
        }
    }
    fn parts(key: &ObjectKey) -> (&str, &str, Kind, &str) {
        (key.provider(), key.namespace(), key.kind(), key.name())
    }
    let mut by_parts = keys.clone();
    by_parts.sort_by(|a, b| parts(a).cmp(&parts(b)));
    keys.sort();
    assert_eq!(keys, by_parts);
}
