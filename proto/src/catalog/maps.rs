use crate::v1::Match;

/// What `map_<match>_<output>` looks for, and what it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapSpec {
    /// How keys are compared.
    pub how: Match,
    /// Of the entry that was found.
    pub gives: Gives,
}

/// What of its entry a map gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// Its value, as text, number or address.
    Value,
    /// Its value, with `\0` to `\9` replaced by what the groups of its expression matched.
    Template,
    /// Its key.
    Key,
}

/// What a converter of this name looks up; `None` where it is no map.
pub fn map_spec(name: &str) -> Option<MapSpec> {
    let words = name.strip_prefix("map")?;
    let gives = match words {
        "_regm" => Gives::Template,
        _ if words.ends_with("_key") => Gives::Key,
        _ => Gives::Value,
    };
    let how = match words.split('_').nth(1) {
        None | Some("str" | "key") => Match::Str,
        Some("beg") => Match::Beg,
        Some("end") => Match::End,
        Some("sub") => Match::Sub,
        Some("dir") => Match::Dir,
        Some("dom") => Match::Dom,
        Some("reg" | "regm") => Match::Reg,
        Some("int") => Match::Int,
        Some("ip") => Match::Ip,
        Some(_) => return None,
    };
    Some(MapSpec { how, gives })
}
