use super::*;

#[test]
fn uris_come_back() {
    for identity in [Identity::Control, Identity::Operator, Identity::Scope("edge-1.a_b".into())] {
        assert_eq!(Identity::from_uri(&identity.to_string()), Some(identity));
    }
    for uri in [
        "sluicegate://scope/",
        "sluicegate://scope/a/b",
        "sluicegate://",
        "https://control",
        "sluicegate://scope/a b",
    ] {
        assert_eq!(Identity::from_uri(uri), None, "{uri}");
    }
    assert!(!is_scope(&"a".repeat(65)));
}

fn der(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let mut bytes = vec![tag];
    match content.len() {
        short @ ..128 => bytes.push(short as u8),
        long => bytes.extend([0x82, (long >> 8) as u8, long as u8]),
    }
    bytes.extend(content);
    bytes
}

fn certificate(names: &[&[u8]]) -> Vec<u8> {
    let alternative = der(OCTET_STRING, &[&der(SEQUENCE, names)]);
    let other =
        der(SEQUENCE, &[&der(OBJECT_IDENTIFIER, &[&[0x55, 0x1d, 0x0f]]), &der(OCTET_STRING, &[&[0; 200]])]);
    let critical = der(0x01, &[&[0xff]]);
    let ours = der(SEQUENCE, &[&der(OBJECT_IDENTIFIER, &[&SUBJECT_ALT_NAME]), &critical, &alternative]);
    let extensions = der(EXTENSIONS, &[&der(SEQUENCE, &[&other, &ours])]);
    let signed = der(SEQUENCE, &[&der(0x02, &[&[7]]), &extensions]);
    der(SEQUENCE, &[&signed, &der(SEQUENCE, &[])])
}

#[test]
fn parts_are_read_from_a_certificate() {
    let names = [
        der(0x82, &[b"sluicegate://control"]),
        der(0x86, &[b"https://example.org/"]),
        der(0x86, &[b"sluicegate://scope/edge"]),
        der(0x86, &[b"sluicegate://operator"]),
    ];
    let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
    assert_eq!(of_certificate(&certificate(&names)), [Identity::Scope("edge".into()), Identity::Operator]);
}

#[test]
fn other_bytes_have_no_parts() {
    let whole = certificate(&[&der(0x86, &[b"sluicegate://control"])]);
    assert_eq!(of_certificate(&whole), [Identity::Control]);
    for cut in 0..whole.len() {
        of_certificate(&whole[..cut]);
    }
    for at in 0..whole.len() {
        for change in [1, 0x7f, 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[at] ^= change;
            of_certificate(&changed);
        }
    }
    assert_eq!(of_certificate(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), []);
}
