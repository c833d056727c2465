//! How far long work has come: a bar at a terminal, and a line now and then where there is none.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// How often a line is written where there is no terminal to draw a bar on.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The lines beside a bar that nobody sees.
pub struct Lines<L> {
    bar: ProgressBar,
    said: Instant,
    line: L,
}

impl<L: FnMut(String)> Lines<L> {
    /// Lines where this bar is not drawn.
    pub fn beside(bar: &ProgressBar, line: L) -> Self {
        Self { bar: bar.clone(), said: Instant::now(), line }
    }

    /// Says how far the bar is, if it is time to.
    pub fn tell(&mut self, doing: &str, unit: &str) {
        if self.bar.is_hidden() && self.said.elapsed() >= LINE_EVERY {
            self.said = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or_default());
            (self.line)(format!("{doing}: {done} of {all} {unit}"));
        }
    }
}

/// A bar of things: how many, how fast, how long still.
#[must_use]
pub fn things(total: u64, what: &'static str) -> ProgressBar {
    bar(total, "{msg} {bar:30} {human_pos}/{human_len} {per_sec} {eta}").with_message(what)
}

/// A bar of bytes.
#[must_use]
pub fn bytes(total: u64) -> ProgressBar {
    bar(total, "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
}

fn bar(total: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}
