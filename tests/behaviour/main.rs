//! What a peer and an application can observe, whatever runs underneath.
//!
//! Scenarios are plain functions over a [`world`]; the list at the end runs
//! each in every world: on sockets of the loopback under each runtime, with an
//! independent WebSocket client, and in imagined time over virtual connections.
//! They wait for observations, never for time to pass. What hostile peers try
//! has a table of its own, in [`hostile`], and so has what broke elsewhere, in
//! [`failures`]; [`table`] holds them to their lists.
//!
//! | features.md | shown by |
//! |---|---|
//! | 1 ids, metadata | `a_connection_is_described`, `a_connection_knows_its_request`, `a_client_id_does_wherever_an_id_does`, `an_unknown_recipient_is_a_typed_error` |
//! | 2 sending | `messages_come_back_with_their_type`, `a_send_that_cannot_be_is_a_typed_error`, `values_are_sent_as_json`, `a_full_inbox_refuses_and_loses_nothing_it_took`, `a_send_that_waits_goes_no_faster_than_its_peer_reads` |
//! | 3 pull style | `messages_are_received_and_sent_with_their_type`, `a_handler_that_does_not_read_blocks_its_peer`, `a_handler_that_returns_closes`, `every_receiver_hears_of_the_end`, `a_send_that_waits_hears_when_its_peer_is_gone` |
//! | 4 close, state | `closing_is_a_handshake_and_idempotent`, `a_close_by_the_peer_is_answered`, `parameters_and_state_belong_to_the_connection` |
//! | 5 pings | `pings_are_answered_and_seen`, `an_application_may_ping`, `the_silent_are_pinged_and_cut` |
//! | 6 forwarded addresses | `addresses_are_taken_from_trusted_proxies_only`, `clients_of_a_proxy_are_told_apart` |
//! | 7 start, stop | `a_stopped_server_makes_room_for_the_next`, `stopping_twice_is_stopping_once`, `a_stopped_server_says_so` |
//! | 8 attach | `bytes_read_before_attaching_are_not_lost` |
//! | 9 routes | `parameters_and_state_belong_to_the_connection`, `routes_have_limits_of_their_own`, `origins_may_be_listed`, `unknown_paths_and_wrong_methods_are_told`, file `events` |
//! | 10 callbacks | `opened_messages_closed_in_order_and_once`, `errors_are_told_and_the_connection_lives`, files `authorise`, `handlers`, `panics` |
//! | 11 late refusals | `a_refusal_may_come_after_the_upgrade`, `a_refusal_after_the_upgrade_leaves_no_connection`, `whoever_is_connected_may_be_turned_away` |
//! | 12 limits | `connections_max_is_exact_in_a_crowd`, `an_address_has_a_limit_of_its_own`, `the_silent_keep_no_honest_client_out` |
//! | 13 origin | `origins_are_judged_before_the_upgrade`, `origins_may_be_listed` |
//! | 14 subprotocol, compression | `the_application_chooses_the_subprotocol`, `an_envelope_may_be_chosen_by_subprotocol`, file `compression` |
//! | 15 graceful stop | file `stopping` |
//! | 16 lifecycle bus | file `lifecycle` |
//! | 17 default handlers | `a_session_without_handlers_has_default_ones`, `default_handlers_ask_whoever_judges_joins`, `default_handlers_stand_behind_the_applications_own` |
//! | 18 look-up, counts | `a_connection_is_described`, `a_group_is_described`, `rooms_are_made_counted_and_gone`, `connections_max_is_exact_in_a_crowd` |
//! | 19 rooms | `rooms_are_made_counted_and_gone`, `a_connection_knows_its_rooms`, `nothing_is_delivered_after_a_confirmed_leave` |
//! | 20 namespaces | `leaving_a_namespace_leaves_its_rooms`, `clients_join_what_is_declared_and_the_authoriser_grants` |
//! | 21 primary channels | `a_connection_starts_in_its_channel`, `broadcasts_follow_a_move`, `joining_a_channels_room_is_no_move`, `a_channel_that_cannot_be_is_refused_before_the_upgrade` |
//! | 22 limits of rooms | `joins_are_limited_and_names_checked`, `a_join_over_a_limit_is_refused_with_an_error_frame`, `names_that_clients_make_do_not_stay` |
//! | 23 client ids | `client_ids_may_be_shared`, `a_newer_connection_replaces_the_older`, `a_taken_client_id_is_refused`, file `tabs` |
//! | 24, 25 broadcast, reports | files `broadcast`, `filters`, `slow_readers`, `each_hears_an_event_in_its_own_envelope` |
//!
//! Envelopes and acknowledgements, which have no number, are shown by the
//! files `asking` and `events`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod asking;
mod authorise;
mod broadcast;
mod channels;
mod compression;
mod conversation;
mod endings;
mod events;
mod failures;
mod filters;
mod from_outside;
mod groups;
mod handlers;
mod hostile;
mod identity;
mod lifecycle;
mod limits;
mod panics;
mod plain_http;
mod pull;
mod sending;
mod slow_readers;
mod stopping;
mod table;
mod tabs;
mod tls;
mod world;

