//! What we say: one method of [`Language`] for every message, made and checked at build time.
//!
//! A message `title` in `locales/zh/inquiry.toml` is `language.inquiry_title()`; a message in the table
//! `[signed]` of `stages.toml` is `language.stages_signed_name()`. A message without placeholders is a
//! `&'static str`. Each placeholder (`{day}`) is an argument, **in alphabetical order**, so that rewording a
//! sentence never swaps two arguments; the result is a `String`. A table of plural forms (`one`, `other`) is
//! one message and takes the number `count: u64`; which form a number needs is decided by CLDR. A brace that
//! is meant is written twice. A key, placeholder or plural form that one language lacks fails the build.

mod date;
mod language;
mod plural;

pub use language::Language;

include!(concat!(env!("OUT_DIR"), "/messages.rs"));
