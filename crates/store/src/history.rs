//! How long cards took: the counts behind the expected date.

#[cfg(test)]
mod tests;

use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::{Read, Write};
use domain::kind::Kind;
use domain::organ::OrganCode;
use domain::stage::Stage;
use std::collections::BTreeMap;

const OF_ORGAN: &str = "SELECT stage, days, cards FROM history
    WHERE organ = $1 AND kind = $2 AND cards > 0 ORDER BY stage, days";
const ADD: &str = "INSERT INTO history (organ, kind, stage, days, cards) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (organ, kind, stage, days) DO UPDATE SET cards = history.cards + excluded.cards";

/// How many cards took how many days from entering a stage to being ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    /// The stage they entered.
    pub stage: Stage,
    /// Whole days from then until ready.
    pub days: u16,
    /// How many cards.
    pub cards: u32,
}

/// The history of one kind of application at one accepting organ.
///
/// # Errors
/// Fails when the database does.
pub async fn of(read: &Read<'_>, organ: OrganCode, kind: Kind) -> Result<Vec<Took>> {
    let values = [Value::Int(organ.get().into()), Value::Text(kind.as_str())];
    read.rows(OF_ORGAN, &values, |row| {
        Ok(Took {
            stage: Stage::parse(row.text(0)?).ok_or(StoreError::Corrupt("stage"))?,
            days: row.narrow(1, "days")?,
            cards: row.narrow(2, "cards")?,
        })
    })
    .await
}

/// What a batch adds to the history and takes from it, summed before it is written.
#[derive(Default)]
pub(crate) struct Change(BTreeMap<(OrganCode, Kind, Stage, u16), i64>);

impl Change {
    /// Counts one card's durations: +1 when it became ready, −1 when a late milestone redid its fold.
    pub(crate) fn count(&mut self, organ: OrganCode, kind: Kind, took: &[(Stage, u16)], by: i64) {
        for (stage, days) in took {
            *self.0.entry((organ, kind, *stage, *days)).or_default() += by;
        }
    }

    pub(crate) async fn apply(self, write: &mut Write<'_>) -> Result<()> {
        for ((organ, kind, stage, days), cards) in self.0.into_iter().filter(|(_, cards)| *cards != 0) {
            let values = [
                Value::Int(organ.get().into()),
                Value::Text(kind.as_str()),
                Value::Text(stage.as_str()),
                Value::Int(days.into()),
                Value::Int(cards),
            ];
            write.execute(ADD, &values).await?;
        }
        Ok(())
    }
}
