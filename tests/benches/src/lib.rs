//! Benchmarks beside what people use instead, as ratios.
