use std::net::{Ipv4Addr, Ipv6Addr};

use hickory_proto::op::Query;
use hickory_proto::rr::RecordType;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, SRV};

use super::*;

const ID: u16 = 0xabcd;

fn question(want: Want) -> Question {
    Question::new("app.test", want).unwrap()
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn answer(question: &Question, data: Vec<(&str, RData)>) -> Message {
    let mut message = Message::response(ID, OpCode::Query);
    message.add_query(Query::query(question.name.clone(), question.record_type()));
    let records = data.into_iter().map(|(owner, data)| Raw::from_rdata(name(owner), 5, data));
    message.add_answers(records);
    message
}

fn a(last: u8) -> RData {
    RData::A(A(Ipv4Addr::new(192, 0, 2, last)))
}

fn cname(to: &str) -> RData {
    RData::CNAME(CNAME(name(to)))
}

fn read(question: &Question, message: &Message) -> Result<Reply, NotOurs> {
    question.read(ID, &message.to_vec().unwrap())
}

fn addresses(of: &[u8]) -> Result<Reply, NotOurs> {
    Ok(Reply::Records(of.iter().map(|last| Record::address([192, 0, 2, *last].into())).collect()))
}

#[test]
fn addresses_each_once() {
    let question = question(Want::V4);
    let records = vec![
        ("app.test.", a(1)),
        ("APP.test.", a(2)),
        ("app.test.", a(1)),
        ("other.test.", a(3)),
        ("app.test.", RData::AAAA(AAAA(Ipv6Addr::LOCALHOST))),
    ];
    assert_eq!(read(&question, &answer(&question, records)), addresses(&[1, 2]));
}

#[test]
fn aliases_are_followed_and_end() {
    let question = question(Want::V4);
    let read = |records| read(&question, &answer(&question, records));
    let chain = vec![("b.test.", cname("c.test.")), ("c.test.", a(7)), ("app.test.", cname("b.test."))];
    assert_eq!(read(chain), addresses(&[7]));
    let long: Vec<(String, String)> =
        (0..200).map(|n| (format!("n{n}.test."), format!("n{}.test.", n + 1))).collect();
    let mut records: Vec<(&str, RData)> = long.iter().map(|(from, to)| (from.as_str(), cname(to))).collect();
    records.push(("app.test.", cname("n0.test.")));
    records.push(("n200.test.", a(9)));
    assert_eq!(read(records), addresses(&[9]));
    let round = vec![("app.test.", cname("b.test.")), ("b.test.", cname("app.test.")), ("app.test.", a(1))];
    assert_eq!(read(round), Ok(Reply::Failed(Lack::Alias)));
    assert_eq!(read(vec![("app.test.", cname("b.test."))]), Ok(Reply::Failed(Lack::Alias)));
    assert_eq!(
        read(vec![("app.test.", cname("b.test.")), ("x.test.", a(1))]),
        Ok(Reply::Failed(Lack::Alias))
    );
}

#[test]
fn services_have_hosts_ports_and_weights() {
    let question = question(Want::Service);
    let srv = |weight, port, target| ("app.test.", RData::SRV(SRV::new(1, weight, port, name(target))));
    let mut message =
        answer(&question, vec![srv(10, 80, "N1.test."), srv(20, 81, "n2.test."), srv(0, 0, ".")]);
    message.add_additional(Raw::from_rdata(name("n1.TEST."), 5, a(1)));
    let record = |target: &str, port, ip: Option<u8>, weight| Record {
        key: Key::Service { target: target.into(), port },
        ip: ip.map(|last| [192, 0, 2, last].into()),
        weight,
    };
    let expected = vec![record("n1.test", 80, Some(1), 10), record("n2.test", 81, None, 20)];
    assert_eq!(read(&question, &message), Ok(Reply::Records(expected)));
}

#[test]
fn failures_are_told_apart() {
    let question = question(Want::V4);
    let cases = [
        (ResponseCode::NXDomain, Lack::NxDomain),
        (ResponseCode::Refused, Lack::Refused),
        (ResponseCode::ServFail, Lack::Other),
        (ResponseCode::NoError, Lack::Empty),
    ];
    for (code, lack) in cases {
        let mut message = answer(&question, Vec::new());
        message.metadata.response_code = code;
        assert_eq!(read(&question, &message), Ok(Reply::Failed(lack)));
    }
    let other = answer(&question, vec![("app.test.", RData::SRV(SRV::new(1, 1, 80, name("b.test."))))]);
    assert_eq!(read(&question, &other), Ok(Reply::Failed(Lack::Other)));
    let mut cut = answer(&question, vec![("app.test.", a(1))]);
    cut.metadata.truncation = true;
    assert_eq!(read(&question, &cut), Ok(Reply::Truncated));
}

#[test]
fn what_is_no_answer_is_passed_over() {
    let question = question(Want::V4);
    let good = answer(&question, vec![("app.test.", a(1))]);
    let bytes = good.to_vec().unwrap();
    assert_eq!(question.read(ID + 1, &bytes), Err(NotOurs::Id));
    assert_eq!(question.read(ID, b""), Err(NotOurs::Garbage));
    assert_eq!(question.read(ID + 1, &bytes[..11]), Err(NotOurs::Garbage), "shorter than a head");
    assert_eq!(question.read(ID, &bytes[..bytes.len() - 1]), Err(NotOurs::Garbage));
    assert_eq!(question.wanting(Want::V6).read(ID, &bytes), Err(NotOurs::Question));
    assert_eq!(Question::new("b.test", Want::V4).unwrap().read(ID, &bytes), Err(NotOurs::Question));
    assert_eq!(question.read(ID, &question.write(ID, 512).unwrap()), Err(NotOurs::Id));
    let mut twice = good.clone();
    twice.add_query(Query::query(name("app.test."), RecordType::A));
    assert_eq!(read(&question, &twice), Err(NotOurs::Question));
}

#[test]
fn an_answer_of_five_hundred_addresses() {
    let question = question(Want::V4);
    let ip = |n: u16| Ipv4Addr::new(10, 0, n.to_be_bytes()[0], n.to_be_bytes()[1]);
    let message = answer(&question, (0..500).map(|n| ("app.test.", RData::A(A(ip(n))))).collect());
    let Ok(Reply::Records(records)) = read(&question, &message) else { panic!("records") };
    assert_eq!(records.len(), 500);
}
