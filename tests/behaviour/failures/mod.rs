//! Where the systems break that fanfare stands in for, and that it does not.
//!
//! Apart from the features because each line here is something that went wrong:
//! the scenarios do what broke them and show what happens instead. A claim that
//! a feature's scenario shows already is named here and shown there. Numbers and
//! sentences are those of features.md §9; [`table`](crate::table) holds this
//! table to its list.
//!
//! | number | what does not happen | shown by |
//! |---|---|---|
//! | 1 | a crowd that leaves deadlocks receive and close, tasks leak, the next broadcast hangs | `fifty_leave_while_they_are_received_from_and_closed`, `a_crowd_that_leaves_at_once_leaves_nothing` |
//! | 2 | two broadcasts at once mix on one socket, and crash | `broadcasts_at_once_never_mix_their_bytes`, `a_crowd_of_publishers_on_threads_is_heard_in_order` |
//! | 3 | sending while closing panics | `sending_to_who_is_closing_is_an_answer`, `closing_is_a_handshake_and_idempotent` |
//! | 4 | a client that disconnects while it receives crashes | `who_leaves_while_it_receives_has_left` |
//! | 4 | its pings go on after each reconnect | `after_reconnects_there_is_one_heartbeat` |
//! | 4 | closing it does not cancel a reconnect | `a_close_ends_the_wait_for_an_attempt_at_once` |
//! | 5 | messages are handled out of order | `a_burst_is_handled_in_the_order_it_was_sent`, `each_publisher_is_heard_in_order`, `an_async_handler_takes_one_event_at_a_time` |
//! | 5 | there is no read limit | `a_message_over_the_limit_is_refused_by_its_header`, `a_declared_length_reserves_nothing` |
//! | 5 | a race overruns the connection limit | `connections_max_is_exact_in_a_crowd` |
//! | 6 | a reader that stops stalls everyone's broadcast | `a_reader_that_stops_stalls_nobody`, file `slow_readers` |
//! | 7 | a broadcast looks at all connections | `a_broadcast_to_two_is_offered_to_two` |
//! | 7 | it is encoded once per recipient | `a_message_for_many_is_kept_once`, `a_broadcast_is_compressed_once_for_all` |
//! | 7 | a slow writer leaves a zombie | `who_is_cut_for_not_reading_is_gone_from_everywhere` |
//! | 8 | waiting for an answer inside a handler times out | `a_question_may_be_asked_inside_a_handler` |
//! | 8 | a panic of a handler's ends the process | `a_panic_closes_its_connection_only`, `a_handler_that_fails_or_panics_is_contained` |
//! | 8 | 100,000 namespaces that clients make stay | `a_hundred_thousand_names_of_clients_do_not_stay`, `names_that_clients_make_do_not_stay` |
//! | 9 | two connections under one id unregister each other | `of_two_under_one_client_id_each_leaves_alone`, `a_newer_connection_replaces_the_older` |
//! | 9 | leaving costs every room | `who_leaves_changes_its_own_rooms_only` |
//! | 10 | there is no closing handshake | `closing_is_a_handshake_and_idempotent`, `a_close_by_the_peer_is_answered` |
//! | 10 | a reason over 123 bytes loses the close frame | `a_reason_that_is_too_long_is_cut_and_heard` |
//! | 11 | who talks and never pongs is cut | `who_says_anything_is_alive_without_a_pong`, `the_silent_are_pinged_and_cut` |
//!
//! Number 4 is about clients. It is shown with ours, on each runtime, by the
//! scenarios in `tests/clients`.

mod crowds;
mod ends;
mod names;
mod readers;

pub(crate) use {crowds::*, ends::*, names::*, readers::*};
