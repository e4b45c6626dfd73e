//! What an application can observe of a client, whatever it runs on.
//!
//! Scenarios are plain functions over a [`world`]; the list at the end runs each on
//! every runtime, against servers of fanfare's, against tungstenite's, and against
//! some that do not behave. They wait for observations, never for time to pass.
//!
//! | features.md §6 | shown by |
//! |---|---|
//! | connect, send, callbacks | file `conversation` |
//! | disconnect, close, reconnect, rejoin | file `coming_back` |
//! | lines that go silent | files `coming_back`, `half_open` |
//! | events, acknowledgements, rooms | file `events` |
//! | typed errors | files `failing`, `tls` |
//! | a stream of messages, and its bounds | file `pulling` |
//! | servers of others | folder `foreign` |
//! | what breaks elsewhere | file `failures` |

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod coming_back;
mod conversation;
mod events;
mod failing;
mod failures;
mod foreign;
mod half_open;
mod pulling;
mod tls;
mod world;

/// Runs each scenario in each world.
macro_rules! scenarios {
    ($($file:ident { $($scenario:ident)+ })+) => {
        scenarios! { in smol = World::Smol; $($file { $($scenario)+ })+ }
        scenarios! { in std_threads = World::StdThreads; $($file { $($scenario)+ })+ }
        scenarios! { in tokio = World::tokio(); $($file { $($scenario)+ })+ }
    };
    (in $world:ident = $make:expr; $($file:ident { $($scenario:ident)+ })+) => {
        mod $world {
            use crate::world::World;

            $(mod $file {
                $(#[test]
                fn $scenario() {
                    crate::$file::$scenario(&super::world());
                })+
            })+

            fn world() -> World {
                $make
            }
        }
    };
}

scenarios! {
    coming_back {
        a_server_that_comes_back_is_rejoined
        a_close_ends_the_wait_for_an_attempt_at_once
        a_disconnected_client_connects_again
        who_leaves_while_it_receives_has_left
        a_line_that_goes_silent_is_noticed
        attempts_are_limited
    }
    conversation {
        messages_come_back_with_their_type
        the_request_says_what_was_asked_for
        pings_go_both_ways
        a_close_is_a_handshake_with_code_and_reason
        a_callback_that_fails_is_told_and_one_that_panics_ends_the_client
        nothing_may_block_in_a_callback
        a_dropped_handle_ends_everything
        a_burst_goes_through_a_small_outbox
        a_send_that_waits_goes_no_faster_than_the_server_reads
        a_unix_socket_will_do
    }
    events {
        events_are_answered_both_ways
        an_event_that_nobody_handles_is_answered_so
        whoever_asks_hears_that_a_callback_failed
        a_refused_join_is_told
    }
    failing {
        a_host_that_is_not_there_is_named
        a_port_where_nobody_listens_refuses
        a_status_is_told_with_its_body
        an_answer_that_does_not_come_is_not_awaited_for_ever
        a_server_that_is_none_is_a_violation
        commands_are_bounded
    }
    failures {
        after_reconnects_there_is_one_heartbeat
    }
    half_open {
        a_server_that_is_heard_no_more_is_given_up
        a_server_that_hears_nothing_gives_up_and_is_connected_to_anew
    }
    pulling {
        what_is_heard_comes_in_order
        pings_are_heard_by_who_asks
        who_does_not_pull_is_felt_by_the_server
        events_can_be_pulled_and_answered
        who_has_no_stream_any_more_is_not_held_up
        a_stream_that_nobody_pulls_does_not_grow_with_each_attempt
    }
    tls {
        messages_come_back_over_tls
        a_server_that_is_not_trusted_is_not_talked_to
        a_proxy_is_asked_for_a_tunnel
    }
}
