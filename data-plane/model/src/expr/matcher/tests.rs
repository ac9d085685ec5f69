use std::net::IpAddr;

use super::*;
use crate::expr::Network;

fn patterns(patterns: &[&str]) -> Vec<Vec<u8>> {
    patterns.iter().map(|pattern| pattern.as_bytes().to_vec()).collect()
}

#[test]
fn exact() {
    let set = Exact::new(&patterns(&["GET", "HEAD", "GET", ""]), false);
    assert!(set.matches(b"GET") && set.matches(b"HEAD") && set.matches(b""));
    assert!(!set.matches(b"get") && !set.matches(b"GE") && !set.matches(b"GETT"));
    let folded = Exact::new(&patterns(&["WWW.Example.ORG"]), true);
    assert!(folded.matches(b"www.example.org") && folded.matches(b"WWW.EXAMPLE.ORG"));
    assert!(!folded.matches(b"www.example.orh"));
    let none = Exact::new(&[], false);
    assert!(!none.matches(b""));
    let many: Vec<Vec<u8>> = (0..10_000).map(|n| format!("host{n}.example").into_bytes()).collect();
    let set = Exact::new(&many, true);
    assert!(many.iter().all(|host| set.matches(host)));
    assert!(!set.matches(b"host10000.example"));
}

#[test]
fn beginnings_and_endings() {
    let images = Affixes::starts(&patterns(&["/static", "/images/", "/static/js", "/a"]), false);
    assert!(images.matches_start(b"/static") && images.matches_start(b"/static/js/x"));
    assert!(images.matches_start(b"/images/") && !images.matches_start(b"/images"));
    assert!(!images.matches_start(b"/STATIC") && !images.matches_start(b"") && !images.matches_start(b"/"));
    let folded = Affixes::starts(&patterns(&["/Static"]), true);
    assert!(folded.matches_start(b"/sTATIC/x"));
    let ends = Affixes::ends(&patterns(&[".jpg", ".GIF", "g"]), true);
    assert!(ends.matches_end(b"/a.JPG") && ends.matches_end(b"/a.gif") && ends.matches_end(b"dog"));
    assert!(!ends.matches_end(b"/a.gif?") && !ends.matches_end(b""));
    assert!(Affixes::starts(&patterns(&[""]), false).matches_start(b"anything"));
    assert!(!Affixes::starts(&[], false).matches_start(b"anything"));
}

#[test]
fn parts() {
    let set = Substrings::new(&patterns(&["admin", "../"]), true).unwrap();
    assert!(set.matches(b"/x/AdMiN/y") && set.matches(b"/a/../b"));
    assert!(!set.matches(b"/admi") && !set.matches(b""));
    assert!(Substrings::new(&patterns(&[""]), false).unwrap().matches(b""));
    assert!(!Substrings::new(&[], false).unwrap().matches(b"x"));
}

#[test]
fn directories() {
    let set = Words::new(&patterns(&["/images/", "a/b"]), Words::PATH_DELIMITERS, false);
    assert!(set.matches(b"/images") && set.matches(b"/x/images/y") && set.matches(b"images?z"));
    assert!(!set.matches(b"/myimages/") && !set.matches(b"/images.gif") && !set.matches(b"/IMAGES/"));
    assert!(set.matches(b"/x/a/b/c") && !set.matches(b"/a/x/b") && !set.matches(b"/a/bc"));
}

#[test]
fn domains() {
    let set = Words::new(&patterns(&["example.com", "intra"]), Words::DOMAIN_DELIMITERS, true);
    assert!(set.matches(b"www.Example.com:8080") && set.matches(b"example.com") && set.matches(b"intra.x"));
    assert!(
        !set.matches(b"myexample.com") && !set.matches(b"example.community") && !set.matches(b"intranet")
    );
    let empty = Words::new(&patterns(&["."]), Words::DOMAIN_DELIMITERS, false);
    assert!(empty.matches(b"") && empty.matches(b"example.") && !empty.matches(b"example"));
}

#[test]
fn numbers() {
    let set = IntSet::new(vec![(80, 80), (1024, 2048), (2000, 65_535), (i64::MIN, -1)]);
    for inside in [80, 1024, 2048, 65_535, -1, i64::MIN] {
        assert!(set.contains(inside), "{inside}");
    }
    for outside in [0, 79, 81, 1023, 65_536, i64::MAX] {
        assert!(!set.contains(outside), "{outside}");
    }
    assert!(!IntSet::new(Vec::new()).contains(0));
}

#[test]
fn addresses() {
    let network = |ip: &str, prefix_length| Network { ip: ip.parse().unwrap(), prefix_length };
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let set = IpSet::new([
        network("10.1.2.3", 8),
        network("192.168.1.1", 32),
        network("2001:db8::", 32),
        network("::ffff:172.16.0.0", 96 + 12),
    ]);
    for inside in ["10.255.255.255", "192.168.1.1", "2001:db8:ffff::1", "172.31.9.9", "::ffff:10.0.0.1"] {
        assert!(set.contains(ip(inside)), "{inside}");
    }
    for outside in ["11.0.0.0", "192.168.1.2", "2001:db9::", "172.32.0.0", "::1"] {
        assert!(!set.contains(ip(outside)), "{outside}");
    }
    assert!(IpSet::new([network("0.0.0.0", 0)]).contains(ip("255.255.255.255")));
    let all = IpSet::new([network("::", 0)]);
    assert!(all.contains(ip("::")) && all.contains(ip("1.2.3.4")));
    assert!(!IpSet::default().contains(ip("1.2.3.4")) && IpSet::default().is_empty());
}
