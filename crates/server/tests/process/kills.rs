//! Kills at random moments of real work: where they fell, and how to tell the same story again.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// How many kills a story has.
pub(crate) const KILLS: u32 = 50;
/// How many stories the long tests tell, each of other chance.
pub(crate) const STORIES: u32 = 10;

/// The setting that tells a story again.
const SEED: &str = "SEED_OF_KILLS";

/// The chance of a story. Its seed is printed, and who sets it meets the same moments again.
#[expect(clippy::print_stderr, reason = "the runner shows it where the test fails")]
pub(crate) fn chance() -> StdRng {
    let told = std::env::var(SEED).ok().map(|seed| seed.parse().unwrap());
    let seed: u64 = told.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    eprintln!("{SEED}={seed}");
    StdRng::seed_from_u64(seed)
}

/// Where in the work of the killed the kills fell.
#[derive(Debug, Default)]
pub(crate) struct Moments {
    before: u32,
    amid: u32,
    after: u32,
}

impl Moments {
    /// Counts a kill, by whether the killed had finished anything of its work, and everything.
    pub(crate) fn count(&mut self, anything: bool, everything: bool) {
        match (anything, everything) {
            (false, _) => self.before += 1,
            (true, false) => self.amid += 1,
            (true, true) => self.after += 1,
        }
    }

    /// Who kills only what has not begun, or what is done, has proven nothing.
    #[expect(clippy::print_stderr, reason = "the runner shows it where the test fails")]
    pub(crate) fn are_mostly_amid(&self) {
        eprintln!("{self:?}");
        assert!(self.before + self.amid + self.after == KILLS && self.amid > KILLS / 2, "{self:?}");
    }
}
