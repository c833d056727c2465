//! `jindu`: how far has my new identity card come?
//!
//! Start at [`router`]: it lists every address, and each leads to the folder of its feature.

pub mod app;
mod asking;
mod blame;
pub mod cli;
pub mod clock;
pub mod config;
pub mod features;
pub mod feed_budget;
pub mod freshness;
#[cfg(feature = "fuzzing")]
pub use features::feeds::fuzzing;
pub mod histories;
mod leases;
mod ledger;
pub mod map_link;
pub mod meters;
pub mod offices;
mod passkeys;
pub mod progress;
pub mod remembered;
pub mod router;
pub mod sharing;
pub mod shell;
pub mod source;
pub mod stand_ins;
mod stop;
#[cfg(test)]
mod testing;
mod tried;
mod turns;
mod work;
