//! DNS through it.

use std::net::{Ipv4Addr, SocketAddr};

use sluicegate_e2e::{NameServer, Sluicegate, free_address};

use super::{DEFAULTS, Peer};

/// A query for the A records of a name (RFC 1035 4.1).
fn query(id: u16, name: &str) -> Vec<u8> {
    let mut bytes = [&id.to_be_bytes()[..], &[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]].concat();
    for label in name.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.extend_from_slice(&[0, 0, 1, 0, 1]);
    bytes
}

/// The last four bytes of the answer to a query: the address, where there is one.
async fn address_of(name: &str, at: SocketAddr) -> Option<Ipv4Addr> {
    let client = Peer::start().await;
    client.0.send_to(&query(0x1234, name), at).await.unwrap();
    let mut bytes = [0; 512];
    let (length, _) =
        tokio::time::timeout(sluicegate_e2e::PATIENCE, client.0.recv_from(&mut bytes)).await.ok()?.ok()?;
    assert_eq!(bytes[..2], [0x12, 0x34], "it is the answer to this query");
    let answers = u16::from_be_bytes([bytes[6], bytes[7]]);
    (answers > 0).then(|| <[u8; 4]>::try_from(&bytes[length - 4..length]).unwrap().into())
}

#[tokio::test]
async fn name_servers_take_turns_and_one_that_is_gone_is_left_out() {
    let (one, two, entry) = (NameServer::start().await, NameServer::start().await, free_address());
    let (of_one, of_two) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
    one.addresses("www.example", &[of_one]);
    two.addresses("www.example", &[of_two]);
    // The check asks for the name itself, and wants an answer to its query.
    let check = "    option udp-check
    tcp-check send-binary 00070100000100000000000003777777076578616d706c650000010001
    tcp-check expect binary 0007\n";
    let mut sluicegate = Sluicegate::run(&format!(
        "{DEFAULTS}frontend names\n    bind {entry}\n    default_backend resolvers
backend resolvers\n    balance roundrobin\n{check}    default-server check inter 100ms fall 1 rise 1
    server one {}\n    server two {}\n",
        one.address(),
        two.address()
    ))
    .await;
    let mut turns = Vec::new();
    for _ in 0..4 {
        turns.push(address_of("www.example", entry).await.unwrap());
    }
    assert!(
        turns == [of_one, of_two, of_one, of_two] || turns == [of_two, of_one, of_two, of_one],
        "{turns:?}"
    );
    assert_eq!(address_of("other.example", entry).await, None, "there is no such name");
    drop(two);
    sluicegate.process().said("Server resolvers/two is DOWN").await;
    for _ in 0..3 {
        assert_eq!(address_of("www.example", entry).await, Some(of_one));
    }
}

#[tokio::test]
async fn a_client_s_address_chooses_its_server() {
    let (one, two, entry) = (NameServer::start().await, NameServer::start().await, free_address());
    one.addresses("www.example", &[Ipv4Addr::new(192, 0, 2, 1)]);
    two.addresses("www.example", &[Ipv4Addr::new(192, 0, 2, 2)]);
    let _sluicegate = Sluicegate::run(&format!(
        "{DEFAULTS}listen names\n    bind udp@{entry}\n    balance source\n    server one {}\n    server two udp@{}\n",
        one.address(),
        two.address()
    ))
    .await;
    let first = address_of("www.example", entry).await.unwrap();
    for _ in 0..5 {
        assert_eq!(address_of("www.example", entry).await, Some(first));
    }
}
