//! Whole rows into a table, by each engine's fastest way.

use super::{Cell, Cells, Kind, Table};
use crate::engine::{Value, sqlite};
use crate::error::Result;
use crate::{Write, Writing};

/// Takes rows out and puts rows in, in the transaction of a change.
pub(super) async fn put(write: &mut Write<'_>, table: &Table, gone: &[Cells], rows: &[Cells]) -> Result<()> {
    let line = match &mut write.connection {
        Writing::Sqlite(connection) => {
            let (remove, add) = (table.remove_one(), table.add_one());
            let run = |sql: &str, values: Vec<Value<'_>>| sqlite::execute(connection, sql, &values).map(drop);
            gone.iter().try_for_each(|row| run(&remove, own_values(table, row)))?;
            return rows.iter().try_for_each(|row| run(&add, row.iter().map(Cell::value).collect()));
        }
        Writing::Postgres(line) => *line,
    };
    let put = async {
        if !gone.is_empty() {
            let kinds: Vec<Kind> = table.own().map(|(_, column)| column.kind).collect();
            let own: Vec<_> = gone.iter().map(|row| own_values(table, row)).collect();
            line.over(&table.remove_many(), &kinds, &own).await?;
        }
        if !rows.is_empty() {
            let kinds: Vec<Kind> = table.columns.iter().map(|column| column.kind).collect();
            let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(Cell::value).collect()).collect();
            line.over(&table.add_many(), &kinds, &rows).await?;
        }
        Ok(())
    };
    let done = put.await;
    write.is_spoilt |= done.is_err();
    done
}

/// The values by which the engine finds a row.
fn own_values<'r>(table: &Table, row: &'r [Cell]) -> Vec<Value<'r>> {
    table.own().filter_map(|(place, _)| row.get(place).map(Cell::value)).collect()
}

impl Table {
    fn remove_one(&self) -> String {
        let filter = |(given, (_, column)): (usize, (usize, &super::Column))| {
            format!("\"{}\" = ${}", column.name, given + 1)
        };
        let filters: Vec<String> = self.own().enumerate().map(filter).collect();
        format!("DELETE FROM \"{}\" WHERE {}", self.name, filters.join(" AND "))
    }

    fn add_one(&self) -> String {
        let given: Vec<String> = (1..=self.columns.len()).map(|place| format!("${place}")).collect();
        format!("INSERT INTO \"{}\" ({}) VALUES ({})", self.name, self.all_named(), given.join(", "))
    }

    fn remove_many(&self) -> String {
        let mut arrays = Vec::new();
        let mut names = Vec::new();
        let mut filters = Vec::new();
        for (given, (_, column)) in (1..).zip(self.own()) {
            arrays.push(format!("${given}::{}[]", column.kind.of_server()));
            names.push(format!("k{given}"));
            filters.push(format!("t.\"{}\" = g.k{given}", column.name));
        }
        let (arrays, names, filters) = (arrays.join(", "), names.join(", "), filters.join(" AND "));
        format!("DELETE FROM \"{}\" AS t USING unnest({arrays}) AS g({names}) WHERE {filters}", self.name)
    }

    fn add_many(&self) -> String {
        let array = |(place, column): (usize, &super::Column)| {
            let place = place + 1;
            format!("${place}::{}[]", column.kind.of_server())
        };
        let arrays: Vec<String> = self.columns.iter().enumerate().map(array).collect();
        let (names, arrays) = (self.all_named(), arrays.join(", "));
        format!("INSERT INTO \"{}\" ({names}) SELECT * FROM unnest({arrays})", self.name)
    }
}
