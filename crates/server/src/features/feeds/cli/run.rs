//! `jindu feed watch` and `consume`: a way in as a process of its own, until it is told to stop.

use crate::app::{Failed, open_store};
use crate::clock::Clock;
use crate::config::{self, Config, DropFolder};
use crate::features::feeds::intake::Intake;
use crate::features::feeds::stream;
use crate::features::feeds::ways::{self, Around, Stopper};

/// Watches a folder until it is told to stop; a file under way is taken up again the next time.
///
/// # Errors
/// Says why the feed may not report, or the folder cannot be watched.
pub async fn watch(
    config: &Config,
    clock: Clock,
    setting: &DropFolder,
    told: impl Future<Output = ()>,
) -> Result<(), Failed> {
    let (store, receipts) = (open_store(config, None).await?, config.receipt_format()?);
    Intake::open(&store, &receipts, &setting.feed, clock).await?;
    let around = Around { store: &store, receipts: &receipts, clock, meters: None };
    tokio::select! {
        ended = ways::watch(&around, setting) => ended,
        () = told => Ok(()),
    }
}

/// Consumes a stream until it is told to stop; the batch under way is finished.
///
/// # Errors
/// Says what is wrong with the setting, or why the feed may not report.
pub async fn consume(
    config: &Config,
    clock: Clock,
    setting: &config::Stream,
    told: impl Future<Output = ()>,
) -> Result<(), Failed> {
    if let Some(fault) = setting.fault() {
        return Err(fault.into());
    }
    let (store, receipts) = (open_store(config, None).await?, config.receipt_format()?);
    Intake::open(&store, &receipts, &setting.feed, clock).await?;
    let around = Around { store: &store, receipts: &receipts, clock, meters: None };
    let (stopper, stop) = Stopper::new();
    let stopping = async {
        told.await;
        stopper.tell();
    };
    tokio::join!(stream::consume(&around, setting, stop), stopping);
    Ok(())
}
