use super::*;
use crate::v1::{Allow, Frontend, Kind, Origin, Provenance, Rule, origin, resource::Body, rule::Action};

#[test]
fn hexadecimal_comes_back() {
    let hash = ContentHash::of(b"sluice");
    assert_eq!(ContentHash::from_hex(&hash.to_string()), Ok(hash));
    assert_eq!(hash.short().len(), 8);
    assert_eq!(ContentHash::from_hex(&hash.to_string().to_uppercase()), Err(InvalidHash));
    assert_eq!(ContentHash::from_hex("00"), Err(InvalidHash));
    assert_eq!(ContentHash::try_from(&hash.0[..31]), Err(InvalidHash));
}

#[test]
fn snapshot_hash_tells_parts_apart() {
    let one = ObjectKey::new("ab", "c", Kind::Backend, "d").unwrap();
    let other = ObjectKey::new("a", "bc", Kind::Backend, "d").unwrap();
    let content = ContentHash::of(b"");
    assert_ne!(snapshot_hash([(&one, content)]), snapshot_hash([(&other, content)]));
    assert_ne!(snapshot_hash([(&one, content)]), snapshot_hash([(&one, ContentHash::of(b"x"))]));
    assert_eq!(snapshot_hash([(&one, content)]), snapshot_hash([(&one, content)]));
}

fn line(line: u32) -> Origin {
    Origin { place: Some(origin::Place::File(origin::File { path: "haproxy.cfg".into(), line })) }
}

/// A frontend with a rule.
fn ruled() -> Resource {
    let key = ObjectKey::new("test", "", Kind::Frontend, "web").unwrap();
    let rule = Rule { when: None, action: Some(Action::Allow(Allow {})) };
    let body = Frontend { request_rules: vec![rule], ..Frontend::default() };
    Resource {
        id: Some((&key).into()),
        order: "1".into(),
        body: Some(Body::Frontend(body)),
        provenance: None,
    }
}

#[test]
fn where_it_was_written_is_no_content() {
    let hash = resource_hash(&ruled());
    assert_eq!(hash, ContentHash::of(&ruled().encode_to_vec()));
    for (object, rule) in [(1, 2), (2, 3), (1_000_000, u32::MAX)] {
        let provenance = Provenance {
            origin: Some(line(object)),
            request_rules: vec![line(rule)],
            response_rules: vec![line(rule); 3],
            ..Provenance::default()
        };
        let told = Resource { provenance: Some(provenance), ..ruled() };
        let (encoded, same) = encode_and_hash(&told);
        assert_eq!(same, hash);
        assert_eq!(Resource::decode(&encoded[..]).unwrap(), told, "it travels");
    }
    assert_eq!(resource_hash(&Resource { provenance: Some(Provenance::default()), ..ruled() }), hash);
}

#[test]
fn all_else_is_content() {
    let provenance = Some(Provenance::from(line(1)));
    let of = |change: fn(&mut Resource)| {
        let mut resource = Resource { provenance: provenance.clone(), ..ruled() };
        change(&mut resource);
        resource_hash(&resource)
    };
    let hashes = [
        of(|_| {}),
        of(|resource| resource.order = "2".into()),
        of(|resource| resource.body = None),
        of(|resource| resource.id = None),
        of(|resource| resource.id.as_mut().unwrap().name = "ftp".into()),
        of(|resource| {
            let Some(Body::Frontend(body)) = &mut resource.body else { panic!("a frontend") };
            body.request_rules.clear();
        }),
    ];
    let different: std::collections::BTreeSet<_> = hashes.iter().collect();
    assert_eq!(different.len(), hashes.len());
}
