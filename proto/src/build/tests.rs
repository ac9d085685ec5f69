use super::*;
use crate::v1::{Backend, Process};

fn key(kind: Kind) -> ObjectKey {
    ObjectKey::new("test", "", kind, "app").unwrap()
}

#[test]
fn an_id_fits_its_body() {
    let body = resource::Body::Backend(Backend::default());
    let good = resource(&key(Kind::Backend), Origin::default(), "1", body.clone()).unwrap();
    assert_eq!(ObjectKey::try_from(&good.id.unwrap()), Ok(key(Kind::Backend)));
    assert_eq!(
        resource(&key(Kind::Endpoint), Origin::default(), "", body),
        Err(InvalidValue::Kind { id: Kind::Endpoint, body: Kind::Backend })
    );
    let long = "x".repeat(MAX_ORDER_BYTES + 1);
    assert!(matches!(
        resource(&key(Kind::Process), Origin::default(), long, resource::Body::Process(Process::default())),
        Err(InvalidValue::TooLong { what: "order", .. })
    ));
}

#[test]
fn a_blob_is_named_by_its_content() {
    let (made, name) = blob("test", Origin::default(), Bytes::from_static(b"page")).unwrap();
    assert_eq!(name, ContentHash::of(b"page").to_string());
    assert_eq!(made.id.unwrap().name, name);
}

#[test]
fn addresses() {
    assert_eq!(&ip_address("[::1]:80".parse().unwrap()).ip[..], [[0; 15].as_slice(), &[1]].concat());
    assert_eq!(host_address("tomcat01", 8080).unwrap().port, 8080);
    assert_eq!(host_address("tomcat01", 0), Err(InvalidValue::Port));
    assert!(host_address("", 1).is_err());
    assert!(host_address("a b", 1).is_err());
    assert!(host_address(&"a".repeat(300), 1).is_err());
    assert!(unix_address(Path::new("")).is_err());
    assert!(unix_address(Path::new("/run/a\0b")).is_err());
    assert!(unix_address(Path::new(&"a".repeat(108))).is_err());
    assert!(unix_address(Path::new("/run/app.sock")).is_ok());
    assert!(ip_network("10.0.0.0".parse().unwrap(), 33).is_err());
    assert_eq!(ip_network("::".parse().unwrap(), 128).unwrap().prefix_length, 128);
}

#[test]
fn numbers_stay_in_their_ranges() {
    assert_eq!(milliseconds(Duration::from_secs(3)), Ok(3_000));
    assert!(milliseconds(Duration::ZERO).is_err());
    assert!(milliseconds(Duration::MAX).is_err());
    assert_eq!(weight(256), Ok(256));
    assert_eq!(weight(257), Err(InvalidValue::Weight(257)));
}
