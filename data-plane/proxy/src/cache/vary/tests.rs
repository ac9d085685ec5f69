use super::*;

fn taken(lines: &[&str]) -> Option<u16> {
    accepted(lines.iter().map(|line| line.as_bytes()))
}

fn of(name: &str) -> u16 {
    bit(name.as_bytes()).unwrap()
}

#[test]
fn requests_name_what_they_take() {
    assert_eq!(taken(&[]), Some(ALL));
    assert_eq!(taken(&[""]), Some(IDENTITY));
    assert_eq!(taken(&["gzip, BR;q=0.5", "zstd"]), Some(IDENTITY | of("gzip") | of("br") | of("zstd")));
    assert_eq!(taken(&["x-gzip;q=0, deflate"]), Some(IDENTITY | of("deflate")));
    assert_eq!(taken(&["identity;q=0, gzip"]), Some(of("gzip")));
    assert_eq!(taken(&["*"]), Some(ALL));
    assert_eq!(taken(&["*, gzip;q=0"]), Some(ALL & !of("gzip")));
    assert_eq!(taken(&["br, *;q=0"]), Some(of("br")));
    assert_eq!(taken(&["unheard-of"]), Some(IDENTITY));
    assert_eq!(taken(&["a,b,c,d,e,f,g,h,i,j,k,l,m,n,o"]), Some(IDENTITY));
    assert_eq!(taken(&["a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p"]), None);
}

#[test]
fn responses_have_codings_that_are_known() {
    let of_lines = |lines: &[&str]| coding(lines.iter().map(|line| line.as_bytes()));
    assert_eq!(of_lines(&[]), Some(IDENTITY));
    assert_eq!(of_lines(&["gzip", "br"]), Some(of("gzip") | of("br")));
    assert_eq!(of_lines(&["gzip, unheard-of"]), None);
}

#[test]
fn what_responses_vary_by_is_known_or_not() {
    let vary = |line: &str| Vary::of([line.as_bytes()].into_iter());
    assert_eq!(vary(""), Some(Vary::default()));
    assert_eq!(vary("accept-encoding"), Some(Vary { encoding: true, ..Vary::default() }));
    assert_eq!(vary("Origin, REFERER"), Some(Vary { referer: true, origin: true, encoding: false }));
    assert_eq!(vary("Accept-Encoding, Cookie"), None);
    assert_eq!(vary("*"), None);
}
