//! Three servers of which any may die: what a cluster promises, tried on real ones.

mod cluster;
