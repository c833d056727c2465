//! A server for tests: a fresh folder, a frozen clock.
