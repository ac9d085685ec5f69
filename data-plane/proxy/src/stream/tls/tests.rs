use std::future::poll_fn;
use std::sync::Arc;

use rustls::client::{ClientConfig, UnbufferedClientConnection};
use rustls::server::{ServerConfig, UnbufferedServerConnection};
use rustls::{ProtocolVersion, RootCertStore, SupportedProtocolVersion, version};
use tokio::net::UnixStream;

use super::*;

/// Of a server and of a client that trusts it.
fn configs(versions: &[&'static SupportedProtocolVersion]) -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["app.test".to_owned()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let key = signing_key.serialize_der().try_into().unwrap();
    let server = ServerConfig::builder_with_protocol_versions(versions)
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let client = ClientConfig::builder_with_protocol_versions(versions)
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), Arc::new(client))
}

fn over(stream: UnixStream, session: Session) -> Stream {
    Stream::Tls(Box::new(Tls::new(Stream::Unix(stream), session, &[])))
}

/// The ends of a connection, before the handshake.
fn pair(versions: &[&'static SupportedProtocolVersion]) -> (Stream, Stream) {
    let (a, b) = UnixStream::pair().unwrap();
    let (server, client) = configs(versions);
    let server = Session::Server(UnbufferedServerConnection::new(server).unwrap());
    let name = "app.test".try_into().unwrap();
    let client = to_app(UnbufferedClientConnection::new(client, name).unwrap());
    (over(a, server), over(b, client))
}

fn over_stream(io: Stream, server: Arc<ServerConfig>) -> Stream {
    let session = Session::Server(UnbufferedServerConnection::new(server).unwrap());
    Stream::Tls(Box::new(Tls::new(io, session, &[])))
}

/// The session of a client.
fn to_app(session: UnbufferedClientConnection) -> Session {
    Session::Client { session, server_name: Some("app.test".into()) }
}

fn tls(stream: &mut Stream) -> &mut Tls {
    match stream {
        Stream::Tls(tls) => tls,
        other => panic!("{other:?}"),
    }
}

async fn handshake(stream: &mut Stream) -> Result<(), HandshakeError> {
    poll_fn(|cx| tls(stream).poll_handshake(cx)).await
}

async fn agree(server: &mut Stream, client: &mut Stream) {
    let (a, b) = tokio::join!(handshake(server), handshake(client));
    a.unwrap();
    b.unwrap();
}

async fn write_all(stream: &mut Stream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let count = poll_fn(|cx| stream.poll_write(cx, bytes)).await.unwrap();
        bytes = &bytes[count..];
    }
}

async fn read_all(stream: &mut Stream, step: usize) -> Vec<u8> {
    let (mut all, mut buffer) = (Vec::new(), vec![0; step]);
    loop {
        match poll_fn(|cx| stream.poll_read(cx, &mut buffer)).await.unwrap() {
            0 => return all,
            count => all.extend_from_slice(&buffer[..count]),
        }
    }
}

async fn shut(stream: &mut Stream) {
    poll_fn(|cx| stream.poll_shutdown(cx)).await.unwrap();
}

fn body(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 % 251) as u8).collect()
}

fn is_idle(stream: &mut Stream) -> bool {
    let buffers = &tls(stream).buffers;
    [&buffers.incoming, &buffers.clear, &buffers.outgoing].iter().all(|stretch| stretch.is_bare())
}

#[tokio::test]
async fn bytes_arrive_in_both_directions_in_all_sizes() {
    for versions in [&[&version::TLS13], &[&version::TLS12]] {
        for (length, step) in [(1, 1), (5_000, 7), (16_384, 16_384), (16_385, 100_000), (1_000_000, 3_000)] {
            let (mut server, mut client) = pair(versions);
            agree(&mut server, &mut client).await;
            let sent = body(length);
            let there = async {
                write_all(&mut client, &sent).await;
                shut(&mut client).await;
                read_all(&mut client, step).await
            };
            let back = async {
                let read = read_all(&mut server, step).await;
                write_all(&mut server, &read).await;
                shut(&mut server).await;
                read
            };
            let (answer, asked) = tokio::join!(there, back);
            assert!(asked == sent && answer == sent, "{length} bytes, {step} at a time");
        }
    }
}

#[tokio::test]
async fn who_waits_owns_no_buffer() {
    let (mut server, mut client) = pair(&[&version::TLS13]);
    agree(&mut server, &mut client).await;
    write_all(&mut client, b"ping").await;
    let mut buffer = [0; 100];
    assert_eq!(poll_fn(|cx| server.poll_read(cx, &mut buffer)).await.unwrap(), 4);
    let pending = poll_fn(|cx| Poll::Ready(server.poll_read(cx, &mut buffer).is_pending())).await;
    assert!(pending && is_idle(&mut server), "{server:?}");
}

