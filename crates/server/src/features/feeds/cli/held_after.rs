//! What a decision moved: where the application stood before, and where it stands after it.

use domain::milestone::{EventKey, FeedId};
use domain::stage::Stage;
use store::Store;
use store::application;
use store::held::{self, Filter, HeldId};
use store::keys::Receipt;

/// Where an application stands: its stage, and which reports are held beside it.
#[derive(Debug, Default)]
pub(super) struct Stand {
    stage: Option<Stage>,
    held: Vec<(FeedId, EventKey)>,
}

/// The application that a held report is about; none where there is no such report.
pub(super) async fn of_item(store: &Store, id: HeldId) -> Option<Receipt> {
    let all = Filter { closed: true, ..Filter::default() };
    let found = held::list(&store.read(), &all, HeldId(id.0.saturating_sub(1)), 1).await.ok()?;
    found.into_iter().find(|item| item.id == id).map(|item| item.receipt)
}

/// Where an application stands. One that is not opened or does not read stands nowhere: a decision does not need it.
pub(super) async fn stand(store: &Store, receipt: Option<Receipt>) -> Stand {
    let Some(receipt) = receipt else { return Stand::default() };
    let progress = application::of_receipt(&store.read(), receipt).await.ok().flatten();
    let Some(is) = progress.and_then(|application| application.progress) else { return Stand::default() };
    Stand { stage: Some(is.stage), held: is.held.iter().map(|held| (held.feed, held.event)).collect() }
}

/// What was moved, in words behind what was decided; nothing where no application is opened.
pub(super) fn moved(was: &Stand, is: &Stand) -> String {
    let Some(stage) = is.stage else { return String::new() };
    let before = match was.stage {
        Some(before) if before == stage => "as before".to_owned(),
        Some(before) => format!("before: {before}"),
        None => "before: none".to_owned(),
    };
    let more = is.held.iter().filter(|held| !was.held.contains(held)).count();
    let held = if more > 0 { format!("; reports of it held because of this: {more}") } else { String::new() };
    format!("\nStage now: {stage} ({before}){held}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_decision_moved_is_told_and_what_stays_too() {
        let stand = |stage, held: std::ops::Range<u8>| {
            let held = held.map(|n| (FeedId(1), EventKey([n; 16]))).collect();
            Stand { stage: Some(stage), held }
        };
        let undone = moved(&stand(Stage::Collected, 0..1), &stand(Stage::Signed, 1..16));
        assert_eq!(undone, "\nStage now: signed (before: collected); reports of it held because of this: 15");
        let same = moved(&stand(Stage::Signed, 0..1), &stand(Stage::Signed, 0..0));
        assert_eq!(same, "\nStage now: signed (as before)");
        assert_eq!(moved(&Stand::default(), &Stand::default()), "");
    }
}
