//! Several servers on one database: what a user sees of it while they come and go.

mod balancer;
mod rolling;
mod takeover;
