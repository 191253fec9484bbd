//! Which TLS Pli accepts: versions, suites, anchors, revocation, client certificates.
