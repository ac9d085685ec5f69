use super::*;

fn of(spoil: impl FnOnce(&mut v1::Cache)) -> Vec<String> {
    let mut cache = v1::Cache {
        total_bytes: 4 << 20,
        object_bytes: 1 << 20,
        max_age_s: 60,
        vary: true,
        max_variants: 10,
    };
    spoil(&mut cache);
    spoiled(resource(Kind::Cache, "small", "", Body::Cache(cache)), |_| {})
}

#[test]
fn caches_have_limits() {
    assert_eq!(of(|_| {}), [""; 0]);
    let found = of(|cache| (cache.total_bytes, cache.object_bytes) = (1 << 19, 1 << 10));
    assert_eq!(found, ["total_bytes is 524288, allowed is 1048576 to 4293918720"]);
    let found = of(|cache| cache.total_bytes = 4_096 << 20);
    assert_eq!(found, ["total_bytes is 4294967296, allowed is 1048576 to 4293918720"]);
    let found = of(|cache| cache.object_bytes = (2 << 20) + 1);
    assert_eq!(found, ["object_bytes is 2097153, allowed is 1 to 2097152"]);
    assert_eq!(of(|cache| cache.object_bytes = 0), ["object_bytes is 0, allowed is 1 to 2097152"]);
    assert_eq!(of(|cache| cache.max_age_s = 0), [""; 0]);
    let found = of(|cache| cache.max_age_s = u32::MAX);
    assert_eq!(found[0].split(',').next(), Some("max_age_s is 4294967295"));
    assert_eq!(of(|cache| cache.max_variants = 0), ["max_variants is 0, allowed is 1 to 10000"]);
}

#[test]
fn each_end_of_a_cache_has_its_list() {
    use v1::rule::Action::{StoreInCache, UseCache};
    let rule = |action| v1::Rule { when: None, action: Some(action) };
    let cache = || id(Kind::Cache, "small");
    let right = of_frontend(|frontend| {
        frontend.request_rules = vec![rule(UseCache(cache()))];
        frontend.response_rules = vec![rule(StoreInCache(cache()))];
    });
    assert_eq!(right, [""; 0]);
    let wrong = of_backend(|backend| {
        backend.request_rules = vec![rule(StoreInCache(cache()))];
        backend.response_rules = vec![rule(UseCache(cache()))];
    });
    let nothing = "what the rule does, in such a list means nothing here";
    assert_eq!(wrong, [format!("request rule 1: {nothing}"), format!("response rule 1: {nothing}")]);
}
