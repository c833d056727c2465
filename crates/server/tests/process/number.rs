//! `jindu number check`: every vector of the design, typed and from a pipe.

use crate::running::{ended, fed, jindu};
use serde_json::{Value, json};

const VALID: [(&str, &str); 12] = [
    ("11010519491231002X", "female"),
    ("440524188001010014", "male"),
    ("34052419800101001X", "male"),
    ("310112198504095227", "female"),
    ("51020019700101001X", "male"),
    ("513001198506150029", "female"),
    ("110103200012310011", "male"),
    ("429004199911111119", "male"),
    ("441900200002290012", "male"),
    ("330113202201010010", "male"),
    ("659012202306300015", "male"),
    ("110102200002290014", "male"),
];
const OTHER_DOCUMENTS: [(&str, &str); 4] = [
    ("810000199408230021", "residence_permit"),
    ("820000199505120037", "residence_permit"),
    ("830000199201300022", "residence_permit"),
    ("910344200012311230", "foreigner"),
];
const INVALID: [(&str, &str); 6] = [
    ("110101199002290012", "date"),
    ("11010519491231002A", "character"),
    ("1101051949123100", "length"),
    ("11010519491231000X", "check"),
    ("身份证号码身", "length"),
    ("11010519491231002X中", "length"),
];
const OLD: [(&str, &str); 2] =
    [("110105491231002", "11010519491231002X"), ("632123820927051", "632123198209270518")];

fn all() -> Vec<&'static str> {
    let two = VALID.iter().chain(&OTHER_DOCUMENTS).chain(&INVALID).chain(&OLD);
    two.map(|(number, _)| *number).collect()
}

fn lines(output: &[u8]) -> Vec<Value> {
    output
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

#[test]
fn every_vector_is_judged_as_the_norm_says() {
    let output = ended(jindu().args(["number", "check"]).args(all()));
    assert!(output.status.success());
    let said = lines(&output.stdout);
    let inputs: Vec<&str> = said.iter().map(|line| line["input"].as_str().unwrap()).collect();
    assert_eq!(inputs, all());
    let (valid, rest) = said.split_at(VALID.len());
    let (others, rest) = rest.split_at(OTHER_DOCUMENTS.len());
    let (invalid, old) = rest.split_at(INVALID.len());
    for (line, (number, sex)) in valid.iter().zip(VALID) {
        assert_eq!(
            (&line["valid"], &line["kind"], &line["error"]),
            (&json!(true), &json!("citizen"), &Value::Null),
            "{number}"
        );
        assert_eq!((&line["number"], &line["sex"]), (&json!(number), &json!(sex)));
        let birth = format!("{}-{}-{}", &number[6..10], &number[10..12], &number[12..14]);
        assert_eq!(line["birth_date"], json!(birth));
    }
    for (line, (number, kind)) in others.iter().zip(OTHER_DOCUMENTS) {
        assert_eq!((&line["valid"], &line["kind"]), (&json!(true), &json!(kind)), "{number}");
    }
    for (line, (number, error)) in invalid.iter().zip(INVALID) {
        assert_eq!((&line["valid"], &line["error"]), (&json!(false), &json!(error)), "{number}");
    }
    for (line, (number, upgraded)) in old.iter().zip(OLD) {
        assert_eq!((&line["valid"], &line["number"]), (&json!(false), &json!(upgraded)), "{number}");
        assert_eq!(line["warnings"], json!(["fifteen_digits"]));
    }
}

#[test]
fn a_pipe_is_told_the_same_line_by_line() {
    let typed = ended(jindu().args(["number", "check"]).args(all()));
    for ending in ["\n", "\r\n"] {
        let piped = fed(jindu().args(["number", "check"]), all().join(ending).as_bytes());
        assert_eq!(lines(&piped.stdout), lines(&typed.stdout));
    }
}

#[test]
fn broken_text_in_a_pipe_gets_its_line_and_the_rest_goes_on() {
    let mut input = b"\xFF\xFE\x80\n1101051949\xC3\n\0\n".to_vec();
    input.extend(b"11010519491231002X\n");
    let output = fed(jindu().args(["number", "check"]), &input);
    assert!(output.status.success());
    let valid: Vec<bool> =
        lines(&output.stdout).iter().map(|line| line["valid"].as_bool().unwrap()).collect();
    assert_eq!(valid, [false, false, false, true]);
}

#[test]
fn a_long_list_is_answered_to_its_end() {
    let list = [all().join("\n"), "\n".to_owned()].concat().repeat(200);
    let output = fed(jindu().args(["number", "check"]), list.as_bytes());
    assert_eq!(lines(&output.stdout).len(), all().len() * 200);
}
