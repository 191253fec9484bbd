//! Pure: MIME in and out, safe HTML, delivery reports. No I/O.
