//! Files as people make them: marks, line ends, quotes, and what is no feed's file at all.

use super::*;
use crate::features::feeds::codes::Codes;
use crate::features::feeds::fields::{Field, Fields};
use crate::features::feeds::line::{Reading, parse};

async fn outcomes(place: &Place, bytes: &[u8]) -> Vec<(u64, String)> {
    let (_, words) = place.import(bytes).await;
    words.into_iter().map(|(number, outcome, reason)| (number, format!("{outcome} {reason}"))).collect()
}

fn told(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
    expected.iter().map(|(number, words)| (*number, (*words).to_owned())).collect()
}

async fn refused(bytes: &[u8]) -> String {
    let place = Place::new(true);
    let error = place.try_import(bytes).await.err().unwrap().to_string();
    assert!(place.applications().await.is_empty());
    error
}

#[tokio::test]
async fn a_mark_at_the_front_and_any_line_ends_make_no_difference() {
    for mark in ["", "\u{feff}"] {
        for end in ["\n", "\r\n"] {
            for quoted in [HEADER.to_owned(), format!("\"{}\"", HEADER.replace(',', "\",\""))] {
                let place = Place::new(true);
                let file = format!("{mark}{quoted}{end}{ACCEPTED}{end}{end}{SIGNED}");
                let said = outcomes(&place, file.as_bytes()).await;
                assert_eq!(said, told(&[(2, "recorded "), (4, "recorded ")]), "{mark:?} {end:?} {quoted}");
            }
        }
    }
}

#[tokio::test]
async fn columns_stand_in_any_order_and_case() {
    let place = Place::new(true);
    let file = "Event_ID, STEP ,happened_at,organ,Receipt_Number,name,reason,applied_on,citizen_number\n\
                E-1,00,2026-01-05 09:00,119900001,1199000012026010500001,王小明,expired,2026-01-05,119900198001010016\n";
    assert_eq!(outcomes(&place, file.as_bytes()).await, told(&[(2, "recorded ")]));
}

