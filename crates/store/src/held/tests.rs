//! The held queue.
