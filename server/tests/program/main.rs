//! The built program as its users meet it: started as a process, asked over
//! real sockets by a client that shares no code with it, ended by signals.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bench;
mod broadcast;
mod chat;
mod commands;
mod connect;
mod conversations;
mod echo;
mod http;
mod lobby;
mod metrics;
mod mounting;
mod notifications;
mod notify;
mod operators;
mod page;
mod proxies;
mod sessions;
mod settings;
mod status;
mod stopping;
mod support;
mod tls;
mod waiting;
