//! `jindu copy`: what the terminal shows while rows are copied, and what it says at the end.

use super::service::{Doing, copy};
use super::{End, Ended};
use crate::app::Failed;
use crate::config::Config;
use crate::progress::{self, Lines};
use domain::moment::Moment;
use indicatif::ProgressBar;
use std::time::{Duration, Instant};
use store::whole::Brought;

/// What is said at the end.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// The words.
    pub text: String,
    /// Whether both databases were found to be the same, and the copy may be served from.
    pub is_complete: bool,
    /// Whether a server still changes the database that is copied.
    pub is_served: bool,
}

/// Copies; `line` writes a line where there is no terminal.
///
/// # Errors
/// Says what is refused or has failed.
pub async fn run(
    config: &Config,
    (from, to): (&End, &End),
    now: Moment,
    line: impl FnMut(String) + Send,
) -> Result<Said, Failed> {
    let started = Instant::now();
    let bar = progress::things(0, "rows");
    let lines = Lines::beside(&bar, line);
    let mut shown = Shown { bar, table: String::new(), done: 0, at: 0, lines };
    let ended =
        copy(config, (from, to), now, |doing, all, table, at| shown.show(doing, all, table, at)).await;
    shown.bar.finish_and_clear();
    Ok(said(&ended?, to, started.elapsed()))
}

/// What the terminal shows.
struct Shown<L> {
    bar: ProgressBar,
    table: String,
    /// Rows of the tables before, and of this one.
    done: u64,
    at: u64,
    lines: Lines<L>,
}

impl<L: FnMut(String)> Shown<L> {
    fn show(&mut self, doing: Doing, all: u64, table: &str, at: u64) {
        let what = match doing {
            Doing::Copying => "copying",
            Doing::Comparing => "comparing",
        };
        let name = format!("{what} {table}");
        if name != self.table {
            // The second walk begins anew.
            let is_new_walk = !self.table.starts_with(what);
            self.done = if is_new_walk { 0 } else { self.done + self.at };
            self.table.clone_from(&name);
            self.bar.set_message(name);
        }
        self.at = at;
        let rows = self.done + self.at;
        self.bar.set_length(all.max(rows));
        self.bar.set_position(rows);
        self.lines.tell(&self.table, "rows");
    }
}

fn said(ended: &Ended, to: &End, took: Duration) -> Said {
    let is_complete = matches!(ended, Ended::Complete(_) | Ended::Already);
    let text = match ended {
        Ended::Complete(brought) => format!(
            "{}\nBoth databases were compared row by row and are the same.\nNext: {}",
            counted(brought, took),
            next(to)
        ),
        Ended::Already => {
            format!("Both databases are the same; nothing was to be copied.\nNext: {}", next(to))
        }
        Ended::Served(brought) => format!(
            "{}\nThis is not the end: a server still runs on --from and goes on changing it. Run this command again \
             until few rows are put; then stop the server and run it once more.",
            counted(brought, took)
        ),
        Ended::Differs(differences) => {
            let lines = differences.iter().map(|difference| {
                format!("  {}: {} rows there, {} here\n", difference.table, difference.here, difference.there)
            });
            format!(
                "The databases are not the same yet (there: --from, here: --to):\n{}Something has changed one of \
                 them meanwhile. See that nothing else runs on them, and run this command again.",
                lines.collect::<String>()
            )
        }
    };
    Said { text, is_complete, is_served: matches!(ended, Ended::Served(_)) }
}

fn counted(brought: &Brought, took: Duration) -> String {
    let Brought { rows, added, removed } = brought;
    let seconds = took.as_secs_f64();
    format!("Rows: {rows} read, {added} put, {removed} taken out, in {seconds:.1} s.")
}

fn next(to: &End) -> String {
    match to {
        End::Server(address) => format!(
            "write database = \"{address}\" into jindu.toml, and start `jindu serve`. Serve from one of the two only: \
             whatever is told to the old one from now on is not in the new one."
        ),
        End::Folder(folder) => format!(
            "take `database` out of jindu.toml, set data = \"{}\", and start `jindu serve`.",
            folder.display()
        ),
    }
}
