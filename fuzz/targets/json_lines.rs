//! Any bytes as a file of JSON lines are read or refused, and never end the process.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| server::fuzzing::json_lines(bytes));
