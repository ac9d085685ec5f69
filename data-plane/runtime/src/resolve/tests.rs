use super::*;

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_name_of_the_hosts_file_and_one_that_is_nowhere() {
    let (mut followed, mut answers) = Names::start();
    followed.follow(&names(&["localhost", "no-such-name.invalid"]));
    let mut found = HashMap::new();
    while found.len() < 2 {
        let answer = timeout(Duration::from_secs(60), answers.recv()).await.unwrap().unwrap();
        found.insert(answer.name, answer.address);
    }
    assert!(found["localhost"].as_ref().unwrap().is_loopback());
    assert!(found["no-such-name.invalid"].is_err());
}

#[tokio::test]
async fn a_name_that_is_no_longer_wanted_is_dropped() {
    let (mut followed, _answers) = Names::start();
    followed.follow(&names(&["a.invalid", "b.invalid"]));
    followed.follow(&names(&["b.invalid"]));
    assert_eq!(followed.tasks.keys().collect::<Vec<_>>(), ["b.invalid"]);
}
