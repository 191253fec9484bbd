//! Pro Santé Connect: discovery, the code flow, the session and its clock.
