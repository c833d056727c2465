//! The documented sample: every trap, and exactly the outcomes that docs/FEEDS.md promises.

use super::*;
use std::collections::BTreeSet;

const SAMPLE: &[u8] = include_bytes!("../../../../../../docs/samples/milestones.csv");
const DOCUMENT: &str = include_str!("../../../../../../docs/FEEDS.md");

/// The rows of the table in the document whose first column has this title; backticks left out.
fn table(title: &str) -> Vec<Vec<String>> {
    let rows = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()
    };
    let mut lines = DOCUMENT.lines().skip_while(|line| !line.starts_with(&format!("| {title} |")));
    assert!(lines.next().is_some() && lines.next().is_some(), "{title}");
    lines.take_while(|line| line.starts_with('|')).map(rows).collect()
}

/// What the document promises of the sample: every line that is not simply recorded.
fn promised() -> Vec<Word> {
    let word = |row: Vec<String>| (row[0].parse().unwrap(), row[1].clone(), row[2].clone());
    table("line").into_iter().map(word).collect()
}

#[tokio::test]
async fn the_sample_imports_exactly_as_documented_and_a_second_time_changes_nothing() {
    let place = Place::new(true);
    let (tally, words) = place.import(SAMPLE).await;
    assert_eq!(words.len(), 200);
    let (recorded, mut rest): (Vec<Word>, Vec<Word>) =
        words.into_iter().partition(|word| word.1 == "recorded");
    // Lines that waited come last.
    rest.sort();
    assert_eq!(rest, promised());
    assert_eq!(tally.recorded, recorded.len() as u64);
    let said = format!(
        "{{\"recorded\":{},\"repeated\":{},\"held\":{},\"waiting\":{},\"rejected\":{}}}",
        tally.recorded, tally.repeated, tally.held, tally.waiting, tally.rejected
    );
    assert!(DOCUMENT.contains(&said), "the document shows another tally than {said}");

    let once = place.everything().await;
    let (again, words) = place.import(SAMPLE).await;
    assert_eq!(place.everything().await, once);
    let known = tally.recorded + tally.repeated + tally.held + tally.waiting;
    assert_eq!(again, Tally { repeated: known, rejected: tally.rejected, ..Tally::default() });
    assert!(DOCUMENT.contains(&format!("\"repeated\":{known}")));
    let rejected =
        |words: Vec<Word>| words.into_iter().filter(|word| word.1 == "rejected").collect::<Vec<_>>();
    assert_eq!(rejected(words), rejected(promised()));
}

#[tokio::test]
async fn every_outcome_of_the_sample_is_explained_in_the_document() {
    let explained: BTreeSet<String> = table("reason").into_iter().map(|row| row[0].clone()).collect();
    for (line, _, reason) in promised() {
        let word = reason.rsplit(": ").next().unwrap_or_default();
        assert!(word.is_empty() || explained.contains(word), "line {line}: {reason}");
    }
}

#[test]
fn every_example_of_the_document_stands_in_the_sample() {
    let text = std::str::from_utf8(SAMPLE).unwrap();
    for row in table("column") {
        assert!(text.contains(&row[3]), "{}: {}", row[0], row[3]);
    }
}

#[test]
fn the_mapping_and_the_table_of_codes_of_the_document_read() {
    let mut tables = DOCUMENT.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mapping = tables.find(|table| table.contains("record =")).unwrap();
    super::super::formats::Mapping::parse(mapping.as_bytes()).unwrap();
    let codes = tables.find(|table| table.contains("[steps]")).unwrap();
    super::super::codes::Codes::parse(codes.as_bytes()).unwrap();
}

#[test]
fn every_column_is_documented_and_stands_in_the_sample() {
    let documented: Vec<String> = table("column").into_iter().map(|row| row[0].clone()).collect();
    let mut reader = csv::Reader::from_reader(SAMPLE);
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(documented, header);
    let known: Vec<&str> = super::super::fields::Field::ALL.map(super::super::fields::Field::as_str).into();
    assert_eq!(documented, known);
}

#[test]
fn the_sample_names_nobody_real() {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(SAMPLE);
    let today = clock().today();
    for record in reader.records().map(Result::unwrap) {
        let typed = record.get(6).unwrap_or_default();
        let accepted = domain::number::Demonstration::Accepted;
        if let Ok(number) = domain::number::CitizenNumber::parse(typed, today, accepted) {
            assert_eq!(number.region(), domain::region::RegionCode::DEMONSTRATION);
        }
    }
}

#[test]
fn the_sample_holds_what_feeds_really_send() {
    let text = std::str::from_utf8(SAMPLE).unwrap();
    assert!(text.starts_with('\u{feff}') && text.contains("\r\n") && !text.ends_with('\n'));
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(SAMPLE);
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let column = |n: usize| records.iter().filter_map(move |record| record.get(n));
    let steps: BTreeSet<&str> = column(1).collect();
    let codes: toml::Table = toml::from_str(include_str!("../../../../../../data/codes.toml")).unwrap();
    for code in ["steps", "cards"].into_iter().flat_map(|list| codes[list].as_table().unwrap().keys()) {
        assert!(steps.contains(code.as_str()), "code {code}");
    }
    for trap in ["Ⅹ", "Х", "ｘ", "x"] {
        assert!(column(6).any(|number| number.contains(trap)), "{trap}");
    }
    for trap in ["·", "•", "・", "‧", ".", "𬭎"] {
        assert!(column(7).any(|name| name.contains(trap)), "{trap}");
    }
    assert!(column(7).any(|name| name.chars().count() == 50));
    assert!(column(8).any(|guardian| !guardian.is_empty()));
    assert!(column(4).any(str::is_empty));
    assert!(column(3).any(|at| at.contains('T') && at.len() == 15));
}