#[tokio::test]
async fn tickets_do_not_disturb_a_quiet_connection() {
    let (mut server, mut client) = pair(&[&version::TLS13]);
    agree(&mut server, &mut client).await;
    let pending =
        async |stream: &mut Stream| poll_fn(|cx| Poll::Ready(stream.poll_quiet(cx).is_pending())).await;
    // The server's tickets lie in the socket.
    poll_fn(|cx| tls(&mut client).io.poll_quiet(cx)).await.unwrap();
    assert!(!client.is_silent());
    assert!(pending(&mut client).await && pending(&mut server).await);
    assert!(client.is_silent(), "{client:?}");
    write_all(&mut server, b"late").await;
    poll_fn(|cx| client.poll_quiet(cx)).await.unwrap();
    let mut buffer = [0; 10];
    assert_eq!(poll_fn(|cx| client.poll_read(cx, &mut buffer)).await.unwrap(), 4);
    assert_eq!(&buffer[..4], b"late");
}

#[tokio::test]
async fn tickets_travel_with_the_answer_to_a_client_that_has_asked() {
    let (mut server, mut client) = pair(&[&version::TLS13]);
    let (agreed, ()) = tokio::join!(handshake(&mut server), write_all(&mut client, b"ping"));
    agreed.unwrap();
    let mut buffer = [0; 10];
    assert_eq!(poll_fn(|cx| server.poll_read(cx, &mut buffer)).await.unwrap(), 4);
    let pending = poll_fn(|cx| Poll::Ready(server.poll_read(cx, &mut buffer).is_pending())).await;
    assert!(pending && tls(&mut client).io.is_quiet(), "{server:?}");
    assert!(!tls(&mut server).buffers.outgoing.is_empty());
    write_all(&mut server, b"pong").await;
    assert!(is_idle(&mut server));
    assert_eq!(poll_fn(|cx| client.poll_read(cx, &mut buffer)).await.unwrap(), 4);
    assert_eq!(&buffer[..4], b"pong");
}

#[tokio::test]
async fn the_last_bytes_bring_the_word_that_nothing_follows() {
    let (mut server, mut client) = pair(&[&version::TLS13]);
    agree(&mut server, &mut client).await;
    let sent = poll_fn(|cx| server.poll_write_last(cx, b"bye")).await.unwrap();
    assert_eq!(sent, 3);
    // The connection below is open as ever.
    assert_eq!(read_all(&mut client, 100).await, b"bye");
    assert_eq!(tls(&mut client).end, Some(End::Said));
    shut(&mut server).await;
}

#[tokio::test]
async fn last_bytes_that_the_peer_does_not_take_at_once_follow() {
    let (mut server, mut client) = pair(&[&version::TLS13]);
    agree(&mut server, &mut client).await;
    let filler = body(1 << 20);
    while let Poll::Ready(sent) = poll_fn(|cx| Poll::Ready(server.poll_write(cx, &filler))).await {
        sent.unwrap();
    }
    // The write that waits is to be repeated: what is last comes behind it.
    let send = async {
        write_all(&mut server, &filler).await;
        let mut last: &[u8] = b"bye";
        while !last.is_empty() {
            let sent = poll_fn(|cx| server.poll_write_last(cx, last)).await.unwrap();
            last = &last[sent..];
        }
        shut(&mut server).await;
    };
    let ((), read) = tokio::join!(send, read_all(&mut client, 5000));
    assert!(read.ends_with(b"bye") && tls(&mut client).end == Some(End::Said));
}

#[tokio::test]
async fn what_was_read_before_the_handshake_belongs_to_it() {
    let (a, b) = UnixStream::pair().unwrap();
    let (server, client) = configs(&[&version::TLS13]);
    let name = "app.test".try_into().unwrap();
    let mut client = over(b, to_app(UnbufferedClientConnection::new(client, name).unwrap()));
    let serve = async {
        let mut io = Stream::Unix(a);
        let mut read = [0; 11];
        assert_eq!(poll_fn(|cx| io.poll_read(cx, &mut read)).await.unwrap(), 11);
        let session = Session::Server(UnbufferedServerConnection::new(server).unwrap());
        let mut tls = Tls::new(io, session, &read);
        poll_fn(|cx| tls.poll_handshake(cx)).await.unwrap();
        assert_eq!(tls.session().common().protocol_version(), Some(ProtocolVersion::TLSv1_3));
    };
    let ((), agreed) = tokio::join!(serve, handshake(&mut client));
    agreed.unwrap();
}

