//! Any stream, cut anywhere, against tungstenite's `WebSocketContext`: the same
//! messages, and the same class of error, apart from what `oracle` names.

#[path = "support/oracle.rs"]
mod oracle;
mod support;

use fanfare_core::wire::Role;
use oracle::judge;
use proptest::prelude::*;
use support::{outcome, piece_sizes, streams};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_server_reads_what_tungstenite_reads(stream in streams(Role::Server), sizes in piece_sizes()) {
        judge(Role::Server, &stream, &sizes);
    }

    #[test]
    fn a_client_reads_what_tungstenite_reads(stream in streams(Role::Client), sizes in piece_sizes()) {
        judge(Role::Client, &stream, &sizes);
    }
}
