use super::*;

fn plain(function: Function, key: &str) -> u32 {
    Hashing { function, avalanche: false }.of(key.as_bytes())
}

/// Published values; what HAProxy makes of keys is compared in `tests/haproxy`.
#[test]
fn functions_are_those_of_their_names() {
    assert_eq!(plain(Function::Crc32, "123456789"), 0xcbf4_3926);
    assert_eq!(plain(Function::Djb2, ""), 5381);
    assert_eq!(plain(Function::Djb2, "a"), 5381 * 33 + 97);
    assert_eq!(plain(Function::Sdbm, "ab"), 97 * 65_599 + 98);
}

#[test]
fn a_number_is_read_up_to_what_is_none() {
    assert_eq!(plain(Function::Number, "4294967297x9"), 1);
    assert_eq!(plain(Function::Number, "x9"), 0);
    assert_eq!(plain(Function::Number, ""), 0);
}

#[test]
fn an_address_is_the_sum_of_its_words() {
    let hashing = Hashing::by_default(false);
    assert_eq!(hashing.of_source("10.0.0.1".parse().unwrap()), 0x0a00_0001);
    assert_eq!(
        hashing.of_source("1:2:3:4:5:6:7:8".parse().unwrap()),
        0x0001_0002 ^ 0x0003_0004 ^ 0x0005_0006 ^ 0x0007_0008
    );
}
