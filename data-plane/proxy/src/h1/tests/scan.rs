use proptest::prelude::*;

use crate::h1::scan::{
    is_field_value, is_target, is_token, is_value, list, plain_name_end, same_token, target_end, token_end,
    value_end,
};

/// Compares the word-wise searches with the byte classes.
fn check(bytes: &[u8], from: usize) {
    let naive = |class: fn(u8) -> bool| {
        bytes.iter().skip(from).position(|&byte| !class(byte)).map_or(bytes.len(), |at| from + at)
    };
    assert_eq!(token_end(bytes, from), naive(is_token), "{}", bytes.escape_ascii());
    assert_eq!(target_end(bytes, from), naive(is_target), "{}", bytes.escape_ascii());
    assert_eq!(value_end(bytes, from), naive(is_value), "{}", bytes.escape_ascii());
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    assert_eq!(plain_name_end(bytes, from), naive(is_plain), "{}", bytes.escape_ascii());
}

#[test]
fn every_pair_of_bytes_is_classed_right_in_every_place() {
    for first in 0..=u8::MAX {
        for second in 0..=u8::MAX {
            let mut bytes = *b"aZ-mNy-qrstuAbCdEfGhIjK";
            let at = usize::from(first ^ second) % 22;
            (bytes[at], bytes[at + 1]) = (first, second);
            check(&bytes, 0);
            check(&bytes, 3);
        }
    }
}

#[test]
fn classes_are_those_of_the_rfcs() {
    let of = |class: fn(u8) -> bool| (0..=u8::MAX).filter(|&byte| class(byte)).count();
    // 62 letters and digits and 15 others; printable ASCII without `#`; 256 less 31 controls and DEL.
    assert_eq!((of(is_token), of(is_target), of(is_value)), (77, 93, 224));
    assert!(is_field_value(b"a\tb \xff") && !is_field_value(b"a\r\nb"));
}

#[test]
fn lists_leave_out_empty_members() {
    assert_eq!(list(b" a,, b\t, ,c d").collect::<Vec<_>>(), [&b"a"[..], b"b", b"c d"]);
    assert_eq!(list(b"").count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn searches_agree_with_the_classes(bytes in prop::collection::vec(any::<u8>(), 0..40), from in 0..40usize) {
        check(&bytes, from.min(bytes.len()));
    }

    #[test]
    fn tokens_are_compared_without_case(token in "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}", known in "[0-9a-z-]{1,20}") {
        prop_assert_eq!(same_token(token.as_bytes(), known.as_bytes()), token.eq_ignore_ascii_case(&known));
        prop_assert!(same_token(known.to_uppercase().as_bytes(), known.as_bytes()));
    }
}
