use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::time::Duration;

use sluicegate_model::outgoing::KeepAlive;
use socket2::{Domain, Protocol, Type};

use super::*;
use crate::stream::Target;
use crate::upstream::{ConnectError, Connecting};

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));

fn socket() -> Socket {
    Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap()
}

/// Connects as `outgoing` says; where that came from.
fn connect(to: &TcpListener, outgoing: &Outgoing) -> Result<(Connecting, SocketAddr), ConnectError> {
    let connecting = Connecting::start(&Target::Ip(to.local_addr().unwrap()), Some(outgoing))?;
    Ok((connecting, to.accept().unwrap().1))
}

fn from(port: u16, last: u16) -> Outgoing {
    let source = Source { address: SocketAddr::new(HOME, port), last_port: NonZeroU16::new(last) };
    Outgoing { source: Some(source), ..Outgoing::default() }
}

#[test]
fn a_connection_leaves_from_its_source() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(connect(&server, &from(0, 0)).unwrap().1.ip(), HOME);
    assert_eq!(connect(&server, &from(20_000, 0)).unwrap().1, SocketAddr::new(HOME, 20_000));
}

#[test]
fn each_connection_has_a_port_of_the_range() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    // Ports that nobody listens on: those of this address are this test's alone.
    let outgoing = from(20_001, 20_003);
    let mut kept = Vec::new();
    let mut ports: Vec<u16> = (0..3)
        .map(|_| {
            let (stream, seen) = connect(&server, &outgoing).unwrap();
            kept.push(stream);
            seen.port()
        })
        .collect();
    ports.sort_unstable();
    assert_eq!(ports, [20_001, 20_002, 20_003]);
    assert!(matches!(connect(&server, &outgoing), Err(ConnectError::Exhausted(_))));
    // Towards another server they are free.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    assert!((20_001..=20_003).contains(&connect(&other, &outgoing).unwrap().1.port()));
}

#[test]
fn sockets_have_what_they_are_to_have() {
    let socket = socket();
    let keep_alive = KeepAlive {
        count: NonZeroU32::new(4),
        idle: Some(Duration::from_secs(50)),
        interval: Some(Duration::from_secs(7)),
    };
    let outgoing = Outgoing {
        user_timeout: Some(Duration::from_millis(1_500)),
        keep_alive: Some(keep_alive),
        ..Outgoing::default()
    };
    prepare(&socket, &outgoing).unwrap();
    assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_millis(1_500)));
    assert!(socket.keepalive().unwrap());
    assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(50));
    assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(7));
    assert_eq!(socket.tcp_keepalive_retries().unwrap(), 4);
}

#[test]
fn an_interface_that_is_not_there_is_no_way_out() {
    let outgoing = Outgoing { interface: Some("no-such-one".into()), ..Outgoing::default() };
    assert!(prepare(&socket(), &outgoing).is_err());
}

#[test]
fn an_address_of_another_host_takes_a_right() {
    let address = SocketAddr::from(([192, 0, 2, 9], 0));
    let outgoing = Outgoing { foreign: Some(Foreign::Address(address)), ..Outgoing::default() };
    let socket = socket();
    let prepared = prepare(&socket, &outgoing).map_err(ConnectError::from);
    if may_be_foreign() {
        prepared.unwrap();
        assert_eq!(socket.local_addr().unwrap().as_socket().map(|at| at.ip()), Some(address.ip()));
    } else {
        assert!(matches!(prepared, Err(ConnectError::Foreign(NoForeign::Right(_)))), "{prepared:?}");
    }
}
