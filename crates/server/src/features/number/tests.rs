//! What is said about a number, one JSON line each.

use super::cli::check;
use crate::testing::day;
use domain::region::Regions;
use serde_json::{Value, json};

/// What is said about each line of the input.
fn said(input: &[u8]) -> Vec<Value> {
    let mut output = Vec::new();
    check(&[], day("2026-03-25"), &Regions::built_in().unwrap(), input, &mut output).unwrap();
    let lines = String::from_utf8(output).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_right_number_is_told_whole() {
    let said = said("１１０１０５-19491231 002ｘ\n".as_bytes());
    let told = json!({
        "input": "１１０１０５-19491231 002ｘ", "valid": true, "kind": "citizen", "number": "11010519491231002X",
        "birth_date": "1949-12-31", "sex": "female", "region": ["北京市", "朝阳区"], "warnings": [], "error": null,
    });
    assert_eq!(said, [told]);
}

#[test]
fn a_number_out_of_use_is_not_valid_and_still_explained() {
    let [old]: [Value; 1] = said(b"110105491231002\n").try_into().unwrap();
    assert_eq!((&old["valid"], &old["number"]), (&json!(false), &json!("11010519491231002X")));
    assert_eq!((&old["warnings"], &old["error"]), (&json!(["fifteen_digits"]), &json!("length")));
}

#[test]
fn every_line_has_its_word_whatever_stands_in_it() {
    let said = said(b"\xFF\xFE\n\n\r\n11010519491231002X\r\n11010519491231002X");
    let errors: Vec<_> = said.iter().map(|line| line["error"].as_str().unwrap_or("none")).collect();
    assert_eq!(errors, ["length", "empty", "empty", "none", "none"]);
    assert_eq!(said[0]["input"], "\u{FFFD}\u{FFFD}");
}

#[test]
fn an_invented_number_is_told_as_such_and_has_no_place() {
    let number = domain::number::CitizenNumber::from_parts(
        domain::region::RegionCode::DEMONSTRATION,
        day("1990-03-07"),
        1,
    );
    let [said]: [Value; 1] = said(number.unwrap().as_str().as_bytes()).try_into().unwrap();
    assert_eq!((&said["valid"], &said["region"]), (&json!(true), &Value::Null));
    assert_eq!(said["warnings"], json!(["demonstration"]));
}
