//! The main job, told through the page and the interface for programs.

mod attempts;
mod clock;
mod feeds;
mod forecast;
mod languages;
mod levels;
mod looks;
mod matching;
mod records;
mod terminal;
mod typed;
mod work;

use crate::testing::Case;
use domain::stage::Stage::{Accepted, DataCheck, InProduction, Signed, UnderReview};

/// A renewal on its ordinary way: day 23 of 60, at the production centre.
fn ordinary() -> Case {
    Case::of(1, "2026-03-02")
        .promised(20)
        .reached("2026-03-02 09:10", Accepted)
        .reached("2026-03-03 10:00", UnderReview)
        .reached("2026-03-06 15:30", Signed)
        .reached("2026-03-09 11:00", DataCheck)
        .reached("2026-03-11 08:20", InProduction)
}
