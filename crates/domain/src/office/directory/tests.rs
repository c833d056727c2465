//! A small directory, asked for regions, words, services and neighbours.

use super::*;
use proptest::prelude::*;

fn region(code: u32) -> RegionCode {
    RegionCode::new(code).unwrap()
}

fn organ(code: u32) -> OrganCode {
    OrganCode::from_u32(code).unwrap()
}

fn office(code: u32, name: &str, address: &str, place: Option<(&str, &str)>) -> Listed {
    Listed {
        organ: organ(code),
        services: Services::of([Service::Accept]),
        place: place.and_then(|(latitude, longitude)| Place::parse(latitude, longitude)),
        name: Key::of([name]),
        address: Key::of([address]),
    }
}

fn directory() -> Directory {
    let does_all = Services::of(Service::ALL);
    let offices = vec![
        office(440_106_001, "天河派出所", "广州市天河路1号", Some(("23.13", "113.36"))),
        office(110_105_002, "建外派出所", "光华路2号", Some(("39.91", "116.45"))),
        Listed {
            services: does_all,
            ..office(110_105_001, "户政大厅", "建外大街1号", Some(("39.93", "116.44")))
        },
        office(110_101_001, "东华门派出所", "王府井大街3号", Some(("39.92", "116.41"))),
        office(441_900_001, "莞城派出所", "东莞市光华路4号", None),
        office(119_900_001, "示范派出所", "示范路5号", None),
    ];
    Directory::of(offices, &Regions::built_in().unwrap())
}

fn found(wanted: &Wanted) -> Vec<u32> {
    let found = directory().find(wanted, 0..10);
    assert_eq!(found.total, found.organs.len());
    found.organs.into_iter().map(OrganCode::get).collect()
}

fn by_words(typed: &str) -> Vec<u32> {
    found(&Wanted { words: Words::parse(typed), ..Wanted::default() })
}

fn by_region(code: u32) -> Vec<u32> {
    found(&Wanted { region: Some(region(code)), ..Wanted::default() })
}

#[test]
fn a_region_has_its_offices_in_order() {
    assert_eq!(by_region(110_105), [110_105_001, 110_105_002]);
    assert_eq!(by_region(110_100), [110_101_001, 110_105_001, 110_105_002]);
    assert_eq!(by_region(110_000), [110_101_001, 110_105_001, 110_105_002, 119_900_001]);
    assert_eq!(by_region(441_900), [441_900_001]);
    assert_eq!(by_region(820_000), Vec::<u32>::new());
    assert_eq!(found(&Wanted::default()).len(), directory().len());
}

#[test]
fn a_name_comes_before_a_region_and_a_region_before_an_address() {
    assert_eq!(by_words("建外"), [110_105_002, 110_105_001], "name, then address");
    assert_eq!(by_words("chaoyang"), [110_105_001, 110_105_002], "the region");
    assert_eq!(by_words("朝阳 jw"), [110_105_002, 110_105_001]);
    assert_eq!(by_words("guanghualu"), [110_105_002, 441_900_001]);
    assert_eq!(by_words("dongguan 4"), [441_900_001]);
    assert_eq!(by_words("没有"), Vec::<u32>::new());
}

#[test]
fn a_service_and_a_region_narrow_a_search() {
    let wanted =
        Wanted { words: Words::parse("建外"), service: Some(Service::HandOut), ..Wanted::default() };
    assert_eq!(found(&wanted), [110_105_001]);
    assert_eq!(found(&Wanted { region: Some(region(440_000)), ..wanted }), Vec::<u32>::new());
}

#[test]
fn a_part_is_given_and_all_are_counted() {
    let found = directory().find(&Wanted::default(), 2..4);
    assert_eq!((found.total, found.organs), (6, vec![organ(110_105_002), organ(119_900_001)]));
    assert_eq!(directory().find(&Wanted::default(), 6..12).organs, []);
}

#[test]
fn regions_are_divided_as_people_know_them() {
    let regions = Regions::built_in().unwrap();
    let below = |code: Option<u32>| -> Vec<(u32, usize)> {
        let below = directory().below(code.map(region), &regions);
        below.into_iter().map(|(region, count)| (region.get(), count)).collect()
    };
    assert_eq!(below(None), [(110_000, 4), (440_000, 2)]);
    assert_eq!(below(Some(110_000)), [(110_101, 1), (110_105, 2), (119_900, 1)], "no city between");
    assert_eq!(below(Some(440_000)), [(440_100, 1), (441_900, 1)]);
    assert_eq!(below(Some(440_100)), [(440_106, 1)]);
    assert_eq!(below(Some(441_900)), []);
    assert_eq!(below(Some(110_105)), []);
}

#[test]
fn neighbours_are_those_around_the_middle() {
    let near = directory().near(region(110_101), None, 2);
    let organs: Vec<u32> = near.iter().map(|(organ, _)| organ.get()).collect();
    assert_eq!(organs, [110_105_001, 110_105_002]);
    assert!(near.iter().all(|(_, metres)| (2_000..5_000).contains(metres)), "{near:?}");
    assert_eq!(directory().near(region(110_101), Some(Service::TemporaryCard), 9).len(), 1);
    assert_eq!(directory().near(region(441_900), None, 9), [], "nobody knows where it is");
}

#[test]
fn a_district_has_the_middle_of_its_offices() {
    let directory = directory();
    let middles: Vec<_> =
        directory.districts().map(|district| (district.region.get(), district.middle)).collect();
    assert_eq!(middles.len(), 5);
    assert_eq!(middles[1], (110_105, Place::parse("39.92", "116.445")));
    assert_eq!(middles[2], (119_900, None));
}

proptest! {
    #[test]
    fn whatever_is_listed_is_found_in_every_region_that_covers_it(
        codes in prop::collection::btree_set(110_000_000_u32..660_000_000, 1..30), part in 0_usize..5
    ) {
        let regions = Regions::parse("code,name,first_seen,last_seen").unwrap();
        let offices = codes.iter().map(|code| office(*code, "所", "路", None)).collect();
        let directory = Directory::of(offices, &regions);
        for code in codes.iter().map(|code| organ(*code)) {
            for region in [code.region(), code.region().city(), code.region().province()] {
                let found = directory.find(&Wanted { region: Some(region), ..Wanted::default() }, 0..codes.len());
                prop_assert!(found.organs.contains(&code));
                prop_assert!(found.organs.iter().all(|organ| region.covers(organ.region())));
                prop_assert_eq!(found.total, found.organs.len());
            }
        }
        let first = directory.find(&Wanted::default(), 0..part).organs;
        let rest = directory.find(&Wanted::default(), part..codes.len()).organs;
        let all: Vec<u32> = first.into_iter().chain(rest).map(OrganCode::get).collect();
        prop_assert_eq!(all, codes.into_iter().collect::<Vec<_>>());
    }
}
