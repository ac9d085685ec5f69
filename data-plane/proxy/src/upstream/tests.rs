use std::future::poll_fn;
use std::net::TcpListener;
use std::sync::Arc;

use super::*;

async fn connect(target: &Target) -> Result<Stream, ConnectError> {
    let mut connecting = Connecting::start(target, None)?;
    poll_fn(|cx| connecting.poll(cx)).await
}

#[tokio::test]
async fn tcp_stands_with_nodelay() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = connect(&Target::Ip(listener.local_addr().unwrap())).await.unwrap();
    let Stream::Tcp(stream) = stream else { panic!("not TCP") };
    assert!(stream.nodelay().unwrap());
    assert_eq!(listener.accept().unwrap().1, stream.local_addr().unwrap());
}

#[tokio::test]
async fn a_refusal_is_the_endpoints() {
    // No other test listens on this address, whatever port it is given.
    let address = TcpListener::bind("127.77.0.4:0").unwrap().local_addr().unwrap();
    let error = connect(&Target::Ip(address)).await.unwrap_err();
    assert_eq!(error.failure(), Failure::ConnectRefused);
}

#[test]
fn what_this_host_lacks_is_told_apart() {
    for number in [libc::EMFILE, libc::EADDRNOTAVAIL, libc::EAGAIN] {
        let error = ConnectError::from(io::Error::from_raw_os_error(number));
        assert_eq!(error.failure(), Failure::Exhausted);
    }
}

#[tokio::test]
async fn unix_sockets_by_path_and_by_abstract_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let missing = Target::Unix(Arc::new(UnixName::Path(path.clone())));
    assert_eq!(connect(&missing).await.unwrap_err().failure(), Failure::ConnectRefused);
    let abstract_name = UnixName::Abstract(path.to_str().unwrap().as_bytes().into());
    for name in [UnixName::Path(path), abstract_name] {
        let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        listener.bind(&unix_address(&name).unwrap()).unwrap();
        listener.listen(1).unwrap();
        assert!(connect(&Target::Unix(Arc::new(name))).await.is_ok());
        listener.accept().unwrap();
    }
}

/// What the first write of a connection that was begun just now gives.
async fn first_write(target: &Target) -> io::Result<usize> {
    let mut connecting = Connecting::start_to_write(target, None).unwrap();
    let written = poll_fn(|cx| connecting.writer().unwrap().poll_write(cx, b"request")).await;
    assert!(connecting.into_stream().is_some());
    written
}

#[tokio::test]
async fn the_first_write_finds_a_peer_on_this_host_connected() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut connecting =
        Connecting::start_to_write(&Target::Ip(listener.local_addr().unwrap()), None).unwrap();
    let mut now = Context::from_waker(std::task::Waker::noop());
    let written = connecting.writer().unwrap().poll_write(&mut now, b"request");
    assert!(matches!(written, Poll::Ready(Ok(7))), "{written:?}");
    // Nothing was waited for, so nothing is watched.
    assert!(!connecting.into_stream().unwrap().is_watched());
}

#[tokio::test]
async fn the_first_write_shows_a_refusal() {
    let address = TcpListener::bind("127.77.0.5:0").unwrap().local_addr().unwrap();
    let error = first_write(&Target::Ip(address)).await.unwrap_err();
    assert!(!ends_standing(&error));
    assert_eq!(ConnectError::from(error).failure(), Failure::ConnectRefused);
}

#[tokio::test]
async fn a_peer_that_ends_at_once_has_stood() {
    let folder = tempfile::tempdir().unwrap();
    let name = UnixName::Path(folder.path().join("s"));
    let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    listener.bind(&unix_address(&name).unwrap()).unwrap();
    listener.listen(1).unwrap();
    let mut connecting = Connecting::start_to_write(&Target::Unix(Arc::new(name)), None).unwrap();
    drop(listener.accept().unwrap());
    let error = poll_fn(|cx| connecting.writer().unwrap().poll_write(cx, b"request")).await.unwrap_err();
    assert!(ends_standing(&error), "{error}");
}
