use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use sluicegate_model::listener::UnixSocket;

use super::*;

const ALONE: Circumstances<'_> =
    Circumstances { workers: 2, backlog: 16, predecessors: &[], own_paths: &[], inherited: &Inherited::NONE };

fn wanted(address: ListenAddress) -> Wanted {
    Wanted {
        address,
        backlog: None,
        dual_stack: false,
        free_bind: false,
        interface: None,
        user_timeout: None,
        keep_alive: None,
    }
}

fn ip(address: SocketAddr) -> Wanted {
    wanted(ListenAddress::Ip(address))
}

fn unix(name: UnixName) -> Wanted {
    wanted(ListenAddress::Unix(UnixSocket { name, mode: Some(0o600), user: None, group: None }))
}

#[test]
fn any_port_is_the_same_for_all_workers() {
    let sockets = bind(&ip("127.0.0.1:0".parse().unwrap()), ALONE).unwrap();
    let ports: Vec<u16> = sockets
        .halves
        .iter()
        .map(|half| match half {
            Half::Tcp(listener) => listener.local_addr().unwrap().port(),
            Half::Unix(_) | Half::Udp(_) => 0,
        })
        .collect();
    assert_eq!(ports.len(), 2);
    assert!(ports[0] != 0 && ports[0] == ports[1]);
    assert_eq!(sockets.local.map(|local| local.port()), Some(ports[0]));
}

#[test]
fn a_taken_port_names_its_owner_and_the_way_out() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let refused = bind(&ip(address), ALONE).unwrap_err().to_string();
    assert!(refused.starts_with(&format!("{address} is in use by ")), "{refused}");
    assert!(refused.contains(&format!("(pid {})", std::process::id())), "{refused}");
    assert!(refused.ends_with("give this listener another address"), "{refused}");
}

#[test]
fn an_address_of_another_host_needs_free_bind() {
    let foreign = "192.0.2.1:0".parse().unwrap();
    assert!(matches!(bind(&ip(foreign), ALONE), Err(BindError::NoSuchAddress(_))));
    assert!(bind(&Wanted { free_bind: true, ..ip(foreign) }, ALONE).is_ok());
}

#[test]
fn ipv6_stays_apart_from_ipv4_unless_asked() {
    let Ok(alone) = bind(&ip("[::]:0".parse().unwrap()), ALONE) else {
        panic!("this host has no IPv6: this test cannot run here");
    };
    let port = alone.local.unwrap().port();
    assert!(std::net::TcpStream::connect(("::1", port)).is_ok());
    // Another test may have the port of 127.0.0.1; this address has nobody, only a wildcard would take it.
    assert!(std::net::TcpStream::connect(("127.77.0.3", port)).is_err());
    let both = bind(&Wanted { dual_stack: true, ..ip("[::]:0".parse().unwrap()) }, ALONE).unwrap();
    assert!(std::net::TcpStream::connect(("127.77.0.3", both.local.unwrap().port())).is_ok());
}

#[test]
fn a_unix_socket_takes_a_dead_ones_place_with_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let mut sockets = bind(&unix(UnixName::Path(path.clone())), ALONE).unwrap();
    assert!(std::os::unix::net::UnixStream::connect(&path).is_err(), "not before it is placed");
    sockets.file.as_mut().unwrap().place().unwrap();
    assert!(std::os::unix::net::UnixStream::connect(&path).is_ok());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    drop(sockets);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_unix_socket_in_use_and_a_file_in_the_way_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (used, file) = (folder.path().join("used.sock"), folder.path().join("file"));
    let _listener = std::os::unix::net::UnixListener::bind(&used).unwrap();
    let refused = bind(&unix(UnixName::Path(used)), ALONE).unwrap_err().to_string();
    assert!(refused.contains(&format!("(pid {})", std::process::id())), "{refused}");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(bind(&unix(UnixName::Path(file)), ALONE), Err(BindError::NotASocket(_))));
}

#[test]
fn an_abstract_name_is_bound_once() {
    let name = UnixName::Abstract(format!("sluicegate-test-{}", std::process::id()).into_bytes().into());
    let _first = bind(&unix(name.clone()), ALONE).unwrap();
    assert!(matches!(bind(&unix(name), ALONE), Err(BindError::InUse { .. })));
}

#[test]
fn a_descriptor_must_listen() {
    use std::os::fd::AsRawFd;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let number = u32::try_from(listener.as_raw_fd()).unwrap();
    let sockets = bind(&wanted(ListenAddress::Descriptor(number)), ALONE).unwrap();
    assert_eq!(sockets.local, listener.local_addr().ok());
    let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let number = u32::try_from(stream.as_raw_fd()).unwrap();
    assert!(matches!(
        bind(&wanted(ListenAddress::Descriptor(number)), ALONE),
        Err(BindError::NotListening(_))
    ));
}
