//! Clients that rules of the kernel lead here get where they wanted to go.

use std::net::{IpAddr, SocketAddr};
use std::process::Command;

use sluicegate_e2e::{Front, debian, enter_network, ip};
use tokio::net::TcpSocket;

use super::{DEFAULTS, free_port, teller_at, to_end};

type Row = (&'static str, &'static str, &'static str, &'static str);

/// How a client is led to an entry: the address that it has, that of the server that it asks for, the rule, and how the
/// entry is bound. Connections of the proxy's own come from elsewhere, so that no rule meets them.
const ROWS: [Row; 3] = [
    (
        "127.0.0.9",
        "127.0.0.1",
        "iptables -t nat -A OUTPUT -s 127.0.0.9 -p tcp --dport SERVER -j REDIRECT --to-ports ENTRY",
        "127.0.0.1:ENTRY",
    ),
    (
        "127.0.0.9",
        "127.0.0.1",
        "iptables -t mangle -A PREROUTING -s 127.0.0.9 -p tcp --dport SERVER -j TPROXY --on-ip 127.0.0.1 --on-port ENTRY",
        "127.0.0.1:ENTRY transparent",
    ),
    (
        "fd00::9",
        "::1",
        "ip6tables -t nat -A OUTPUT -s fd00::9 -p tcp --dport SERVER -j REDIRECT --to-ports ENTRY",
        "[::1]:ENTRY",
    ),
];

fn run(command: &str) {
    let mut words = command.split(' ');
    let program = debian(words.next().unwrap_or_default());
    let output = Command::new(program).arg("-w").args(words).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Whom the servers see.
async fn seen(rows: &[Row], ours: bool) -> Vec<IpAddr> {
    let mut configuration = DEFAULTS.to_owned();
    let mut ways = Vec::new();
    for (number, (from, to, rule, bind)) in rows.iter().enumerate() {
        let server = teller_at((*to, 0)).await;
        let entry = free_port().to_string();
        run(&rule.replace("SERVER", &server.port().to_string()).replace("ENTRY", &entry));
        let bind = bind.replace("ENTRY", &entry);
        configuration += &format!("listen l{number}\n    bind {bind}\n    option transparent\n");
        ways.push((from.parse::<IpAddr>().unwrap(), server));
    }
    let _front = Front::of(&configuration, ours).await;
    let mut seen = Vec::new();
    for (from, server) in ways {
        let socket = if from.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.unwrap();
        socket.bind((from, 0).into()).unwrap();
        let told = to_end(&mut socket.connect(server).await.unwrap()).await;
        let address: SocketAddr = told.parse().unwrap_or_else(|_| panic!("{from} hears {told:?}"));
        seen.push(address.ip());
    }
    seen
}

#[tokio::test]
async fn a_client_that_was_led_here_gets_where_it_wanted() {
    enter_network();
    ip(&["address", "add", "fd00::9/128", "dev", "lo"]).unwrap();
    let expected: Vec<IpAddr> = ROWS.iter().map(|(_, to, ..)| to.parse().unwrap()).collect();
    assert_eq!(seen(&ROWS, true).await, expected);
    // HAProxy does not ask the kernel of IPv6.
    assert_eq!(seen(&ROWS[..2], false).await, expected[..2]);
}
