//! The tables on the server are those of the embedded engine, and are distributed as they should be.

use super::super::statements::{self, DISTRIBUTED, Statement};
use super::*;
use crate::fresh::FreshDatabase;
use std::collections::BTreeMap;
use tokio_postgres::types::Type;

/// Table and column, and its type and whether it may be empty.
type Shape = BTreeMap<(String, String), (String, bool)>;

/// Tables of the server alone: numbers that change often are kept in parts there.
const SERVER_ALONE: [&str; 3] = ["dead_letter_tally", "held_tally", "manifest_tally"];
/// Tables that are views of those parts on the server. A view's columns are never said to be always there.
const VIEWS: [&str; 3] = ["dead_letter_count", "held_count", "manifest_count"];

fn shape(database: &FreshDatabase, sql: &str) -> Shape {
    let rows = database.rows(sql).into_iter().map(|row| <[String; 4]>::try_from(row).unwrap());
    rows.map(|[table, column, kind, empty]| {
        let may_be_empty = empty == "1" && !VIEWS.contains(&table.as_str());
        ((table, column), (kind, may_be_empty))
    })
    .collect()
}

#[tokio::test]
async fn both_engines_have_the_same_tables() {
    let (file, server) = (Fresh::embedded().await, Fresh::new().await);
    address(server.behind());
    // refinery's own table is made by refinery, with types of its own.
    let of_file = "SELECT m.name, c.name,
            CASE c.type WHEN 'INTEGER' THEN 'bigint' WHEN 'TEXT' THEN 'text' WHEN 'BLOB' THEN 'bytea' ELSE c.type END,
            CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN 0 ELSE 1 END
        FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'refinery_schema_history'";
    let of_server = "SELECT t.relname, c.column_name, c.data_type, CASE c.is_nullable WHEN 'YES' THEN 1 ELSE 0 END
        FROM pg_class AS t JOIN information_schema.columns AS c ON c.table_name = t.relname
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p', 'v') AND NOT t.relispartition
            AND t.relname <> 'refinery_schema_history'";
    let of_file = shape(file.behind(), of_file);
    let mut of_server = shape(server.behind(), of_server);
    for alone in SERVER_ALONE {
        let all = of_server.len();
        of_server.retain(|(table, _), _| table != alone);
        assert!(of_server.len() < all, "{alone} is no table of the server");
    }
    let views = of_file.iter().map(|(place, (kind, empty))| {
        (place.clone(), (kind.clone(), *empty && !VIEWS.contains(&place.0.as_str())))
    });
    assert_eq!(views.collect::<Shape>(), of_server);
}

#[tokio::test]
async fn every_statement_prepares_on_the_server_with_our_three_types_alone() {
    let fresh = Fresh::new().await;
    let address = address(fresh.behind());
    let (client, connection) = tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let ours = [Type::INT8, Type::TEXT, Type::BYTEA];
    for Statement { place, sql } in statements::all() {
        let prepared = client.prepare(&sql).await.unwrap_or_else(|error| panic!("{place}: {error:?}"));
        let results = prepared.columns().iter().map(tokio_postgres::Column::type_);
        let types: Vec<_> = prepared.params().iter().chain(results).collect();
        assert!(types.iter().all(|kind| ours.contains(kind)), "{place}: {types:?}");
    }
}

#[tokio::test]
async fn every_key_of_a_distributed_table_holds_what_it_is_distributed_by() {
    let fresh = Fresh::new().await;
    let database = fresh.behind();
    address(database);
    let distributed = database.rows(
        "SELECT t.relname, a.attname, count(i.inhrelid) FROM pg_partitioned_table AS p
        JOIN pg_class AS t ON t.oid = p.partrelid
        JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = p.partattrs[0]
        JOIN pg_inherits AS i ON i.inhparent = t.oid
        WHERE p.partstrat = 'h' AND p.partnatts = 1 GROUP BY 1, 2 ORDER BY 1",
    );
    assert_eq!(distributed, DISTRIBUTED.map(|(table, key)| [table, key, "16"]));
    for (table, key) in DISTRIBUTED {
        let attribute = format!(
            "(SELECT attnum FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname = '{key}')"
        );
        let without = format!(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = '{table}'::regclass AND indisunique
                AND NOT {attribute} = ANY (indkey)
            UNION ALL SELECT conname FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'f'
                AND NOT {attribute} = ANY (conkey)
            UNION ALL SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal"
        );
        assert_eq!(database.rows(&without), Vec::<Vec<String>>::new(), "{table}");
    }
}
