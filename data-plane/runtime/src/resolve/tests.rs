use super::*;

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_name_of_the_hosts_file_and_one_that_is_nowhere() {
    let failures: Arc<AtomicU64> = Arc::default();
    let (mut followed, mut answers) = Names::start(Arc::clone(&failures));
    followed.follow(&names(&["localhost", "no-such-name.invalid"]));
    let mut found = HashMap::new();
    while found.len() < 2 {
        let answer = timeout(Duration::from_secs(60), answers.recv()).await.unwrap().unwrap();
        found.insert(answer.name, answer.address);
    }
    assert!(found["localhost"].as_ref().unwrap().is_loopback());
    assert!(found["no-such-name.invalid"].is_err());
    assert!(failures.load(Relaxed) > 0);
}

#[tokio::test]
async fn a_name_that_is_no_longer_wanted_is_dropped() {
    let (mut followed, _answers) = Names::start(Arc::default());
    followed.follow(&names(&["a.invalid", "b.invalid"]));
    followed.follow(&names(&["b.invalid"]));
    assert_eq!(followed.tasks.keys().collect::<Vec<_>>(), ["b.invalid"]);
}

#[test]
fn an_address_in_use_stays_while_the_name_has_it() {
    let [a, b, six] = ["192.0.2.1", "192.0.2.2", "2001:db8::1"].map(|text| text.parse::<IpAddr>().unwrap());
    assert_eq!(choose(&[six, a, b], None), Some(a));
    assert_eq!(choose(&[a, b], Some(b)), Some(b));
    assert_eq!(choose(&[a], Some(b)), Some(a));
    assert_eq!(choose(&[six], Some(a)), Some(six));
    assert_eq!(choose(&[], Some(a)), None);
}
