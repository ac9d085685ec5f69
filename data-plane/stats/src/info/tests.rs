use super::*;

#[test]
fn uptimes() {
    for (ms, text) in [(0, "0d 0h00m00s"), (61_999, "0d 0h01m01s"), (93_784_000, "1d 2h03m04s")] {
        assert_eq!(uptime(ms).to_string(), text);
    }
}

#[test]
fn facts_are_in_the_order_of_their_numbers() {
    let facts = Facts { version: "1.2".to_owned(), ..Facts::default() };
    let info = Info::new(&Runtime::default(), &Report::default(), &facts);
    assert!(info.items.is_sorted_by_key(|item| item.position));
    assert!(info.text(false).starts_with("Name: Sluicegate\nVersion: 1.2\n"));
    assert!(info.items.iter().all(|item| item.name != "description"), "nobody wrote one");
    assert!(info.typed(true).starts_with("0.Name.1:POS:str:Sluicegate:\"Product name\"\n"));
    let first = r#"[{"field":{"pos":0,"name":"Name"},"processNum":1,"tags":{"origin":"Product","nature":"Output","scope":"Service"},"value":{"type":"str","value":"Sluicegate"}}"#;
    assert!(info.json().starts_with(first), "{}", info.json());
}
