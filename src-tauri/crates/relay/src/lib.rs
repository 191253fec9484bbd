//! The intermediary between Pli and Pro Santé Connect: a standard OpenID provider to Pli, a confidential client to
//! Pro Santé Connect.
