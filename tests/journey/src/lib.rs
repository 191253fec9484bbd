//! Whole journeys on real servers.
