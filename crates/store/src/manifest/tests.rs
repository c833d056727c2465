//! Batches as announced and as arrived.