#[tokio::test]
async fn a_first_line_that_does_not_name_the_columns_is_refused_by_name() {
    let said = refused(format!("{HEADER},phone\n{ACCEPTED},1\n").as_bytes()).await;
    assert!(said.contains("line 1") && said.contains("column 10, \"phone\", is unknown"), "{said}");
    // Without its titles the first line names a person, whom no mail and no log shall name.
    for first in [ACCEPTED.to_owned(), ACCEPTED.split(',').rev().collect::<Vec<_>>().join(",")] {
        let said = refused(format!("{first}\n{SIGNED}\n").as_bytes()).await;
        let named = ["1199", "王小明", "E-1"].into_iter().any(|part| said.contains(part));
        assert!(said.contains("column 1") && !named, "{said}");
        assert!(said.contains("must name receipt_number, step, organ, happened_at"), "{said}");
    }
    let said = refused(format!("{HEADER},step\n{ACCEPTED},00\n").as_bytes()).await;
    assert!(said.contains("\"step\" is there twice"), "{said}");
    let said = refused(b"receipt_number,step,happened_at\n").await;
    assert!(said.contains("\"organ\" is missing"), "{said}");
    let said = refused(HEADER.replace(',', ";").as_bytes()).await;
    assert!(said.contains("is unknown"), "{said}");
    // As a spreadsheet saves "Unicode text".
    let utf16: Vec<u8> = format!("\u{feff}{HEADER}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(refused(&utf16).await.contains("not_utf8"));
}

#[tokio::test]
async fn an_empty_file_is_refused_and_a_file_of_only_the_first_line_is_done() {
    for empty in ["", "\u{feff}", "\n\r\n  \n"] {
        assert!(refused(empty.as_bytes()).await.contains("the file is empty"), "{empty:?}");
    }
    let place = Place::new(true);
    assert_eq!(place.import(HEADER.as_bytes()).await, (Tally::default(), vec![]));
}

#[tokio::test]
async fn line_numbers_are_those_of_the_file() {
    let place = Place::new(true);
    let in_quotes = "\"1199000012026010500001\n\",13,\"119900900\n\n\",2026-01-08 09:00,E-2,,,,";
    let bad = "x,13,119900900,2026-01-08 09:00,E-3,,,,";
    let file = format!("\n{HEADER}\r\n\r\n{ACCEPTED}\r\n{in_quotes}\n\n{bad}\n");
    let expected = [(4, "recorded "), (5, "recorded "), (10, "rejected receipt_number: length")];
    assert_eq!(outcomes(&place, file.as_bytes()).await, told(&expected));
}

#[tokio::test]
async fn a_line_that_is_no_text_is_rejected_alone() {
    let place = Place::new(true);
    // A name in GBK, as an older program writes it.
    let mut file = format!("{HEADER}\n{ACCEPTED}\n").into_bytes();
    file.extend_from_slice(
        b"1199000012026010500002,00,119900001,2026-01-05,E-9,119900198001010035,\xcd\xf5,,\n",
    );
    file.extend_from_slice(SIGNED.as_bytes());
    let expected = [(2, "recorded "), (3, "rejected not_utf8"), (4, "recorded ")];
    assert_eq!(outcomes(&place, &file).await, told(&expected));
}

#[tokio::test]
async fn a_line_with_too_few_or_too_many_cells_is_rejected_alone() {
    let place = Place::new(true);
    let (few, many, far_too_many) = ("a,b", format!("{SIGNED},"), ",".repeat(5_000));
    let file = [HEADER, few, ACCEPTED, &many, &far_too_many, ",,,,,,,,", SIGNED].join("\n");
    let columns = "rejected number_of_columns";
    let empty = "rejected receipt_number: empty";
    let expected = [(2, columns), (3, "recorded "), (4, columns), (5, columns), (6, empty), (7, "recorded ")];
    assert_eq!(outcomes(&place, file.as_bytes()).await, told(&expected));
}

#[tokio::test]
async fn a_stray_quote_swallows_no_other_line() {
    let stray = "1199000012026010500001,\"13,119900900,2026-01-08 09:00,E-8,,,,";
    let at_the_end = "1199000012026010500001,20,119900900,2026-01-09 09:00,E-9,,,,\"";
    let closing = "\"1199000012026010500001\",21,119900900,2026-01-10 09:00,E-10,,,,\"\"";
    for (line, number) in [(stray, 3), (at_the_end, 3)] {
        let place = Place::new(true);
        // Before quoted lines, where the next quote closes it, and before plain ones to the end of the file.
        for rest in [format!("{closing}\n{SIGNED}"), format!("{SIGNED}\n{}", "\n".repeat(40))] {
            let said = outcomes(&place, format!("{HEADER}\n{ACCEPTED}\n{line}\n{rest}\n").as_bytes()).await;
            let rejected: Vec<u64> =
                said.iter().filter(|(_, word)| word.starts_with("rejected")).map(|(line, _)| *line).collect();
            assert_eq!(rejected, [number], "{said:?}");
            assert_eq!(said.len(), 2 + rest.lines().filter(|line| !line.is_empty()).count());
        }
    }
}

#[tokio::test]
async fn a_line_longer_than_any_feed_writes_is_rejected_alone() {
    let place = Place::new(true);
    let long = "9".repeat(3_000_000);
    let file = format!("{HEADER}\n{ACCEPTED}\n{long},13\n\"{long}\n{SIGNED}\n");
    let too_long = "rejected too_long";
    let expected = [(2, "recorded "), (3, too_long), (4, too_long), (5, "recorded ")];
    assert_eq!(outcomes(&place, file.as_bytes()).await, told(&expected));
}

#[tokio::test]
async fn a_quote_within_a_cell_is_a_character_like_any_other() {
    let place = Place::new(true);
    let line = "1199000012026010500001,13,119900900,2026-01-08 09:00,E\"5,,,,";
    let said = outcomes(&place, format!("{HEADER}\n{ACCEPTED}\n{line}\n{line}\n").as_bytes()).await;
    assert_eq!(said, told(&[(2, "recorded "), (3, "recorded "), (4, "repeated ")]));
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused_before_anything_is_written() {
    let place = Place::new(true);
    let file = place.file(format!("{HEADER}\n{ACCEPTED}\n").as_bytes());
    let missing = place.folder.path().join("nowhere.csv");
    let said = import(&place.config, clock(), &missing, "county", &Asked::default())
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(said.contains("nowhere.csv"), "{said}");
    let folder = place.folder.path();
    let said =
        import(&place.config, clock(), folder, "county", &Asked::default()).await.err().unwrap().to_string();
    assert!(said.contains("is a folder"), "{said}");
    let onto = Asked { report: Some(file.clone()), ..Asked::default() };
    let said = import(&place.config, clock(), &file, "county", &onto).await.err().unwrap().to_string();
    assert!(said.contains("would replace the file"), "{said}");
    assert!(std::fs::read_to_string(&file).unwrap().contains("王小明"));
    for feed in ["", "a b", "county\n", &"x".repeat(51), "=1+1"] {
        let said =
            import(&place.config, clock(), &file, feed, &Asked::default()).await.err().unwrap().to_string();
        assert!(said.contains("is no name"), "{said}");
    }
    assert!(place.applications().await.is_empty());
    assert!(import(&place.config, clock(), &file, "县局-1.a_b", &Asked::default()).await.is_ok());
}

#[test]
fn any_cells_are_a_report_or_a_rejection() {
    let place = Place::new(true);
    let (codes, keys) =
        (Codes::built_in().unwrap(), store::keys::Keys::load(&place.config.key_file()).unwrap());
    let receipts = place.config.receipt_format().unwrap();
    let demonstration = domain::number::Demonstration::Accepted;
    let reading = Reading {
        codes: &codes,
        keys: &keys,
        receipts: &receipts,
        demonstration,
        opens: true,
        now: clock().now(),
    };
    let header: Vec<Field> = HEADER.split(',').map(|name| Field::parse(name).unwrap()).collect();
    let good: Vec<&str> = ACCEPTED.split(',').collect();
    let fields = |cells: &[&str]| {
        let mut fields = Fields::default();
        header.iter().zip(cells).for_each(|(field, cell)| fields.set(*field, cell).unwrap());
        fields
    };
    assert!(parse(&reading, &fields(&good)).is_ok());
    let cell = proptest::prop_oneof![
        proptest::prelude::any::<String>(),
        "[0-9０-９:T +年月日.-]{0,24}",
        "(paused|withdraws|extended):.{0,6}",
    ];
    proptest::proptest!(|(at in 0..good.len(), cell in cell)| {
        let mut cells = good.clone();
        cells[at] = &cell;
        if let Err(rejection) = parse(&reading, &fields(&cells)) {
            // Whatever is wrong with a cell, its own column is to blame.
            proptest::prop_assert_eq!(rejection.column, HEADER.split(',').nth(at).unwrap());
        }
    });
}
