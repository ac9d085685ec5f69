//! A whole proxy over real sockets, led by a control plane over a unix socket.

mod control;

use std::net::SocketAddr;
use std::path::Path;

use sluicegate_proto::v1::proxy_message::Message;
use sluicegate_proto::v1::{self, Kind};
use sluicegate_sync::ControlAddress;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::*;
use crate::fixture::{ANY_PORT, Site, endpoint_key, key};
use control::Fake;

/// A wait that ends a test which would hang.
const PATIENCE: Duration = Duration::from_secs(30);

fn settings(socket: &Path, state: Option<&Path>) -> Settings {
    let target = Target::new(ControlAddress::Unix(socket.to_owned()), None).unwrap();
    let mut settings = Settings::new(target, "edge".to_owned());
    settings.workers = Some(NonZeroUsize::MIN);
    settings.state_dir = state.map(Path::to_owned);
    settings
}

async fn serving(proxy: &Proxy, number: u64) -> SocketAddr {
    let mut served = proxy.served();
    let wanted = |served: &Option<Served>| served.as_ref().is_some_and(|it| it.generation.number == number);
    timeout(PATIENCE, served.wait_for(wanted)).await.unwrap().unwrap();
    proxy.engine().address(&key(Kind::Listener, "web")).unwrap()
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Asks over a connection; the answer's last bytes have come when its body has.
async fn ask(stream: &mut TcpStream, body: &str) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    while !answer.ends_with(body) {
        let mut bytes = [0; 1_024];
        let count = timeout(PATIENCE, stream.read(&mut bytes)).await.unwrap().unwrap();
        assert_ne!(count, 0, "closed after {answer:?}");
        answer.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    answer
}

fn site(text: &'static str) -> Site {
    Site::default().listener("web", ANY_PORT, "main").answering("main", text)
}

async fn joined(proxy: Proxy) {
    timeout(PATIENCE, proxy.ended()).await.unwrap();
    assert!(proxy.join());
}

#[tokio::test]
async fn a_snapshot_is_served_acknowledged_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut control = Fake::start(folder.path());
    let proxy = Proxy::start(settings(control.path(), None)).unwrap();
    let hello = control.until(|it| if let Message::Hello(hello) = it { Some(hello) } else { None }).await;
    assert_eq!((hello.scope.as_str(), hello.generation), ("edge", None));
    control.send(site("I'm app01").update(1));
    let ack = control.until(|it| if let Message::Ack(ack) = it { Some(ack) } else { None }).await;
    assert_eq!(ack.generation, Some(site("I'm app01").generation(1).into()));
    let mut client = connect(serving(&proxy, 1).await).await;
    assert!(ask(&mut client, "I'm app01").await.starts_with("HTTP/1.1 200 "));
    control.send(site("I'm app02").update(2));
    serving(&proxy, 2).await;
    ask(&mut client, "I'm app02").await;
    let wanted = (&key(Kind::Frontend, "main")).into();
    let counted = |it: Message| match it {
        Message::Report(report) => {
            report.frontends.into_iter().find(|it| it.id.as_ref() == Some(&wanted) && it.requests == 2)
        }
        _ => None,
    };
    let counted = timeout(PATIENCE, control.until(counted)).await.unwrap();
    assert_eq!((counted.connections, counted.responses[1]), (1, 2));
    proxy.hard_stop();
    joined(proxy).await;
}

#[tokio::test]
async fn a_refused_update_is_told_with_its_reason_and_the_old_one_serves_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut control = Fake::start(folder.path());
    let proxy = Proxy::start(settings(control.path(), None)).unwrap();
    control.send(site("one").update(1));
    let address = serving(&proxy, 1).await;
    let foreign = TcpListener::bind(ANY_PORT).await.unwrap();
    let taken = foreign.local_addr().unwrap().to_string();
    control.send(site("two").listener("other", &taken, "main").update(2));
    let nack = control.until(|it| if let Message::Nack(nack) = it { Some(nack) } else { None }).await;
    let [rejection] = &nack.rejections[..] else { panic!("{nack:?}") };
    assert!(rejection.local && rejection.reason.contains(&taken), "{rejection:?}");
    ask(&mut connect(address).await, "one").await;
    proxy.hard_stop();
    joined(proxy).await;
}

