//! Logs of boots that went wrong, each with what it comes to.
