//! The published vectors, and what must hold for any input.

use std::sync::LazyLock;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::region::Regions;

static REGIONS: LazyLock<Regions> = LazyLock::new(|| Regions::built_in().unwrap());
const TODAY: Date = Date::constant(2026, 1, 5);

const RIGHT: [(&str, Sex); 12] = [
    ("11010519491231002X", Sex::Female),
    ("440524188001010014", Sex::Male),
    ("34052419800101001X", Sex::Male),
    ("310112198504095227", Sex::Female),
    ("51020019700101001X", Sex::Male),
    ("513001198506150029", Sex::Female),
    ("110103200012310011", Sex::Male),
    ("429004199911111119", Sex::Male),
    ("441900200002290012", Sex::Male),
    ("330113202201010010", Sex::Male),
    ("659012202306300015", Sex::Male),
    ("110102200002290014", Sex::Male),
];

fn parse(typed: &str) -> Result<CitizenNumber, NumberError> {
    CitizenNumber::parse(typed, TODAY, Demonstration::Refused)
}

fn examined(typed: &str) -> Examined {
    examine(typed, TODAY, Demonstration::Refused, &REGIONS)
}

#[test]
fn the_published_numbers_are_right() {
    for (typed, sex) in RIGHT {
        let number = parse(typed).unwrap();
        assert_eq!((number.as_str(), number.sex()), (typed, sex));
        assert_eq!(number.region().to_string(), typed[..6]);
        assert_eq!(number.birth_date().to_string().replace('-', ""), typed[6..14]);
        let examined = examined(typed);
        assert_eq!((examined.valid(), examined.kind), (true, Some(DocumentKind::Citizen)));
        let unknown = typed.starts_with("340524").then_some(Warning::UnknownRegion);
        assert_eq!(examined.warnings, unknown.into_iter().collect::<Vec<_>>(), "{typed}");
    }
}

#[test]
fn other_documents_are_recognised() {
    let permits = ["810000199408230021", "820000199505120037", "830000199201300022"]
        .map(|typed| (typed, DocumentKind::ResidencePermit));
    let foreigners =
        ["910344200312311230", "911124198108030024"].map(|typed| (typed, DocumentKind::Foreigner));
    for (typed, kind) in permits.into_iter().chain(foreigners) {
        assert_eq!(parse(typed).unwrap_err(), NumberError::OtherDocument(kind), "{typed}");
        let examined = examined(typed);
        assert!(examined.valid(), "{typed}");
        assert_eq!((examined.kind, examined.normalised.as_deref()), (Some(kind), Some(typed)));
    }
    assert_eq!(parse("810000199408230022").unwrap_err(), NumberError::Check);
    // The immigration authority's own sample matches, the made-up one of our design does not: a warning.
    assert_eq!(examined("911124198108030024").warnings, []);
    assert_eq!(examined("910344200312311230").warnings, [Warning::ForeignCheck]);
}

#[test]
fn wrong_numbers_say_what_is_wrong() {
    let wrong = [
        ("", NumberError::Empty),
        (" -\u{200B}", NumberError::Empty),
        ("110101199002290012", NumberError::Date),
        ("110101184912310012", NumberError::Date),
        ("110101199000000012", NumberError::Date),
        ("110101202601060012", NumberError::Future),
        ("11010519491231002A", NumberError::Character { position: 18 }),
        ("11010519491231X02X", NumberError::Character { position: 15 }),
        ("011010519491231002", NumberError::Character { position: 1 }),
        ("1101051949123100", NumberError::Length { found: 16 }),
        ("11010519491231000X", NumberError::Check),
        ("身份证号码身", NumberError::Length { found: 6 }),
        ("身份证号码身身份证号码身身份证号码身", NumberError::Character { position: 1 }),
        ("11010519491231002X中", NumberError::Length { found: 19 }),
        ("110105491231002", NumberError::Length { found: 15 }),
    ];
    for (typed, error) in wrong {
        assert_eq!(parse(typed).unwrap_err(), error, "{typed}");
        let examined = examined(typed);
        assert_eq!((examined.valid(), examined.error), (false, Some(error)), "{typed}");
    }
}

#[test]
fn typing_habits_do_not_matter() {
    let ways = [
        "11010519491231002x",
        " 110105 19491231 002Ｘ ",
        "１１０１０５-1949-1231-002х",
        "\u{FEFF}11010519491231002Ⅹ\u{200B}",
    ];
    for typed in ways {
        assert_eq!(parse(typed).unwrap().as_str(), "11010519491231002X", "{typed}");
        assert_eq!(examined(typed).normalised.as_deref(), Some("11010519491231002X"));
    }
}

