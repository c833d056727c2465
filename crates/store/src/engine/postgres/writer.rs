//! The writer of one process: waits for jobs, gathers those that wait with them, one commit for all.
//!
//! A change is never cancelled. Where the server goes away while it commits, the writer looks on the next server
//! whether the change is there: every change has its row in the audit, and both are there or neither is.

use super::deadline;
use super::lines::{Line, Lines};
use crate::audit::Trace;
use crate::engine::{JOBS_PER_COMMIT, Queued, Told, Value, Work};
use crate::error::{Result, StoreError};
use crate::{Write, Writing};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep};

/// Begins a transaction that is the only one that changes anything until it ends: the lock is its own.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock(7599936)";
/// Ends it. Of a transaction that failed in its middle COMMIT says that it went well; a statement before it does not.
const COMMIT: &str = "SELECT 1; COMMIT";
/// Ends it with something to wait for: what was found may have been kept by this server alone, without its standbys.
const CONFIRM: &str = "SELECT pg_logical_emit_message(true, 'jindu', ''); COMMIT";
const TOLD: &str = "SELECT CAST(1 AS BIGINT) FROM audit WHERE at = $1 AND id = $2";

/// The writer's desk.
pub(super) struct Writer {
    lines: Arc<Lines>,
    line: Option<Line>,
}

/// A job that is done and not committed yet, and the audit row by which it is found again.
struct Done {
    told: Told,
    trace: Option<Trace>,
}

impl Writer {
    pub(super) fn new(lines: Arc<Lines>) -> Self {
        Self { lines, line: None }
    }

    /// The writer's life.
    pub(super) async fn write_until_closed(mut self, mut jobs: UnboundedReceiver<Queued>) {
        let mut group = Vec::new();
        while jobs.recv_many(&mut group, JOBS_PER_COMMIT).await > 0 {
            self.commit_group(std::mem::take(&mut group)).await;
        }
    }

    async fn commit_group(&mut self, group: Vec<Queued>) {
        // A change that waited long enough is not kept waiting for as long again.
        let oldest = group.iter().map(|queued| queued.since + deadline::WRITE).min();
        let deadline = oldest.unwrap_or_else(Instant::now).max(Instant::now() + deadline::READ);
        let line = match self.begin(deadline).await {
            Ok(line) => line,
            Err(error) => {
                let error = Arc::new(error);
                group.into_iter().for_each(|queued| (queued.failed)(StoreError::Begin(Arc::clone(&error))));
                return;
            }
        };
        let alone = group.len() == 1;
        let mut done = Vec::with_capacity(group.len());
        for queued in group {
            done.extend(run_job(&line, queued, alone).await);
        }
        let end = if done.is_empty() { "ROLLBACK" } else { COMMIT };
        let ended = line.batch(end).await;
        if ended.is_ok() {
            self.line = Some(line);
            done.into_iter().for_each(|done| (done.told)(Ok(())));
            return;
        }
        line.hang_up();
        if let Err(error) = ended {
            tracing::warn!(error = &error as &dyn std::error::Error, "a commit was not confirmed");
            self.resolve(done, &Arc::new(error)).await;
        }
    }

    /// A connection with its transaction begun; while no server takes changes, it is called again.
    async fn begin(&mut self, deadline: Instant) -> Result<Line> {
        let mut last = None;
        loop {
            let begun = match self.line.take().filter(|line| !line.is_closed()) {
                Some(line) => begun(line, deadline).await,
                None => match deadline::before(deadline, self.lines.own()).await {
                    Ok(line) => begun(line, deadline).await,
                    Err(error) => Err(error),
                },
            };
            match begun {
                // Why it was in vain says more than that it was.
                Err(StoreError::TooSlow) if Instant::now() >= deadline => {
                    return Err(last.unwrap_or(StoreError::TooSlow));
                }
                Err(error) if error.may_pass_soon() && Instant::now() < deadline => {
                    last = Some(error);
                    sleep(deadline::PAUSE).await;
                }
                begun => return begun,
            }
        }
    }

    /// Tells the callers of a commit that failed what became of it: all of the group is there, or nothing.
    async fn resolve(&mut self, done: Vec<Done>, error: &Arc<StoreError>) {
        let trace = done.iter().find_map(|done| done.trace);
        let is_there = match trace {
            _ if error.is_of_values() => Ok(false),
            Some(trace) => self.is_there(trace).await,
            None => Err(StoreError::Unknown),
        };
        for Done { told, .. } in done {
            told(match is_there {
                Ok(true) => Ok(()),
                Ok(false) => Err(StoreError::Begin(Arc::clone(error))),
                Err(_) => Err(StoreError::Unknown),
            });
        }
    }

    /// Whether a change is in the database: asked until a server answers. Its commit may be on its way still; who has
    /// the lock knows that it came or never will.
    async fn is_there(&mut self, trace: Trace) -> Result<bool> {
        let deadline = Instant::now() + deadline::WRITE;
        let values = [Value::Int(trace.at.millis()), Value::Int(trace.id)];
        loop {
            let line = self.begin(deadline).await?;
            let found = deadline::before(deadline, async {
                let found = line.query(TOLD, &values).await?;
                line.batch(CONFIRM).await.map(|()| !found.is_empty())
            });
            match found.await {
                Ok(found) => {
                    self.line = Some(line);
                    return Ok(found);
                }
                Err(error) => {
                    line.hang_up();
                    if !error.may_pass_soon() || Instant::now() >= deadline {
                        return Err(error);
                    }
                }
            }
        }
    }
}

/// The connection with its transaction begun. One that is not, or too late, goes back to nobody: it may get the lock yet.
async fn begun(line: Line, deadline: Instant) -> Result<Line> {
    match deadline::before(deadline, line.batch(BEGIN)).await {
        Ok(()) => Ok(line),
        Err(error) => {
            line.hang_up();
            Err(error)
        }
    }
}

/// Runs one job, in its savepoint unless it is alone; a failed or panicking job leaves no trace in the group.
async fn run_job(line: &Line, queued: Queued, alone: bool) -> Option<Done> {
    let Queued { job, failed, .. } = queued;
    let outcome = async {
        if !alone {
            line.batch("SAVEPOINT job").await?;
        }
        let mut write = Write::new(Writing::Postgres(line));
        let outcome = without_panic(AssertUnwindSafe(|| job(&mut write))).await;
        // What went wrong in a statement ended the transaction, whatever the job made of it.
        let outcome = if write.is_spoilt { outcome.and(Err(StoreError::Abandoned)) } else { outcome };
        let trace = write.trace;
        if !alone {
            let end = if outcome.is_ok() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
            line.batch(end).await?;
        }
        outcome.map(|told| Done { told, trace })
    };
    match outcome.await {
        Ok(done) => Some(done),
        Err(error) => {
            failed(error);
            None
        }
    }
}

/// The outcome of work that may panic, in the making or while it waits.
async fn without_panic<'w, T>(make: AssertUnwindSafe<impl FnOnce() -> Work<'w, T>>) -> Result<T> {
    let mut work = catch_unwind(make).map_err(|_| StoreError::Panicked)?;
    std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.unwrap_or(Poll::Ready(Err(StoreError::Panicked)))
    })
    .await
}
