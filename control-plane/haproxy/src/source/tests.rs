use super::*;

#[test]
fn lines_and_columns_count_from_one_in_characters() {
    let map = SourceMap::of("a.cfg", "é1\nxéy\n\n");
    let source = &map.sources()[0];
    let at = |offset| (source.position(offset).line, source.position(offset).column);
    assert_eq!(at(0), (1, 1));
    assert_eq!(at(2), (1, 2));
    assert_eq!(at(4), (2, 1));
    assert_eq!(at(7), (2, 3), "the two bytes of é are one column");
    assert_eq!(at(6), (2, 2), "within é is é");
    assert_eq!(at(9), (3, 1));
    assert_eq!(at(10_000), (4, 1), "past the end is the end");
}

#[test]
fn a_line_is_without_its_end() {
    let map = SourceMap::of("a.cfg", "one\r\ntwo");
    let source = &map.sources()[0];
    assert_eq!(&source.text()[source.line_range(1)], "one");
    assert_eq!(&source.text()[source.line_range(6)], "two");
}

#[test]
fn a_byte_order_mark_is_no_text() {
    let mut map = SourceMap::default();
    map.add("a.cfg", b"\xef\xbb\xbfglobal");
    assert_eq!(map.sources()[0].text(), "global");
    assert_eq!(map.sources()[0].defects(), []);
}

#[test]
fn bytes_that_are_no_text_stay_what_they_are() {
    let mut map = SourceMap::default();
    map.add("a.cfg", b"a\0\0\n\xff\xfe\nfine\n\xe9");
    let source = &map.sources()[0];
    assert_eq!(source.defects(), [Defect::Nul { at: 1 }]);
    assert!(source.is_raw());
    assert_eq!(*raw::bytes(source.text()), *b"a\0\0\n\xff\xfe\nfine\n\xe9");
}

#[test]
fn defects_are_bounded() {
    let mut map = SourceMap::default();
    map.add("a.cfg", &b"\0\n".repeat(1000));
    assert_eq!(map.sources()[0].defects().len(), MAX_DEFECTS);
}

#[test]
fn a_file_that_is_too_large_is_not_kept() {
    let mut map = SourceMap::default();
    map.add("a.cfg", &vec![b'#'; MAX_FILE_BYTES + 1]);
    assert_eq!(map.sources()[0].text(), "");
    assert_eq!(map.sources()[0].defects(), [Defect::TooLarge { bytes: MAX_FILE_BYTES + 1 }]);
    map.add("b.cfg", &vec![b'#'; MAX_FILE_BYTES]);
    assert_eq!(map.sources()[1].defects(), []);
}

#[test]
fn a_place_of_another_map_is_nowhere() {
    let mut map = SourceMap::of("a.cfg", "one");
    let second = map.add("b.cfg", b"two");
    let span = Span::new(second, 0..3);
    assert_eq!(map.text(span), "two");
    assert_eq!(SourceMap::of("a.cfg", "one").text(span), "");
    assert_eq!(SourceMap::of("a.cfg", "one").locate(span), None);
}
