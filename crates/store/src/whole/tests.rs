//! What goes along when everything is taken from one database to another.

mod copies;

use super::*;
use crate::testing::Fresh;
use domain::stage::Stage;

/// All rows of a table, read in small pages.
async fn all(snapshot: &mut Snapshot, table: &Table) -> Vec<Cells> {
    let mut rows: Vec<Cells> = Vec::new();
    loop {
        let after = rows.last().map(|row| table.key_of(row));
        let page = snapshot.page(table, after.as_deref(), 7).await.unwrap();
        if page.is_empty() {
            return rows;
        }
        rows.extend(page);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_gives_every_row_once_and_in_order() {
    let fresh = Fresh::new().await;
    for n in 1..=30 {
        fresh.record(vec![fresh.accepted_of(n)]).await;
    }
    fresh.record(vec![fresh.reached(Stage::Signed, 8)]).await;
    let mut snapshot = Snapshot::of(&Source::of(&fresh.store)).await.unwrap();
    let tables = snapshot.tables();
    assert!(tables.len() > 15, "{tables:?}");
    for table in tables.iter() {
        let rows = all(&mut snapshot, table).await;
        assert!(rows.is_sorted_by(|one, next| table.key_of(one) < table.key_of(next)), "{}", table.name);
        assert_eq!(snapshot.count(table).await.unwrap(), rows.len() as u64, "{}", table.name);
        let expected = match table.name.as_str() {
            "application" | "receipt_case" => Some(30),
            "milestone" => Some(31),
            _ => None,
        };
        assert!(expected.is_none_or(|expected| expected == rows.len()), "{}: {}", table.name, rows.len());
    }
}

#[tokio::test]
async fn a_look_sees_nothing_that_comes_after_it() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted_of(1)]).await;
    let source = Source::of(&fresh.store);
    let mut before = Snapshot::of(&source).await.unwrap();
    fresh.record(vec![fresh.accepted_of(2)]).await;
    let tables = before.tables();
    let table = tables.iter().find(|table| table.name == "application").unwrap();
    assert_eq!(before.count(table).await.unwrap(), 1);
    assert_eq!(all(&mut before, table).await.len(), 1);
    assert_eq!(Snapshot::of(&source).await.unwrap().count(table).await.unwrap(), 2);
}

#[test]
fn a_hash_tells_rows_apart_that_have_the_same_bytes() {
    let hash = |rows: &[Cells]| {
        let mut hash = RowHash::new();
        rows.iter().for_each(|row| hash.add(row));
        hash.finish()
    };
    let text = |text: &str| Cell::Text(text.to_owned());
    assert_eq!(hash(&[vec![text("ab"), text("c")]]), hash(&[vec![text("ab"), text("c")]]));
    for other in [
        vec![text("a"), text("bc")],
        vec![text("ab"), Cell::Blob(b"c".to_vec())],
        vec![text("ab"), text("c"), Cell::Null],
    ] {
        assert_ne!(hash(&[vec![text("ab"), text("c")]]), hash(&[other]));
    }
}
