use super::*;

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    names.collect::<Vec<_>>().windows(2).all(|pair| pair[0] < pair[1])
}

#[test]
fn tables_are_sorted_and_unique() {
    assert!(sorted(FETCHES.iter().map(|spec| spec.name)));
    assert!(sorted(CONVERTERS.iter().map(|spec| spec.name)));
    assert!(sorted(ALIASES.iter().map(|spec| spec.name)));
}

#[test]
fn required_arguments_stand_first() {
    let lists = FETCHES.iter().map(|f| f.arguments).chain(CONVERTERS.iter().map(|c| c.arguments));
    for arguments in lists {
        assert!(arguments.windows(2).all(|pair| pair[0].required || !pair[1].required), "{arguments:?}");
    }
}

#[test]
fn canonical_names_are_canonical() {
    for spec in FETCHES {
        let canonical = fetch(spec.canonical).unwrap();
        assert_eq!(canonical.name, canonical.canonical);
        assert_eq!(canonical.arguments, spec.arguments);
    }
}

#[test]
fn suffixes_stand_for_matches() {
    let (spec, how) = matched_fetch("path_beg").unwrap();
    assert_eq!((spec.name, how), ("path", Match::Beg));
    let (spec, how) = matched_fetch("hdr_dom").unwrap();
    assert_eq!((spec.canonical, how), ("req.hdr", Match::Dom));
    assert!(matched_fetch("src_beg").is_none());
    assert!(matched_fetch("hdr_cnt").is_none());
    assert!(matched_fetch("path").is_none());
    for base in SUFFIXED {
        assert!(matched_fetch(&format!("{base}_reg")).is_some(), "{base}");
    }
}

#[test]
fn built_in_formats_use_known_aliases() {
    for format in [HTTP_LOG, TCP_LOG, CONNECT_LOG_HTTP, CONNECT_LOG_TCP] {
        for piece in format.split('%').skip(1) {
            let name = piece.split_once('}').map_or(piece, |(_, name)| name);
            let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
            assert!(alias(&name[..end]).is_some(), "%{} in {format}", &name[..end]);
        }
    }
}

#[test]
fn every_converter_with_a_map_says_what_it_looks_for() {
    for spec in CONVERTERS {
        let takes_map = spec.arguments.iter().any(|argument| argument.kind == ArgumentType::Map);
        assert_eq!(map_spec(spec.name).is_some(), takes_map, "{}", spec.name);
    }
    let of = |name| map_spec(name).map(|spec| (spec.how, spec.gives));
    assert_eq!(of("map"), Some((Match::Str, Gives::Value)));
    assert_eq!(of("map_beg_key"), Some((Match::Beg, Gives::Key)));
    assert_eq!(of("map_regm"), Some((Match::Reg, Gives::Template)));
    assert_eq!(of("map_ip_ip"), Some((Match::Ip, Gives::Value)));
}
