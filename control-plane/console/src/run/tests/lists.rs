//! Lists of patterns.

use super::*;

fn edits(list: &str, edits: Edits) -> Vec<(ObjectKey, Value)> {
    vec![(key(Kind::Patterns, list), Value::Patterns(edits))]
}

#[test]
fn lists_are_shown_and_asked() {
    let bench = Bench::new(&[]);
    for (line, answer) in [
        (
            "show acl",
            "# id (file) description\n0 (bad.lst) pattern loaded from file 'bad.lst' used by acl at file 'h.cfg' \
             line 3. curr_ver=0 next_ver=0 entry_cnt=2\n",
        ),
        (
            "show map",
            "# id (file) description\n1 (nets.map) pattern loaded from file 'nets.map' used by map at file 'h.cfg' \
             line 3. curr_ver=0 next_ver=0 entry_cnt=2\n",
        ),
        ("show acl bad.lst", "0x1 /a\n0x2 /B\n"),
        ("show map #1", "0x1 10.0.0.0/8 1\n0x2 10.1.0.0/16 2\n"),
        ("show map bad.lst", "Unknown map identifier. Please use #<id> or <file>.\n"),
        ("show map #7", "Unknown map identifier. Please use #<id> or <file>.\n"),
        (
            "get acl bad.lst /ab",
            "type=beg, case=sensitive, match=yes, idx=tree, pattern=\"/a\"\n\
             type=sub, case=insensitive, match=yes, idx=list, pattern=\"/a\"\n",
        ),
        (
            "get acl bad.lst x/b",
            "type=beg, case=sensitive, match=no\n\
             type=sub, case=insensitive, match=yes, idx=list, pattern=\"/B\"\n",
        ),
        (
            "get map nets.map 10.1.2.3",
            "type=ip, case=sensitive, found=yes, idx=tree, key=\"10.1.0.0/16\", value=\"2\", type=\"sint\"\n",
        ),
        ("get map nets.map x", "type=ip, case=sensitive, found=no\n"),
    ] {
        assert_eq!(bench.says(line), answer, "{line}");
    }
}

#[test]
fn lists_are_changed() {
    let bench = Bench::new(&[]);
    let sets = |line: &str| bench.sets(line).0;
    assert_eq!(sets("add acl bad.lst /c"), edits("bad.lst", Edits::add([(&b"/c"[..], &b""[..])])));
    assert_eq!(sets("del acl #0 /a"), edits("bad.lst", Edits::remove(b"/a")));
    assert_eq!(sets("del acl bad.lst #0x2"), edits("bad.lst", Edits::remove(b"/B")));
    assert_eq!(sets("clear acl bad.lst"), edits("bad.lst", Edits::clear()));
    assert_eq!(sets("set map nets.map 10.0.0.0/8 9"), edits("nets.map", Edits::change(b"10.0.0.0/8", b"9")));
    let added = Edits::add([(&b"1.2.3.4"[..], &b"7"[..]), (&b"::/0"[..], &b"8"[..])]);
    let payload = "add map nets.map <<\n 1.2.3.4 7\n::/0   8 \n";
    assert_eq!(sets(payload), edits("nets.map", added));
    for (line, answer) in [
        ("add acl bad.lst", "'add acl' expects two parameters: ACL identifier and pattern.\n"),
        (
            "add acl nets.map 1.1.1.1",
            "This ACL is shared with a map containing samples. You must use the command 'add map' to add values.\n",
        ),
        ("add map nets.map x 1", "'x' is not a valid IPv4 or IPv6 address.\n"),
        ("add map nets.map ::1 x", "unable to parse 'x'.\n"),
        ("add map nets.map <<\n::1\n", "Missing value for key '::1'.\n"),
        ("set map nets.map 9.9.9.9 1", "entry not found.\n"),
        (
            "set map nets.map 10.0.0.0/8",
            "'set map' expects three parameters: map identifier, key and value.\n",
        ),
        ("set map nets.map 10.0.0.0/8 x", "unable to parse 'x'.\n"),
        ("del acl bad.lst /zz", "Key not found.\n"),
        ("del acl bad.lst #0x9", "Key not found.\n"),
        ("del map nets.map", "This command expects two parameters: map identifier and key.\n"),
        ("get acl bad.lst", "Missing ACL identifier and/or key.\n"),
    ] {
        assert_eq!(bench.says(line), answer, "{line}");
    }
    let changed = Edits::remove(b"/a");
    let bench = Bench::new(
        &[edits("bad.lst", changed), edits("bad.lst", Edits::add([(&b"/n"[..], &b""[..])]))].concat(),
    );
    assert_eq!(bench.says("show acl bad.lst"), "0x2 /B\n0x100000000 /n\n");
}

#[test]
fn versions_of_a_list_are_made_ready_apart_from_it() {
    let mut bench = Bench::new(&[]);
    let nets = key(Kind::Patterns, "nets.map");
    let added = || Edits::add([(&b"10.2.0.0/16"[..], &b"7"[..])]);
    assert_eq!(bench.outcome("prepare map nets.map"), Outcome::Prepare(nets.clone()));
    for (line, answer) in [
        ("prepare map nope", "Unknown map identifier. Please use #<id> or <file>.\n"),
        ("prepare map", "Unknown map identifier. Please use #<id> or <file>.\n"),
        ("commit map", "Missing version number.\n"),
        ("commit map nets.map", "Missing version number.\n"),
        ("commit map @1", "Missing map identifier.\n"),
        ("commit acl @1", "Missing ACL identifier.\n"),
        ("commit map @1 nets.map", "Version number out of range.\n"),
        ("add map @1 nets.map a b", "Version number in the future, please use 'prepare map' before.\n"),
        ("add acl @1 bad.lst a", "Version number in the future, please use 'prepare acl' before.\n"),
        ("show map @1 nets.map", ""),
        ("del map @1 nets.map 10.1.0.0/16", "Unknown map identifier. Please use #<id> or <file>.\n"),
    ] {
        assert_eq!(bench.says(line), answer, "{line}");
    }
    assert_eq!(bench.versions.prepare(&nets), Ok(1));
    let edit = |edits| Outcome::Edit(nets.clone(), 1, edits);
    assert_eq!(bench.outcome("add map @1 nets.map 10.2.0.0/16 7"), edit(added()));
    assert_eq!(bench.outcome("clear map @1 nets.map"), edit(Edits::clear()));
    assert_eq!(bench.says("add map @1 nets.map x 7"), "'x' is not a valid IPv4 or IPv6 address.\n");
    bench.versions.edit(&nets, 1, &added()).unwrap();
    assert_eq!(bench.says("show map @1 nets.map"), "0x1 10.2.0.0/16 7\n");
    assert_eq!(bench.says("show map @0 nets.map"), bench.says("show map nets.map"));
    assert!(bench.says("show map").contains(" curr_ver=0 next_ver=1 entry_cnt=3\n"));
    assert_eq!(bench.outcome("commit map @1 nets.map"), Outcome::Commit(nets.clone(), 1));
    bench.versions.commit(&nets, 1);
    assert!(bench.says("show map").contains(" curr_ver=1 next_ver=1 entry_cnt=2\n"));
    assert_eq!(bench.says("commit map @1 nets.map"), "Version number out of range.\n");
    assert_eq!(bench.says("show map @1 nets.map"), bench.says("show map nets.map"), "it is in force");
    assert_eq!(bench.says("show map @0 nets.map"), "", "it was once");
}
