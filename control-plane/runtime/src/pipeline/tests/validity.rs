//! Certificates whose time has not come, ends, or is over.

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::*;

const DAY: u64 = 24 * 3600 * 1000;

/// Midnight of the first day of a month of 2030, in milliseconds since 1970.
fn first_of(month: u8) -> u64 {
    u64::try_from(date_time_ymd(2030, month, 1).unix_timestamp()).unwrap() * 1000
}

/// A listener, a line of something else, and a certificate from the first of one month of 2030 to that of another.
fn site(line: &str, from: u8, until: u8, files: &tempfile::TempDir) -> Load {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["a.test".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2030, from, 1), date_time_ymd(2030, until, 1));
    let path = files.path().join(format!("{from}-{until}.pem"));
    if !path.exists() {
        let pem = params.self_signed(&key).unwrap().pem();
        std::fs::write(&path, format!("{pem}{}", key.serialize_pem())).unwrap();
    }
    let path = path.display();
    haproxy(&format!(
        "frontend main\n    mode http\n    timeout client 1s\n    bind 127.0.0.1:8443 ssl crt {path}\n    {line}\n"
    ))
}

/// Why a proposal holds something back.
fn held(proposal: &Proposal) -> String {
    let rejected = proposal.held.values().flat_map(|held| &held.rejected);
    rejected.map(|rejected| rejected.reason.clone()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_new_certificate_holds_now() {
    let files = tempfile::tempdir().unwrap();
    for (now, why) in [(3, "does not hold yet"), (5, ""), (8, "has expired")] {
        let mut pipeline = Pipeline::default();
        pipeline.take(site("", 4, 6, &files), 1);
        let reason = held(&pipeline.propose(first_of(now)).unwrap());
        if why.is_empty() {
            assert_eq!(reason, "");
        } else {
            assert!(reason.contains(why), "{reason}");
            let dates = "it holds from 2030-04-01 00:00:00 UTC to 2030-06-01 00:00:00 UTC";
            assert!(reason.contains("4-6.pem: ") && reason.contains(dates), "{reason}");
        }
    }
}

#[test]
fn one_that_is_shown_goes_on_and_is_told_of() {
    let files = tempfile::tempdir().unwrap();
    let mut pipeline = Pipeline::default();
    let put = |pipeline: &mut Pipeline, load: Load, now: u64| {
        pipeline.take(load, 1);
        let proposal = pipeline.propose(now).unwrap();
        let reason = held(&proposal);
        pipeline.accept(proposal, 1);
        reason
    };
    let end = first_of(6);
    assert_eq!(put(&mut pipeline, site("", 4, 6, &files), first_of(5)), "");
    assert_eq!(pipeline.newly_ending(end - 20 * DAY), [""; 0]);
    let told = pipeline.newly_ending(end - 13 * DAY).join("\n");
    assert!(told.ends_with("4-6.pem: its certificate expires on 2030-06-01 00:00:00 UTC"), "{told}");
    assert_eq!(pipeline.newly_ending(end - 12 * DAY), [""; 0], "it is told once");
    let told = pipeline.newly_ending(end + DAY).join("\n");
    assert!(told.contains("its certificate has expired on 2030-06-01"), "{told}");
    // Other edits of its listener go through; another that is over does not, and one that holds does.
    assert_eq!(put(&mut pipeline, site("http-request deny", 4, 6, &files), end + DAY), "");
    assert!(put(&mut pipeline, site("", 3, 5, &files), end + DAY).contains("3-5.pem"));
    assert_eq!(put(&mut pipeline, site("", 5, 12, &files), end + DAY), "");
    assert_eq!(pipeline.newly_ending(end + DAY), [""; 0]);
}
