//! Offices are put, compared and found on a fresh database.

use super::*;
use crate::testing::{Fresh, entry, organ};
use domain::office::Service;

fn office(station: u16) -> Office {
    let both = |zh: &str, en: &str| Bilingual { zh: zh.to_owned(), en: en.to_owned() };
    Office {
        organ: organ(station),
        name: both("示范派出所", "Sample Station"),
        address: both("示范路1号", "1 Sample Road"),
        phones: Phone::list("000-0000-0001; 000-0000-0002"),
        hours: both("", ""),
        opening: Some(Opening::parse("Mo-Fr 09:00-17:00").unwrap()),
        services: Services::of([Service::Accept, Service::CrossRegion]),
        place: Place::parse("39.904212", "116.407413"),
        parent: Some(organ(900)),
    }
}

async fn put(fresh: &Fresh, offices: &[Office]) -> Fate {
    put_all(&fresh.store, entry("offices"), offices.to_vec(), |_| ()).await.unwrap()
}

fn fate(added: usize, changed: usize, unchanged: usize) -> Fate {
    Fate { added, changed, unchanged }
}

#[tokio::test]
async fn an_office_is_read_back_as_it_was_put() {
    let fresh = Fresh::new().await;
    let sparse = Office {
        opening: None,
        services: Services::default(),
        place: None,
        parent: None,
        phones: Phone::list("1"),
        hours: Bilingual { zh: "周一".to_owned(), en: "Mondays".to_owned() },
        ..office(2)
    };
    put(&fresh, &[office(1), sparse.clone()]).await;
    let read = fresh.store.read();
    assert_eq!(of(&read, organ(1)).await.unwrap(), Some(office(1)));
    assert_eq!(of(&read, organ(3)).await.unwrap(), None);
    let together = of_all(&read, &[organ(2), organ(3), organ(1)]).await.unwrap();
    assert_eq!(together, [sparse, office(1)]);
}

#[tokio::test]
async fn what_became_of_each_office_is_told_and_only_changes_are_written() {
    let fresh = Fresh::new().await;
    let other = Office { phones: Phone::list("000-0000-0003"), ..office(1) };
    assert_eq!(put(&fresh, &[office(1), office(2)]).await, fate(2, 0, 0));
    let first = version(&fresh.store.read()).await.unwrap();
    let next = [other.clone(), office(2), office(3)];
    assert_eq!(compare(&fresh.store.read(), &next).await.unwrap(), fate(1, 1, 1));
    assert_eq!(version(&fresh.store.read()).await.unwrap(), first, "to compare changes nothing");
    assert_eq!(put(&fresh, &next).await, fate(1, 1, 1));
    let second = version(&fresh.store.read()).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(put(&fresh, &next).await, fate(0, 0, 3));
    assert_eq!(version(&fresh.store.read()).await.unwrap(), second);
    assert_eq!(of(&fresh.store.read(), organ(1)).await.unwrap(), Some(other));
}

#[tokio::test]
async fn of_two_offices_of_one_organ_the_later_one_stays() {
    let fresh = Fresh::new().await;
    let later = Office { place: None, ..office(1) };
    assert_eq!(put(&fresh, &[office(1), later.clone()]).await, fate(1, 0, 0));
    assert_eq!(of(&fresh.store.read(), organ(1)).await.unwrap(), Some(later));
}

#[tokio::test]
async fn many_offices_are_put_in_parts_and_found_by_words() {
    let fresh = Fresh::new().await;
    let offices: Vec<Office> = (0..u16::try_from(PUT_TOGETHER).unwrap() + 1)
        .filter_map(|n| {
            let region = domain::region::RegionCode::new(110_101 + u32::from(n / 1000))?;
            Some(Office { organ: OrganCode::new(region, n % 1000)?, parent: None, ..office(1) })
        })
        .collect();
    assert_eq!(put(&fresh, &offices).await, fate(PUT_TOGETHER + 1, 0, 0));
    let listed = listed(&fresh.store.read()).await.unwrap();
    let directory = domain::office::Directory::of(
        listed,
        &domain::region::Regions::parse("code,name,first_seen,last_seen").unwrap(),
    );
    let wanted = domain::office::Wanted {
        words: domain::office::Words::parse("sfpcs 示范路"),
        ..Default::default()
    };
    assert_eq!(directory.find(&wanted, 0..5).total, PUT_TOGETHER + 1);
}

#[tokio::test]
async fn what_was_listed_before_there_was_a_directory_is_read() {
    let fresh = Fresh::new().await;
    fresh.behind().execute(
        "INSERT INTO office (organ, name_zh, name_en, address_zh, address_en, phone, hours_zh, hours_en)
            VALUES (119900007, '办事处', 'Office', '路', 'Road', '无', '早', 'Mornings')",
    );
    let found = of(&fresh.store.read(), organ(7)).await.unwrap().unwrap();
    assert_eq!((found.opening, found.services, found.place), (None, Services::default(), None));
    assert_eq!(found.phones.iter().map(Phone::link).collect::<Vec<_>>(), [None]);
    assert_eq!(listed(&fresh.store.read()).await.unwrap().len(), 1);
    assert_eq!(version(&fresh.store.read()).await.unwrap(), None);
}
