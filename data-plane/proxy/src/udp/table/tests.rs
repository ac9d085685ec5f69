use std::collections::VecDeque;
use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

fn flow(number: u8) -> Flow {
    Flow { client: SocketAddr::from((Ipv4Addr::LOCALHOST, number.into())), local: None }
}

fn order(table: &Table<u8>) -> Vec<u8> {
    table.iter().map(|(_, &value)| value).collect()
}

#[test]
fn the_one_used_longest_ago_is_the_oldest() {
    let mut table = Table::new(3);
    let tickets: Vec<_> = (1..=3).map(|it| table.insert(flow(it), it).unwrap().0).collect();
    assert_eq!(table.oldest(), Some((tickets[0], &1)));
    assert_eq!(table.touch(&flow(1)), Some(&1));
    assert_eq!(order(&table), [2, 3, 1]);
    table.used(tickets[1]);
    assert_eq!(order(&table), [3, 1, 2]);
}

#[test]
fn a_full_table_takes_nobody_but_who_is_in_it() {
    let mut table = Table::new(1);
    let (ticket, _) = table.insert(flow(1), 1).unwrap();
    assert_eq!(table.insert(flow(2), 2), Err(Full));
    let (again, before) = table.insert(flow(1), 3).unwrap();
    assert_eq!((before, table.len()), (Some(1), 1));
    assert_eq!(table.remove(ticket), None, "the ticket is that of the session before");
    assert_eq!(table.remove(again), Some(3));
    assert!(table.is_empty() && table.oldest().is_none());
}

#[test]
fn addresses_of_one_listener_tell_flows_apart() {
    let mut table = Table::new(2);
    let at = |last| Flow { local: Some(Ipv4Addr::new(127, 0, 0, last).into()), ..flow(1) };
    table.insert(at(1), 1).unwrap();
    assert_eq!(table.touch(&at(2)), None);
    table.insert(at(2), 2).unwrap();
    assert_eq!((table.touch(&at(1)).copied(), table.len()), (Some(1), 2));
}

#[derive(Debug, Clone)]
enum Step {
    Insert(u8),
    Touch(u8),
    Used(usize),
    Remove(usize),
    RemoveOldest,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..12u8).prop_map(Step::Insert),
        2 => (0..12u8).prop_map(Step::Touch),
        1 => any::<usize>().prop_map(Step::Used),
        2 => any::<usize>().prop_map(Step::Remove),
        1 => Just(Step::RemoveOldest),
    ]
}

proptest! {
    /// Against a list that is searched from its start to its end.
    #[test]
    fn it_is_a_list_in_the_order_of_use(limit in 0..10usize, steps in proptest::collection::vec(step(), 0..200)) {
        let mut table = Table::new(limit);
        let mut list: VecDeque<(u8, Ticket)> = VecDeque::new();
        let mut given: Vec<(u8, Ticket)> = Vec::new();
        for step in steps {
            match step {
                Step::Insert(it) => {
                    let inserted = table.insert(flow(it), it);
                    list.retain(|(known, _)| *known != it);
                    prop_assert_eq!(inserted.is_ok(), list.len() < limit);
                    if let Ok((ticket, _)) = inserted {
                        list.push_back((it, ticket));
                        given.push((it, ticket));
                    }
                }
                Step::Touch(it) => {
                    let known = list.iter().position(|(known, _)| *known == it);
                    prop_assert_eq!(table.touch(&flow(it)).copied(), known.map(|_| it));
                    if let Some(entry) = known.and_then(|at| list.remove(at)) {
                        list.push_back(entry);
                    }
                }
                Step::Used(at) if !given.is_empty() => {
                    let (_, ticket) = given[at % given.len()];
                    table.used(ticket);
                    if let Some(entry) =
                        list.iter().position(|(_, known)| *known == ticket).and_then(|at| list.remove(at))
                    {
                        list.push_back(entry);
                    }
                }
                Step::Remove(at) if !given.is_empty() => {
                    let (it, ticket) = given[at % given.len()];
                    let known = list.iter().position(|(_, known)| *known == ticket);
                    prop_assert_eq!(table.remove(ticket), known.map(|_| it));
                    known.and_then(|at| list.remove(at));
                }
                Step::RemoveOldest => {
                    let oldest = table.oldest().map(|(ticket, &it)| (it, ticket));
                    prop_assert_eq!(oldest, list.pop_front());
                    if let Some((_, ticket)) = oldest {
                        table.remove(ticket);
                    }
                }
                Step::Used(_) | Step::Remove(_) => {}
            }
            prop_assert_eq!(order(&table), list.iter().map(|(it, _)| *it).collect::<Vec<_>>());
            prop_assert_eq!(table.len(), list.len());
        }
    }
}
