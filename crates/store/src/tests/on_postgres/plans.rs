//! Statements that must not look at all of a table find an index on the server too.

use super::super::statements::{self, Statement};
use super::*;
use tokio_postgres::types::Type;

/// Statements of one table, and the index by which they find their rows. How tables are joined depends on how much is
/// in them, and an empty database shows nothing of it.
const FOUND_BY: [(&str, &str); 9] = [
    ("application.rs OF_SUBJECT", "application_"),
    ("application.rs BY_RECEIPT", "receipt_case_"),
    ("held.rs FORGET", "held_settled"),
    ("held.rs OPEN_OF_FEED", "held_of_feed_open"),
    ("held.rs OPEN_OF_REASON", "held_of_reason_open"),
    ("held/waiting.rs EXPIRE", "held_waiting"),
    ("manifest/keep.rs OLD_ARRIVALS", "arrival_by_age"),
    ("manifest/settle.rs FLAGGED", "application_"),
    ("milestone.rs OF_APPLICATION", "milestone_"),
];

/// A value of that type; of a distributed table the plan then holds one part, and not none.
fn any_value(kind: &Type) -> &'static str {
    match *kind {
        Type::BYTEA => "'0123456789abcdef'",
        Type::TEXT => "''",
        _ => "1",
    }
}

#[tokio::test]
async fn what_is_looked_for_is_found_by_an_index() {
    let fresh = Fresh::new().await;
    let address = address(fresh.behind());
    let (client, connection) = tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    // Tables of tests are so small that to look at all of them is cheapest.
    client.batch_execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan").await.unwrap();
    let all = statements::all();
    for (place, index) in FOUND_BY {
        let Statement { sql, .. } = all.iter().find(|statement| statement.place == place).unwrap();
        let prepared = client.prepare(sql).await.unwrap();
        let values: Vec<&str> = prepared.params().iter().map(any_value).collect();
        client.batch_execute(&format!("PREPARE looked AS {sql}")).await.unwrap();
        let brackets = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
        let plan = client.simple_query(&format!("EXPLAIN EXECUTE looked{brackets}")).await.unwrap();
        let plan = plan.iter().filter_map(|said| match said {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let steps: Vec<&str> = plan.collect();
        assert!(steps.iter().any(|step| step.contains(index)), "{place}: {steps:#?}");
        assert!(!steps.iter().any(|step| step.contains("Seq Scan")), "{place}: {steps:#?}");
        client.batch_execute("DEALLOCATE looked").await.unwrap();
    }
}
