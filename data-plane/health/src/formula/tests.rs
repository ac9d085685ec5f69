use super::*;

fn text(bytes: usize) -> Value {
    Value::Text(vec![b'x'; bytes].into())
}

#[test]
fn what_variables_hold_is_bounded() {
    let mut variables = Variables::default();
    variables.set("a", text(MAX_VARIABLE_BYTES / 2), &[]);
    variables.set("b", text(MAX_VARIABLE_BYTES / 2), &[]);
    assert!(variables.get("a").is_some() && variables.get("b").is_none());
    variables.unset("a");
    assert_eq!(variables.get("a"), None);
    variables.set("b", text(MAX_VARIABLE_BYTES / 2), &[]);
    assert!(variables.get("b").is_some());
    // In its place there is room for as much again.
    variables.set("b", text(MAX_VARIABLE_BYTES / 2 + 9), &[]);
    assert_eq!(variables.get("b"), Some(&text(MAX_VARIABLE_BYTES / 2 + 9)));
    variables.unset("b");
    assert_eq!(variables, Variables::default());
}
