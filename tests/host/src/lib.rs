//! The test host: the contract over HTTP, for the window's tests in a browser.
