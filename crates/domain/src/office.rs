//! What is true of an office: how it is called and found, when it is open, what it does, and which words find it.

pub mod directory;
pub mod key;
pub mod opening;
pub mod phone;
pub mod place;
pub mod service;

pub use directory::{Directory, District, Found, Listed, Wanted};
pub use key::{Key, Words};
pub use opening::{Minute, Opening, OpeningError, Span, Today, Weekdays};
pub use phone::Phone;
pub use place::Place;
pub use service::{Service, Services};
