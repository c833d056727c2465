//! How we speak HTTP: from the socket to typed input, and from a view or a failure back to bytes.
//!
//! The path of a request: [`serve`] accepts the connection, [`Edge`] opens and closes every request (request
//! id, language, format, CSRF, security headers, panics, failures in words), [`Input`] reads the body, the
//! handler answers with a [`Reply`] or a [`Failure`].

// Templates name `web::Icon`; that must mean the same here and in the crates that extend our templates.
extern crate self as web;

mod asset;
mod context;
mod crowd;
mod edge;
mod failure;
mod field;
mod icon;
mod input;
mod problem;
mod reply;
mod security;
mod serve;
mod shell;
mod stall;
mod step;

pub use asset::{asset, assets};
pub use context::{Context, Format, Peer, RequestId};
pub use crowd::{Crowd, source};
pub use edge::Edge;
pub use failure::Failure;
pub use field::Field;
pub use icon::Icon;
pub use input::{BodyLimit, Input, essence, media_type, parse_json, read_body};
pub use problem::{Fault, Problem};
pub use reply::Reply;
pub use serve::{Limits, serve};
pub use shell::{Shell, Switch};
pub use step::Step;
