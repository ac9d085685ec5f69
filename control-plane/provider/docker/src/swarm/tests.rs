use super::*;

const TASKS: &str = r#"[
    {"ID": "t1", "ServiceID": "s", "NodeID": "n1", "Slot": 1, "DesiredState": "running",
     "Status": {"State": "running"}, "NetworksAttachments": [
        {"Network": {"Spec": {"Name": "ingress"}}, "Addresses": ["10.0.0.4/24"]},
        {"Network": {"Spec": {"Name": "web"}}, "Addresses": ["10.0.1.5/24", "fd00::5/64"]}]},
    {"ID": "t2", "ServiceID": "s", "NodeID": "n2", "Slot": 2, "DesiredState": "shutdown",
     "Status": {"State": "running"}, "NetworksAttachments": [{"Network": {"Spec": {"Name": "host"}}}]},
    {"ID": "t3", "ServiceID": "s", "NodeID": "n2", "DesiredState": "running", "Status": {"State": "starting"}},
    {"ID": "t4", "ServiceID": "s", "NodeID": "n2", "Slot": 2, "DesiredState": "shutdown",
     "Status": {"State": "failed"}, "NetworksAttachments": null}
]"#;

fn swarm() -> Swarm {
    let labels = [("sluicegate.enable".to_owned(), "true".to_owned())].into();
    let offer = Offer { name: "shop".to_owned(), labels, ports: vec![Port { number: 80, udp: false }] };
    let nodes = [("n2".to_owned(), IpAddr::from([192, 0, 2, 2]))].into();
    let tasks: Vec<Task> = serde_json::from_str(TASKS).unwrap();
    Swarm {
        services: [("s".to_owned(), offer)].into(),
        tasks: tasks.iter().map(|task| (task.id.clone(), place(task, &nodes))).collect(),
        others: ["t5".to_owned()].into(),
        spread: true,
    }
}

fn here(task: &str) -> Container {
    let addresses = Addresses { v4: Some([10, 0, 1, 9].into()), v6: None };
    Container {
        id: "c1".to_owned(),
        name: "shop.1.t1".to_owned(),
        task: Some(task.to_owned()),
        networks: [("web".to_owned(), addresses), ("ingress".to_owned(), addresses)].into(),
        ..Container::default()
    }
}

#[test]
fn a_task_of_this_node_is_its_container_with_the_labels_of_its_service() {
    let joined = swarm().join(vec![Arc::new(here("t1"))]);
    let container = joined.iter().find(|container| container.id == "c1").unwrap();
    assert_eq!((container.name.as_str(), container.ports.len()), ("shop.1", 1));
    assert_eq!(container.labels.keys().collect::<Vec<_>>(), ["sluicegate.enable"]);
    assert_eq!(container.networks.keys().collect::<Vec<_>>(), ["web"]);
}

#[test]
fn tasks_of_other_nodes_are_where_the_manager_says() {
    let joined = swarm().join(vec![Arc::new(here("t1"))]);
    let told = |name: &str| {
        let container = joined.iter().find(|container| container.name == name).unwrap();
        let at: Vec<String> =
            container.networks.values().flat_map(Addresses::all).map(|at| at.to_string()).collect();
        (container.state, at)
    };
    assert_eq!(told("shop.2"), (State::Stopping, vec!["192.0.2.2".to_owned()]));
    assert_eq!(told("shop.n2"), (State::Starting, vec![]));
    assert_eq!(joined.len(), 3, "one that failed is none");
    let all = swarm().join(Vec::new());
    let first = all.iter().find(|container| container.name == "shop.1").unwrap();
    let at: Vec<String> = first.networks["web"].all().map(|at| at.to_string()).collect();
    assert_eq!(at, ["10.0.1.5", "fd00::5"]);
}

#[test]
fn a_task_that_is_not_known_yet_is_asked_for() {
    let swarm = swarm();
    let (known, other) = ([here("t1"), here("t5"), Container::default()], [here("t9")]);
    assert!(!swarm.is_behind(known.iter()) && swarm.is_behind(other.iter()));
    let none = Swarm::default();
    assert!(swarm.is_silent() && !none.is_silent() && !none.is_behind(other.iter()));
}
