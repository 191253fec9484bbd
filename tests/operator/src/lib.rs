//! A local MSSanté operator on loopback, for the tests and for cargo operator.
