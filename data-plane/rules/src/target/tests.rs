use super::*;

fn path_of(target: &str) -> Option<&str> {
    path(target.as_bytes()).map(|path| std::str::from_utf8(path).unwrap())
}

#[test]
fn paths_of_every_form() {
    assert_eq!(path_of("/a/b?c=/d"), Some("/a/b"));
    assert_eq!(path_of("/"), Some("/"));
    assert_eq!(path_of("//host/x"), Some("//host/x"));
    assert_eq!(path_of("http://host:80/a?b"), Some("/a"));
    assert_eq!(path_of("http://host"), None);
    assert_eq!(path_of("http://host?x=/y"), None);
    assert_eq!(path_of("*"), None);
    assert_eq!(path_of("host:443"), None);
    assert_eq!(path_of(""), None);
    assert_eq!(path_and_query(b"http://h/a?b#c"), Some(&b"/a?b#c"[..]));
}

#[test]
fn queries() {
    assert_eq!(query(b"/a?b=c?d"), Some(&b"b=c?d"[..]));
    assert_eq!(query(b"/a?"), Some(&b""[..]));
    assert_eq!(query(b"/a"), None);
}

#[test]
fn parameters_between_their_delimiters() {
    let all = |target: &'static str, name: &'static str, delimiter| -> Vec<String> {
        let values = parameters(target.as_bytes(), name.as_bytes(), delimiter);
        values.map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    };
    assert_eq!(all("/p?a=1&b=2;a=3", "a", b'?'), ["1", "3"]);
    assert_eq!(all("/p?aa=1&xa=2&a", "a", b'?'), Vec::<String>::new());
    assert_eq!(all("/p?a=", "a", b'?'), [""]);
    assert_eq!(all("/p;a=1;b=2?c=3", "b", b';'), ["2?c=3"]);
    assert_eq!(all("/p", "a", b'?'), Vec::<String>::new());
}