#[tokio::test]
async fn it_starts_from_its_state_directory_while_the_control_plane_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut control = Fake::start(folder.path());
    let socket = control.path().to_owned();
    let proxy = Proxy::start(settings(&socket, Some(&state))).unwrap();
    let first = control.until(|it| if let Message::Hello(hello) = it { Some(hello) } else { None }).await;
    control.send(site("one").update(1));
    serving(&proxy, 1).await;
    control.send(site("two").update(2));
    serving(&proxy, 2).await;
    drop(control);
    proxy.hard_stop();
    joined(proxy).await;
    let again = Proxy::start(settings(&socket, Some(&state))).unwrap();
    ask(&mut connect(serving(&again, 2).await).await, "two").await;
    std::fs::remove_file(&socket).unwrap();
    let mut control = Fake::start(folder.path());
    let hello = control.until(|it| if let Message::Hello(hello) = it { Some(hello) } else { None });
    let hello = timeout(PATIENCE, hello).await.unwrap();
    assert_eq!(hello.proxy_id, first.proxy_id);
    assert_eq!(hello.generation, Some(site("two").generation(2).into()));
    drop(again);
}

#[tokio::test]
async fn a_soft_stop_finishes_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let control = Fake::start(folder.path());
    let proxy = Proxy::start(settings(control.path(), None)).unwrap();
    let origin = TcpListener::bind(ANY_PORT).await.unwrap();
    let site = Site::default()
        .listener("web", ANY_PORT, "main")
        .forwarding("main", "app")
        .backend("app", |backend| backend.mode = v1::Mode::Http.into())
        .endpoint("app", "a", origin.local_addr().unwrap(), |endpoint| endpoint.check = None);
    control.send(site.update(1));
    let address = serving(&proxy, 1).await;
    let mut client = connect(address).await;
    client.write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    let (mut asked, _) = timeout(PATIENCE, origin.accept()).await.unwrap().unwrap();
    proxy.soft_stop();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    asked.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate").await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, client.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("late"), "{answer}");
    joined(proxy).await;
}

#[tokio::test]
async fn checks_take_an_endpoint_down_and_the_report_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let mut control = Fake::start(folder.path());
    let proxy = Proxy::start(settings(control.path(), None)).unwrap();
    // No other test listens on this address, whatever port it is given.
    let closed = TcpListener::bind("127.77.0.5:0").await.unwrap().local_addr().unwrap();
    let quick = |endpoint: &mut v1::Endpoint| endpoint.check.as_mut().unwrap().interval_ms = 20;
    control.send(site("one").backend("app", |_| {}).endpoint("app", "a", closed, quick).update(1));
    let wanted = (&endpoint_key("app", "a")).into();
    let down = |it: Message| match it {
        Message::Report(report) => report
            .endpoints
            .into_iter()
            .find(|it| it.id.as_ref() == Some(&wanted) && it.health() == v1::Health::Down),
        _ => None,
    };
    let down = timeout(PATIENCE, control.until(down)).await.unwrap();
    assert!(
        down.evidence.starts_with("L4CON") && down.evidence.ends_with("Connection refused"),
        "{}",
        down.evidence
    );
    assert!(down.failed_checks > 0 && down.since_unix_ms > 0);
    drop(proxy);
}

#[tokio::test]
async fn a_state_directory_has_one_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder.path().join("none.sock"), Some(folder.path()));
    let proxy = Proxy::start(settings.clone()).unwrap();
    let refused = Proxy::start(settings).unwrap_err().to_string();
    assert!(refused.contains("another proxy uses this directory"), "{refused}");
    proxy.hard_stop();
    joined(proxy).await;
}
