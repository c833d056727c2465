//! Receipt numbers of the standard format and of others.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const RECEIPT: &str = "1199000072026010500042";

fn parse(typed: &str) -> Result<ReceiptNumber, ReceiptError> {
    ReceiptNumber::parse(typed, &ReceiptFormat::standard())
}

#[test]
fn a_receipt_says_where_and_when() {
    let receipt = parse(" 119900-007-２０２６0105-00042 ").unwrap();
    assert_eq!(receipt.as_str(), RECEIPT);
    assert_eq!(receipt.accepting_organ(), OrganCode::from_u32(119_900_007));
    assert_eq!(receipt.accepted_on(), Some(date(2026, 1, 5)));
    assert_eq!(receipt.masked(), "119900************0042");
    assert_eq!(format!("{receipt:?}"), "ReceiptNumber(119900************0042)");
}

#[test]
fn a_format_with_letters_needs_the_whole_keyboard() {
    assert!(ReceiptFormat::standard().is_numeric());
    assert!(ReceiptFormat::parse_pattern("7-RRRRRR-NNNN").unwrap().is_numeric());
    assert!(!ReceiptFormat::parse_pattern("J-RRRRRR-NNNN").unwrap().is_numeric());
}

#[test]
fn wrong_receipts_say_what_is_wrong() {
    assert_eq!(parse(" - "), Err(ReceiptError::Empty));
    assert_eq!(parse("119900"), Err(ReceiptError::Length { found: 6, expected: 22 }));
    assert_eq!(parse("119900007202601050004中"), Err(ReceiptError::Character { position: 22 }));
    assert_eq!(parse("X199000072026010500042"), Err(ReceiptError::Character { position: 1 }));
    assert_eq!(parse("0199000072026010500042"), Err(ReceiptError::Character { position: 1 }));
    assert_eq!(parse("1199000072026023000042"), Err(ReceiptError::Date));
}

#[test]
fn the_format_is_the_places() {
    let format = ReceiptFormat::parse_pattern("JZ-YYYYMMDD-NNNN").unwrap();
    let receipt = ReceiptNumber::parse("jz20260105 0042", &format).unwrap();
    assert_eq!(receipt.as_str(), "JZ202601050042");
    assert_eq!((receipt.accepting_organ(), receipt.accepted_on()), (None, Some(date(2026, 1, 5))));
    assert_eq!(receipt.masked(), "**************");
    let organ = OrganCode::from_u32(119_900_007).unwrap();
    assert_eq!(ReceiptNumber::from_parts(&format, organ, date(2026, 1, 5), 42), Some(receipt));
    assert_eq!(ReceiptNumber::from_parts(&format, organ, date(2026, 1, 5), 10_000), None);
}

#[test]
fn half_a_field_is_no_format() {
    for pattern in ["RRRN", "SSN", "YYYYMMN", "RRRRRRSSS", "NNNNNNNNNN", "YYYYMMDD"] {
        assert_eq!(ReceiptFormat::parse_pattern(pattern), Err(PatternError::Field), "{pattern}");
    }
    assert_eq!(ReceiptFormat::parse_pattern(" "), Err(PatternError::Length));
    assert_eq!(ReceiptFormat::parse_pattern(&"N".repeat(51)), Err(PatternError::Length));
    assert_eq!(ReceiptFormat::parse_pattern("号NNNN"), Err(PatternError::Character));
    assert_eq!(ReceiptFormat::parse_pattern("RRRRRRSSSYYYYMMDDNNNNN"), Ok(ReceiptFormat::standard()));
}

proptest! {
    #[test]
    fn any_text_is_a_receipt_or_an_error(typed in any::<String>(), near in "[0-9０-９ -]{20,26}", pattern in "[RSYMDNA1]{1,24}") {
        for typed in [typed, near] {
            if let Ok(receipt) = parse(&typed) {
                prop_assert_eq!(parse(receipt.as_str()), Ok(receipt));
            }
            if let Ok(format) = ReceiptFormat::parse_pattern(&pattern) {
                let _ = ReceiptNumber::parse(&typed, &format);
            }
        }
    }

    #[test]
    fn a_written_receipt_is_read_back(organ in 100_000_000_u32..=999_999_999, days in 0_i32..100_000, sequence in 0_u32..100_000) {
        let organ = OrganCode::from_u32(organ).unwrap();
        let day = crate::day::days_after(date(1990, 1, 1), days);
        let receipt = ReceiptNumber::from_parts(&ReceiptFormat::standard(), organ, day, sequence).unwrap();
        prop_assert_eq!((receipt.accepting_organ(), receipt.accepted_on()), (Some(organ), Some(day)));
        prop_assert_eq!(parse(receipt.as_str()), Ok(receipt));
    }

    #[test]
    fn any_pattern_is_a_format_or_an_error(pattern in any::<String>()) {
        let _ = ReceiptFormat::parse_pattern(&pattern);
    }
}