#[cfg(feature = "smol")]
use fanfare::smol;
#[cfg(feature = "tokio")]
use fanfare::tokio;
use world::World;

/// Runs each scenario in each world.
macro_rules! scenarios {
    ($($file:ident { $($scenario:ident)+ })+) => {
        /// All scenarios, by the file they are in.
        const SCENARIOS: &[(&str, &[&str])] =
            &[$((stringify!($file), &[$(stringify!($scenario)),+])),+];

        #[cfg(feature = "smol")]
        scenarios! { in smol_one_shard = World::smol(1, smol::Placement::Tasks); $($file { $($scenario)+ })+ }
        #[cfg(feature = "smol")]
        scenarios! { in smol_two_shards = World::smol(2, smol::Placement::Tasks); $($file { $($scenario)+ })+ }
        #[cfg(feature = "smol")]
        scenarios! { in smol_two_threads = World::smol(2, smol::Placement::Threads); $($file { $($scenario)+ })+ }
        #[cfg(feature = "std-threads")]
        scenarios! { in std_threads_one_shard = World::std_threads(1); $($file { $($scenario)+ })+ }
        #[cfg(feature = "std-threads")]
        scenarios! { in std_threads_two_shards = World::std_threads(2); $($file { $($scenario)+ })+ }
        #[cfg(feature = "tokio")]
        scenarios! { in tokio_one_shard = World::tokio(1, tokio::Placement::Tasks); $($file { $($scenario)+ })+ }
        #[cfg(feature = "tokio")]
        scenarios! { in tokio_two_shards = World::tokio(2, tokio::Placement::Tasks); $($file { $($scenario)+ })+ }
        #[cfg(feature = "tokio")]
        scenarios! { in tokio_two_threads = World::tokio(2, tokio::Placement::Threads); $($file { $($scenario)+ })+ }
        scenarios! { in simulated_one_shard = World::simulated(1, 1); $($file { $($scenario)+ })+ }
        scenarios! { in simulated_two_shards = World::simulated(2, 2); $($file { $($scenario)+ })+ }
    };
    (in $world:ident = $make:expr; $($file:ident { $($scenario:ident)+ })+) => {
        mod $world {
            $(mod $file {
                $(#[test]
                fn $scenario() {
                    crate::$file::$scenario(&crate::$world());
                })+
            })+
        }

        fn $world() -> World {
            $make
        }
    };
}

