//! Progress bars for long work at a terminal; silent where there is none.

use indicatif::{ProgressBar, ProgressStyle};

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
