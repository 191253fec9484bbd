//! Whole journeys on real servers: see `tests/`.