scenarios! {
    asking {
        an_answer_resolves_a_question_once
        a_question_ends_with_its_time_or_with_its_connection
        a_question_may_be_asked_inside_a_handler
        a_vote_has_the_answers_and_who_is_missing
        questions_that_are_never_answered_are_bounded
        a_question_inside_a_handler_ends_like_any_other
        a_vote_tells_who_left_and_who_said_nothing
        thousands_of_unanswered_questions_end_one_by_one
    }
    authorise {
        the_application_refuses_with_status_and_body
        authorisation_may_take_its_time
        who_leaves_before_the_decision_is_let_go
        the_application_chooses_the_subprotocol
        origins_are_judged_before_the_upgrade
        a_refusal_may_come_after_the_upgrade
        a_refusal_after_the_upgrade_leaves_no_connection
        whoever_is_connected_may_be_turned_away
        an_envelope_may_be_chosen_by_subprotocol
        addresses_are_taken_from_trusted_proxies_only
        clients_of_a_proxy_are_told_apart
    }
    broadcast {
        every_target_reaches_each_recipient_once
        each_publisher_is_heard_in_order
        a_crowd_of_publishers_on_threads_is_heard_in_order
    }
    channels {
        a_connection_starts_in_its_channel
        broadcasts_follow_a_move
        joining_a_channels_room_is_no_move
        a_channel_that_cannot_be_is_refused_before_the_upgrade
        a_session_without_handlers_has_default_ones
        default_handlers_ask_whoever_judges_joins
        default_handlers_stand_behind_the_applications_own
    }
    compression {
        messages_are_compressed_both_ways
        a_broadcast_is_compressed_once_for_all
        a_route_may_decline_compression
        offers_that_make_no_sense_are_declined
        the_compressed_bit_has_its_place
        bombs_and_garbage_end_one_connection
    }
    conversation {
        messages_come_back_with_their_type
        a_connection_is_described
        an_unknown_recipient_is_a_typed_error
        closing_is_a_handshake_and_idempotent
        a_close_by_the_peer_is_answered
        pings_are_answered_and_seen
        parameters_and_state_belong_to_the_connection
        routes_have_limits_of_their_own
        opened_messages_closed_in_order_and_once
        bytes_read_before_attaching_are_not_lost
        bytes_behind_the_request_are_not_lost
    }
    endings {
        a_close_that_is_never_answered_ends
        an_end_that_never_comes_is_not_awaited_for_ever
        a_reset_in_the_middle_of_a_message_ends_one_connection
        a_peer_that_ends_its_side_has_left
        who_ends_its_side_still_gets_what_it_asked_for
        a_crowd_that_leaves_at_once_leaves_nothing
    }
    events {
        an_event_goes_to_a_room_and_is_acknowledged
        an_event_that_nobody_handles_is_answered_if_it_asks
        clients_join_what_is_declared_and_the_authoriser_grants
        names_that_clients_make_do_not_stay
        a_join_over_a_limit_is_refused_with_an_error_frame
        the_eleventh_malformed_message_ends_the_connection
        a_session_is_a_conversation
        each_hears_an_event_in_its_own_envelope
        several_handlers_run_in_order
        an_async_handler_takes_one_event_at_a_time
        a_handler_that_fails_or_panics_is_contained
        whoever_waits_hears_that_a_handler_failed
    }
    failures {
        fifty_leave_while_they_are_received_from_and_closed
        broadcasts_at_once_never_mix_their_bytes
        sending_to_who_is_closing_is_an_answer
        a_burst_is_handled_in_the_order_it_was_sent
        a_reader_that_stops_stalls_nobody
        a_broadcast_to_two_is_offered_to_two
        a_message_for_many_is_kept_once
        who_is_cut_for_not_reading_is_gone_from_everywhere
        a_hundred_thousand_names_of_clients_do_not_stay
        of_two_under_one_client_id_each_leaves_alone
        who_leaves_changes_its_own_rooms_only
        a_reason_that_is_too_long_is_cut_and_heard
        who_says_anything_is_alive_without_a_pong
    }
    filters {
        a_filter_finds_whoever_is_like_this
        a_filtered_event_is_sent_from_a_handler
    }
    from_outside {
        another_thread_sends_joins_and_broadcasts
        a_full_inbox_refuses_and_loses_nothing_it_took
        a_stopped_server_says_so
    }
    groups {
        rooms_are_made_counted_and_gone
        leaving_a_namespace_leaves_its_rooms
        joins_are_limited_and_names_checked
        nothing_is_delivered_after_a_confirmed_leave
        a_confirmed_join_is_known_to_every_publisher
    }
    handlers {
        an_async_handler_takes_one_message_at_a_time
        errors_are_told_and_the_connection_lives
        a_continuation_comes_back_to_its_connection
        waiting_on_a_shard_is_refused
        an_async_handler_may_await_the_server
    }
    hostile {
        an_endless_head_is_answered_431
        too_many_header_lines_are_answered_431
        ambiguous_heads_are_answered_400
        other_protocols_are_answered_and_closed
        another_version_is_told_ours
        a_second_request_behind_an_upgrade_is_no_request
        a_second_request_behind_a_plain_one_is_never_answered
        foreign_origins_are_refused_before_the_upgrade
        refused_handshakes_leave_nothing_behind
        a_dripped_message_is_cut_when_its_time_is_over
        slow_handshakes_share_one_limit_of_time
        lengths_are_minimal_and_have_no_top_bit
        a_message_over_the_limit_is_refused_by_its_header
        reserved_bits_are_refused
        unknown_opcodes_are_refused
        malformed_control_frames_are_refused
        fragments_out_of_order_are_refused
        unmasked_frames_are_refused
        malformed_close_frames_are_refused
        invalid_utf8_is_refused_wherever_it_is_split
        invalid_utf8_is_refused_at_its_first_byte
        tiny_fragments_are_refused_at_the_limit
        tiny_fragments_become_one_message
        a_declared_length_reserves_nothing
        any_split_is_heard_the_same
        a_flood_of_pings_is_refused_at_the_rate
        messages_over_the_rate_are_refused
        pongs_for_a_peer_that_does_not_read_are_bounded
        stopped_readers_stay_within_the_budget
        nothing_is_heard_after_a_close_frame
        endless_input_after_the_end_is_cut
        a_reset_at_any_byte_ends_once
        an_end_at_any_byte_ends_once
        rooms_and_namespaces_are_refused_at_the_limit
        bad_names_are_refused_and_not_kept
    }
    identity {
        a_client_id_does_wherever_an_id_does
        a_connection_knows_its_request
        a_connection_knows_its_rooms
        a_group_is_described
        origins_may_be_listed
    }
    lifecycle {
        a_connection_is_told_from_its_beginning_to_its_end
        order_is_kept_across_shards
        a_slow_listener_is_told_how_much_it_missed
        listening_holds_up_no_shard
        the_end_is_told_last_and_to_everyone
    }
    limits {
        connections_max_is_exact_in_a_crowd
        an_address_has_a_limit_of_its_own
        the_silent_keep_no_honest_client_out
        client_ids_may_be_shared
        a_newer_connection_replaces_the_older
        a_taken_client_id_is_refused
    }
    panics {
        a_panic_closes_its_connection_only
        a_panic_on_opening_starts_no_future
        a_panic_before_opening_is_a_500
        a_panic_of_an_http_handler_is_a_500
    }
    plain_http {
        get_and_head_are_answered
        a_body_is_read_within_its_limit
        chunked_bodies_are_not_implemented
        unknown_paths_and_wrong_methods_are_told
        an_answer_that_comes_later_ends_the_connection
    }
    pull {
        a_handler_that_does_not_read_blocks_its_peer
        a_handler_that_returns_closes
        a_handler_that_returns_while_its_peer_is_blocked_closes
        a_send_that_waits_goes_no_faster_than_its_peer_reads
        a_send_that_waits_hears_when_its_peer_is_gone
        every_receiver_hears_of_the_end
    }
    sending {
        messages_are_received_and_sent_with_their_type
        a_send_that_cannot_be_is_a_typed_error
        values_are_sent_as_json
        an_application_may_ping
        the_silent_are_pinged_and_cut
    }
    slow_readers {
        drop_newest_spares_the_others
        drop_oldest_spares_the_others
        disconnect_spares_the_others
    }
    stopping {
        everyone_hears_the_farewell_and_1001
        newcomers_are_answered_503_while_others_leave
        the_deadline_cuts_whoever_stays
        stopping_twice_is_stopping_once
        a_stopped_server_makes_room_for_the_next
        the_silent_do_not_hold_up_a_stop
        closes_may_be_staggered
        an_authorisation_that_ends_during_the_stop_is_refused
        each_route_says_farewell_in_its_own_words
        whoever_is_not_yet_told_to_go_is_served
    }
    tabs {
        a_user_with_three_tabs_is_notified_on_all
        all_of_a_race_stay_where_many_are_allowed
        the_last_of_a_race_replaces_the_others
        the_first_of_a_race_keeps_its_client_id
    }
    tls {
        messages_come_back_over_tls_and_the_end_is_announced
        attached_streams_are_taken_as_they_are
        a_reader_that_stops_is_cut_behind_tls_too
    }
}
