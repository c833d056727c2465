//! Any bytes as a CloudEvent or a batch of them are read or refused, and never end the process.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| server::fuzzing::event(bytes));