#[test]
fn fifteen_digits_are_a_search_aid() {
    let old = [("110105491231002", "11010519491231002X"), ("632123820927051", "632123198209270518")];
    for (fifteen, eighteen) in old {
        assert_eq!(CitizenNumber::upgrade(fifteen, TODAY).unwrap().as_str(), eighteen);
        let examined = examined(fifteen);
        assert_eq!((examined.valid(), examined.normalised.as_deref()), (false, Some(eighteen)));
        assert_eq!(
            (examined.warnings, examined.kind),
            (vec![Warning::FifteenDigits], Some(DocumentKind::Citizen))
        );
    }
    let wrong = [
        ("110105490230002", NumberError::Date),
        ("11010549123100X", NumberError::Character { position: 15 }),
        ("11010519491231002X", NumberError::Length { found: 18 }),
        ("", NumberError::Empty),
        ("810000940823002", NumberError::OtherDocument(DocumentKind::ResidencePermit)),
        ("119900940823002", NumberError::Demonstration),
    ];
    for (typed, error) in wrong {
        assert_eq!(CitizenNumber::upgrade(typed, TODAY).unwrap_err(), error, "{typed}");
    }
    assert_eq!(
        CitizenNumber::upgrade("110105491231002", date(1949, 12, 30)).unwrap_err(),
        NumberError::Future
    );
}

#[test]
fn demonstration_people_are_only_for_demonstrations() {
    let number = CitizenNumber::from_parts(RegionCode::DEMONSTRATION, date(1990, 3, 7), 12).unwrap();
    assert_eq!(parse(number.as_str()).unwrap_err(), NumberError::Demonstration);
    assert_eq!(CitizenNumber::parse(number.as_str(), TODAY, Demonstration::Accepted), Ok(number));
    let examined = examine(number.as_str(), TODAY, Demonstration::Accepted, &REGIONS);
    assert_eq!((examined.valid(), examined.warnings), (true, vec![Warning::Demonstration]));
}

#[test]
fn an_unknown_region_is_a_warning() {
    let number = CitizenNumber::from_parts(RegionCode::new(199_999).unwrap(), date(1990, 3, 7), 12).unwrap();
    let examined = examined(number.as_str());
    assert_eq!((examined.valid(), examined.warnings), (true, vec![Warning::UnknownRegion]));
}

#[test]
fn only_the_masked_number_is_ever_printed_for_debugging() {
    let number = parse("11010519491231002X").unwrap();
    assert_eq!(format!("{number:?}"), "CitizenNumber(110105********002X)");
}

#[test]
fn parts_that_do_not_fit_make_no_number() {
    assert_eq!(CitizenNumber::from_parts(RegionCode::DEMONSTRATION, date(1849, 12, 31), 1), None);
    assert_eq!(CitizenNumber::from_parts(RegionCode::DEMONSTRATION, date(1990, 1, 1), 1000), None);
    assert_eq!(CitizenNumber::from_parts(RegionCode::new(810_000).unwrap(), date(1990, 1, 1), 1), None);
}

prop_compose! {
    fn any_number()(days in 0_i32..50_000, sequence in 0_u16..1000) -> CitizenNumber {
        let birth = crate::day::days_after(date(1880, 1, 1), days);
        CitizenNumber::from_parts(RegionCode::DEMONSTRATION, birth, sequence).unwrap()
    }
}

proptest! {
    #[test]
    fn any_text_is_a_number_or_an_error(typed in any::<String>(), near in "[0-9xXＸ０-９ -]{14,20}") {
        for typed in [typed, near] {
            let examined = examined(&typed);
            let parsed = parse(&typed);
            prop_assert_eq!(parsed.is_ok(), examined.valid() && examined.kind == Some(DocumentKind::Citizen));
            let _ = CitizenNumber::upgrade(&typed, TODAY);
            if let Some(normalised) = examined.normalised {
                let again = examine(&normalised, TODAY, Demonstration::Refused, &REGIONS);
                prop_assert_eq!(again.normalised, Some(normalised));
            }
        }
    }

    #[test]
    fn a_number_is_read_back(number in any_number()) {
        let read = CitizenNumber::parse(number.as_str(), date(2030, 1, 1), Demonstration::Accepted);
        prop_assert_eq!(read, Ok(number));
    }

    #[test]
    fn every_mistyped_digit_is_noticed(number in any_number(), at in 0_usize..18, other in 0_u8..10) {
        let mut typed = number.as_str().as_bytes().to_vec();
        let wrong = b'0' + other;
        if typed[at] == wrong {
            return Ok(());
        }
        typed[at] = wrong;
        let typed = String::from_utf8(typed).unwrap();
        prop_assert!(CitizenNumber::parse(&typed, date(2030, 1, 1), Demonstration::Accepted).is_err());
    }

    #[test]
    fn every_swap_of_neighbours_is_noticed(number in any_number(), at in 0_usize..17) {
        let mut typed = number.as_str().as_bytes().to_vec();
        if typed[at] == typed[at + 1] {
            return Ok(());
        }
        typed.swap(at, at + 1);
        let typed = String::from_utf8(typed).unwrap();
        prop_assert!(CitizenNumber::parse(&typed, date(2030, 1, 1), Demonstration::Accepted).is_err());
    }

    #[test]
    fn an_old_number_becomes_the_new_one(days in 0_i32..36_500, sequence in 0_u16..1000) {
        let birth = crate::day::days_after(date(1900, 1, 1), days);
        let number = CitizenNumber::from_parts(RegionCode::DEMONSTRATION, birth, sequence).unwrap();
        let text = number.as_str().replacen("119900", "110105", 1);
        let fifteen = format!("{}{}", &text[..6], &text[8..17]);
        let upgraded = CitizenNumber::upgrade(&fifteen, date(2030, 1, 1)).unwrap();
        prop_assert_eq!(&upgraded.as_str()[..17], &text[..17]);
    }
}
