use crate::h1::{CHUNK_END, Chunked, Fed, InvalidChunk, LAST_CHUNK, chunk_header};

fn feed(bytes: &[u8]) -> (Fed, bool) {
    let mut chunked = Chunked::default();
    let fed = chunked.feed(bytes).expect("sound");
    (fed, chunked.is_done())
}

#[test]
fn a_body_is_followed_to_its_end() {
    let body = b"5\r\nhello\r\nB;a=b;c=\"d ;\\\"\"\r\n big  world\r\n000\r\nX-Sum: 1\r\nY:\r\n\r\n";
    let bytes = [&body[..], b"GET / HTTP/1.1\r\n"].concat();
    assert_eq!(feed(&bytes), (Fed { used: body.len(), data: 16 }, true));
}

#[test]
fn what_is_not_complete_waits() {
    for part in
        ["", "5", "5\r", "5\r\n", "5\r\nhel", "5\r\nhello\r", "0\r\n", "0\r\na:", "0\r\na: b\r\n", "0\r\n\r"]
    {
        let (fed, done) = feed(part.as_bytes());
        assert_eq!((fed.used, done), (part.len(), false), "{part:?}");
    }
}

#[test]
fn the_greatest_size_is_16_digits() {
    let mut chunked = Chunked::default();
    let fed = chunked.feed(b"fFfFfFfFfFfFfFfF\r\nab").expect("sound");
    assert_eq!(fed, Fed { used: 20, data: 2 });
    assert_eq!(chunked.left_in_chunk(), u64::MAX - 2);
}

#[test]
fn steps_yield_the_content_alone() {
    let body = b"3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: u\r\n\r\nrest";
    let (mut chunked, mut at, mut content) = (Chunked::default(), 0, Vec::new());
    while !chunked.is_done() {
        let step = chunked.step(&body[at..]).expect("sound");
        assert!(step.used > 0);
        content.extend_from_slice(&body[at..][step.data]);
        at += step.used;
    }
    assert_eq!(content, b"abcde");
    assert_eq!(&body[at..], b"rest");
    assert_eq!(chunked.step(b"rest").expect("done").used, 0);
}

#[test]
fn data_may_go_past_unseen() {
    let mut chunked = Chunked::default();
    assert_eq!(chunked.feed(b"5\r\nh").expect("sound").used, 4);
    chunked.pass(chunked.left_in_chunk());
    assert_eq!(chunked.left_in_chunk(), 0);
    let rest = b"\r\n0\r\n\r\n";
    assert_eq!(chunked.feed(rest).expect("sound").used, rest.len());
    assert!(chunked.is_done());
}

#[test]
fn extensions_are_bounded() {
    let one = |length: usize| format!("1;{}\r\nx\r\n", "e".repeat(length));
    assert!(Chunked::default().feed(one(255).as_bytes()).is_ok());
    assert_eq!(Chunked::default().feed(one(256).as_bytes()), Err(InvalidChunk::ExtensionTooLong));
    let many = one(200).repeat(100);
    assert_eq!(Chunked::default().feed(many.as_bytes()), Err(InvalidChunk::ExtensionTooLong));
}

#[test]
fn trailers_are_bounded() {
    let one = |length: usize| format!("0\r\nT: {}\r\n\r\n", "t".repeat(length));
    assert!(Chunked::default().feed(one(8_000).as_bytes()).is_ok());
    assert_eq!(Chunked::default().feed(one(9_000).as_bytes()), Err(InvalidChunk::TrailersTooLarge));
    let many = format!("0\r\n{}", "a:\r\n".repeat(10_000));
    assert_eq!(Chunked::default().feed(many.as_bytes()), Err(InvalidChunk::TrailersTooLarge));
    let long_name = format!("0\r\n{}", "a".repeat(10_000));
    assert_eq!(Chunked::default().feed(long_name.as_bytes()), Err(InvalidChunk::TrailersTooLarge));
}

#[test]
fn a_name_that_only_begins_like_a_forbidden_one_passes() {
    for name in
        ["Transfer-Encodings", "Content-Length-Was", "Hosts", "Grpc-Status", "transfer-encoding-and-more"]
    {
        assert!(feed(format!("0\r\n{name}: 1\r\n\r\n").as_bytes()).1, "{name}");
    }
}

#[test]
fn chunks_are_made_as_they_are_read() {
    for (length, text) in [
        (0, "0\r\n"),
        (1, "1\r\n"),
        (15, "f\r\n"),
        (16, "10\r\n"),
        (65_536, "10000\r\n"),
        (u64::MAX, "ffffffffffffffff\r\n"),
    ] {
        assert_eq!(chunk_header(length).as_ref(), text.as_bytes());
    }
    let body = [chunk_header(3).as_ref(), b"abc", CHUNK_END, LAST_CHUNK].concat();
    assert_eq!(feed(&body), (Fed { used: body.len(), data: 3 }, true));
}
