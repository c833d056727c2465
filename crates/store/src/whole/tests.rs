//! What goes along when everything is taken from one database to another.

use super::*;
use crate::fresh::FreshDatabase;
use crate::keys::Keys;
use crate::setting::Purpose;
use crate::testing::{Fresh, at, entry, key_file};
use crate::{Database, Store, StoreError};
use domain::stage::Stage;

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
        let mut rows: Vec<Cells> = Vec::new();
        loop {
            let after = rows.last().map(|row| table.key_of(row));
            let page = snapshot.page(table, after.as_deref(), 7).await.unwrap();
            if page.is_empty() {
                break;
            }
            rows.extend(page);
        }
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
