use super::*;
use crate::compression::{Algorithm, ContentCoding};

fn algorithm(coding: v1::ContentCoding, level: Option<u32>) -> v1::CompressionAlgorithm {
    v1::CompressionAlgorithm { coding: coding.into(), level }
}

fn of(change: impl FnOnce(&mut v1::Compression)) -> Vec<String> {
    let mut compression = v1::Compression {
        algorithms: vec![algorithm(v1::ContentCoding::Gzip, None)],
        ..v1::Compression::default()
    };
    change(&mut compression);
    let of_frontend = of_frontend(|frontend| frontend.compression = Some(compression.clone()));
    let of_backend = of_backend(|backend| backend.compression = Some(compression));
    assert_eq!(of_frontend, of_backend);
    of_frontend.iter().map(|fault| fault.trim_start_matches("compression: ").to_owned()).collect()
}

#[test]
fn compression_is_what_it_can_be() {
    use v1::ContentCoding::{Brotli, Gzip, Unspecified, Zstd};
    assert_eq!(of(|_| {}), Vec::<String>::new());
    assert_eq!(of(|it| it.algorithms.clear()), Vec::<String>::new());
    let one = |coding, level| of(|it| it.algorithms = vec![algorithm(coding, level)]);
    assert_eq!(one(Unspecified, None), ["algorithms 1: coding is not set"]);
    assert_eq!(one(Gzip, Some(10)), ["algorithms 1: level is 10, allowed is 0 to 9"]);
    assert_eq!(one(Brotli, Some(7)), ["algorithms 1: level is 7, allowed is 0 to 6"]);
    assert_eq!(one(Zstd, Some(0)), ["algorithms 1: level is 0, allowed is 1 to 6"]);
    assert_eq!(
        of(|it| it.algorithms[0].coding = 99),
        ["algorithms 1: coding has the value 99, which this version does not know"]
    );
    assert_eq!(of(|it| it.algorithms.push(algorithm(Gzip, Some(2)))), ["algorithms has gzip twice"]);
    assert_eq!(
        of(|it| it.algorithms = vec![algorithm(Gzip, None); 17]),
        ["algorithms has 17 entries, the limit is 16"]
    );
    assert_eq!(of(|it| it.types = vec![String::new()]), ["types 1: type is empty"]);
    assert_eq!(
        of(|it| it.types = vec!["text/html".into(), "a\r\nb".into()]),
        ["types 2: type has a character that is not allowed there: \"a\\r\\nb\""]
    );
    assert_eq!(of(|it| it.types = vec!["a".into(); 1_025]), ["types has 1025 entries, the limit is 1024"]);
}

#[test]
fn compression_of_requests_is_what_it_can_be() {
    let of = |requests| of(|it| it.requests = Some(requests));
    let with = |coding, level| v1::RequestCompression {
        algorithm: Some(algorithm(coding, level)),
        ..v1::RequestCompression::default()
    };
    assert_eq!(of(v1::RequestCompression::default()), Vec::<String>::new());
    assert_eq!(of(with(v1::ContentCoding::Brotli, None)), Vec::<String>::new());
    assert_eq!(
        of(with(v1::ContentCoding::Identity, None)),
        ["requests: identity, for requests means nothing here"]
    );
    let found = of(with(v1::ContentCoding::Gzip, Some(10)));
    assert_eq!(found, ["requests: level is 10, allowed is 0 to 9"]);
    let types = vec![String::new()];
    let found = of(v1::RequestCompression { types, ..v1::RequestCompression::default() });
    assert_eq!(found, ["requests: types 1: type is empty"]);
}

#[test]
fn bytes_are_not_compressed() {
    let faults = of_frontend(|frontend| {
        frontend.mode = v1::Mode::Tcp.into();
        frontend.compression = Some(v1::Compression::default());
    });
    assert_eq!(faults, ["compression: compression in TCP mode means nothing here"]);
}

#[test]
fn a_level_that_is_not_said_is_the_usual_one() {
    let mut resource = frontend("main");
    let Some(Body::Frontend(frontend)) = &mut resource.body else { panic!("a frontend") };
    let codings = [v1::ContentCoding::Gzip, v1::ContentCoding::Brotli, v1::ContentCoding::Zstd];
    let algorithms = codings.map(|coding| algorithm(coding, None)).into();
    frontend.compression = Some(v1::Compression { algorithms, min_bytes: 7, ..v1::Compression::default() });
    let runtime = compile(None, Change::Full(&[resource])).unwrap();
    let compression = runtime.frontends.values().next().unwrap().settings.compression.as_ref().unwrap();
    let expected = [(ContentCoding::Gzip, 1), (ContentCoding::Brotli, 4), (ContentCoding::Zstd, 3)];
    assert_eq!(*compression.algorithms, expected.map(|(coding, level)| Algorithm { coding, level }));
    assert_eq!(compression.min_bytes, 7);
}