#[tokio::test]
async fn what_goes_first_is_in_clear_and_the_request_follows_the_last_words() {
    let (a, b) = UnixStream::pair().unwrap();
    let (server, client) = configs(&[&version::TLS13]);
    let session = to_app(UnbufferedClientConnection::new(client, "app.test".try_into().unwrap()).unwrap());
    let mut client = Stream::Tls(Box::new(Tls::to_endpoint(Stream::Unix(b), session, b"PROXY UNKNOWN\r\n")));
    let serve = async {
        let mut io = Stream::Unix(a);
        let mut first = [0; 15];
        assert_eq!(poll_fn(|cx| io.poll_read(cx, &mut first)).await.unwrap(), 15);
        assert_eq!(&first, b"PROXY UNKNOWN\r\n");
        let mut server = over_stream(io, server);
        handshake(&mut server).await.unwrap();
        let mut buffer = [0; 10];
        let read = poll_fn(|cx| server.poll_read(cx, &mut buffer)).await.unwrap();
        assert_eq!(&buffer[..read], b"ping");
    };
    let ((), ()) = tokio::join!(serve, write_all(&mut client, b"ping"));
    let agreed = client.agreed().unwrap();
    assert_eq!((agreed.version, agreed.server_name.as_deref()), ("TLSv1.3", Some("app.test")));
    assert!(!agreed.resumed && agreed.certificate.is_some());
}

#[tokio::test]
async fn a_peer_that_speaks_no_tls_is_told_so() {
    let (a, b) = UnixStream::pair().unwrap();
    let (server, _) = configs(&[&version::TLS13]);
    let mut server = over(a, Session::Server(UnbufferedServerConnection::new(server).unwrap()));
    let mut peer = Stream::Unix(b);
    write_all(&mut peer, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(matches!(handshake(&mut server).await, Err(HandshakeError::Tls(_))));
    drop(server);
    let alert = read_all(&mut peer, 100).await;
    assert_eq!(alert.first(), Some(&21), "{alert:?}");
}

#[tokio::test]
async fn who_is_let_go_of_is_told() {
    let (mut server, mut client) = pair(&[&version::TLS13]);
    agree(&mut server, &mut client).await;
    write_all(&mut server, b"bye").await;
    drop(server);
    assert_eq!(read_all(&mut client, 10).await, b"bye");
    assert_eq!(tls(&mut client).end, Some(End::Said));
}

#[tokio::test]
async fn a_peer_that_leaves_in_the_middle_has_closed() {
    let (mut server, client) = pair(&[&version::TLS13]);
    drop(client);
    assert!(matches!(handshake(&mut server).await, Err(HandshakeError::Closed)));
}

#[tokio::test]
async fn records_that_were_tampered_with_are_an_error() {
    let (a, b) = UnixStream::pair().unwrap();
    let (c, d) = UnixStream::pair().unwrap();
    let (server, client) = configs(&[&version::TLS13]);
    let mut server = over(a, Session::Server(UnbufferedServerConnection::new(server).unwrap()));
    let name = "app.test".try_into().unwrap();
    let mut client = over(d, to_app(UnbufferedClientConnection::new(client, name).unwrap()));
    // Between the two stands one who turns a bit of what the client says after the handshake.
    let (mut near, mut far) = (Stream::Unix(b), Stream::Unix(c));
    let ends = async {
        agree(&mut server, &mut client).await;
        write_all(&mut client, b"secret").await;
        let mut buffer = [0; 10];
        poll_fn(|cx| server.poll_read(cx, &mut buffer)).await.unwrap_err().kind()
    };
    let between = async {
        let mut buffer = [0; 4096];
        let mut said = 0;
        loop {
            let moved = poll_fn(|cx| {
                if let Poll::Ready(Ok(count @ 1..)) = far.poll_read(cx, &mut buffer) {
                    return Poll::Ready((true, count));
                }
                match near.poll_read(cx, &mut buffer) {
                    Poll::Ready(Ok(count @ 1..)) => Poll::Ready((false, count)),
                    _ => Poll::Pending,
                }
            });
            let (of_client, count) = moved.await;
            said += usize::from(of_client);
            if of_client && said == 3 {
                buffer[count - 1] ^= 1;
            }
            let to = if of_client { &mut near } else { &mut far };
            write_all(to, &buffer[..count]).await;
        }
    };
    let kind = tokio::select! {
        kind = ends => kind,
        () = between => unreachable!(),
    };
    assert_eq!(kind, io::ErrorKind::InvalidData);
}
