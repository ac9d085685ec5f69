use super::*;

fn heard(line: &str) -> (Reply, String) {
    let outcome = hear(format!("{line}\n").as_bytes(), false).unwrap();
    (*outcome.reply.unwrap(), format!("{} {}", outcome.status.code(), outcome.info))
}

#[test]
fn words_in_any_order_and_case_between_spaces_commas_and_tabs() {
    let (reply, told) = heard(" UP,drain\t75% maxconn:30 # all\tis well");
    assert_eq!(reply.health, Some(Said::Up));
    assert_eq!(reply.admin, Some(Admin::Drain));
    assert_eq!((reply.weight_percent, reply.max_connections), (Some(75), Some(30)));
    assert_eq!(told, "L7OK via agent : up (all\tis well)");
    assert_eq!(heard("maxConn:0").0.max_connections, Some(0));
    assert_eq!(heard("10% ready 20% maint").0.weight_percent, Some(20));
    assert_eq!(heard("10% ready 20% maint").0.admin, Some(Admin::Maint));
}

#[test]
fn what_is_bad_is_bad_news_with_its_reason() {
    assert_eq!(heard("down").1, "L7STS via agent : down");
    assert_eq!(heard("stopped #for lunch").1, "L7STS via agent : stopped (for lunch)");
    assert_eq!(heard("fail foo").1, "L7STS via agent : fail (foo)");
    assert_eq!(heard("fail foo # why").1, "L7STS via agent : fail (why)");
    assert_eq!(heard("up foo # why").1, "L7OK via agent : up (foo)");
}

#[test]
fn what_says_nothing_of_health_changes_none() {
    assert_eq!(heard("").1, "CHECKED ");
    assert_eq!(heard("50%").1, "CHECKED ");
    assert_eq!(heard("foo bar").1, "CHECKED agent reports an error : foo");
    assert_eq!(heard("5%0").1, "CHECKED agent warns : Trailing garbage in weight string");
    assert_eq!(heard("maxconn:").1, "CHECKED agent warns : maxconn string empty or preceded by garbage");
    assert_eq!(heard("maxconn:1x").1, "CHECKED agent warns : Trailing garbage in maxconn string");
    assert_eq!(heard("99999999999%").0.weight_percent, Some(u32::MAX));
}

#[test]
fn a_line_counts_once_it_has_ended() {
    assert_eq!(hear(b"dow", false), None);
    assert_eq!(hear(b"down\rup\n", false).unwrap().status, Status::L7Status);
    let cut = hear(b"down", true).unwrap();
    assert_eq!((cut.status, cut.reply), (Status::NoChange, None));
    assert_eq!(cut.info, "Ignoring incomplete line from agent");
}
