//! Each default, each value of a preset and each message, as they are promised.
//!
//! Written out once more on purpose: a default that is changed by accident is
//! seen here, and one that is changed on purpose is changed here.

use super::*;
use crate::event::Envelope;

#[test]
fn the_defaults_of_a_server() {
    let Settings {
        connections_max,
        connections_per_address_max,
        handshake_time_max,
        head_bytes_max,
        headers_max,
        pending_handshakes_max,
        read_buffer_bytes,
        server_outbox_bytes_max,
        shard_inbox_messages_max,
        blocking_handlers_max,
        client_id_policy,
        keep_headers,
        acks_collected_bytes_max,
        lifecycle_events_max,
        connection,
    } = Settings::default();
    assert_eq!((connections_max, connections_per_address_max), (0, 0), "unlimited");
    assert_eq!((handshake_time_max, head_bytes_max, headers_max), (10 * SECOND, 8 * KIB, 100));
    assert_eq!((pending_handshakes_max, read_buffer_bytes), (1_000, 64 * KIB));
    assert_eq!(server_outbox_bytes_max, 256 * MIB);
    assert_eq!((shard_inbox_messages_max, blocking_handlers_max), (65_536, 512));
    assert_eq!((client_id_policy, keep_headers), (ClientIdPolicy::Allow, KeepHeaders::None));
    assert_eq!((acks_collected_bytes_max, lifecycle_events_max), (MIB, 1_024));
    assert_eq!(connection, ConnectionSettings::default());
}

#[test]
fn the_defaults_of_a_route() {
    let ConnectionSettings {
        message_bytes_max,
        fragments_max,
        message_time_max,
        ping_interval,
        liveness_time_max,
        write_time_max,
        close_time_max,
        linger_time_max,
        linger_bytes_max,
        idle_time_max,
        handler_time_max,
        outbox_messages_max,
        outbox_bytes_max,
        outbox_pressure_bytes,
        sends_waiting_max,
        outbox_policy,
        inbox_messages_max,
        inbox_bytes_max,
        compression,
        compression_threshold_bytes,
        rooms_max,
        namespaces_max,
        room_members_max,
        name_bytes_max,
        envelope,
        ack_time_max,
        acks_max,
        malformed_events_max,
        json_depth_max,
        control_frames_per_second_max,
        messages_per_second_max,
        pongs_pending_max,
        origin,
    } = ConnectionSettings::default();
    assert_eq!((message_bytes_max, fragments_max, message_time_max), (512 * KIB, 1_024, 60 * SECOND));
    assert_eq!((ping_interval, liveness_time_max), (Some(30 * SECOND), 60 * SECOND));
    assert_eq!((write_time_max, close_time_max), (10 * SECOND, 5 * SECOND));
    assert_eq!((linger_time_max, linger_bytes_max), (2 * SECOND, 256 * KIB));
    assert_eq!((idle_time_max, handler_time_max), (None, 60 * SECOND));
    assert_eq!((outbox_messages_max, outbox_bytes_max), (256, MIB));
    assert_eq!((outbox_pressure_bytes, sends_waiting_max), (MIB / 2, 64));
    assert_eq!(outbox_policy, Overflow::DropNewest);
    assert_eq!((inbox_messages_max, inbox_bytes_max), (64, MIB));
    assert_eq!((compression, compression_threshold_bytes), (Compression::Off, 256));
    assert_eq!((rooms_max, namespaces_max, room_members_max, name_bytes_max), (256, 16, 0, 128));
    assert_eq!(envelope, Envelope::Raw);
    assert_eq!((ack_time_max, acks_max), (5 * SECOND, 1_024));
    assert_eq!((malformed_events_max, json_depth_max), (10, 64));
    assert_eq!((control_frames_per_second_max, messages_per_second_max), (100, 0));
    assert_eq!((pongs_pending_max, origin), (16, OriginRule::Same));
}

/// What a preset does not name is as it is by default.
#[test]
fn presets_have_the_values_of_the_systems_they_stand_in_for() {
    type Edit = fn(&mut ConnectionSettings);
    let presets: [(Preset, Edit); 5] = [
        (Preset::Mist, |route| {
            (route.ping_interval, route.liveness_time_max) = (Some(30 * SECOND), 60 * SECOND);
            (route.write_time_max, route.outbox_messages_max) = (10 * SECOND, 256);
            route.message_bytes_max = 512 * KIB;
        }),
        (Preset::Mtp2, |route| {
            (route.ping_interval, route.liveness_time_max) = (Some(30 * SECOND), 60 * SECOND);
            (route.write_time_max, route.outbox_messages_max) = (10 * SECOND, 256);
            route.message_bytes_max = MIB;
            // Room for two messages, where the original has no bound.
            (route.outbox_bytes_max, route.outbox_pressure_bytes) = (2 * MIB + KIB, MIB + KIB / 2);
            route.inbox_bytes_max = 2 * MIB;
        }),
        (Preset::Goutils, |route| {
            (route.ping_interval, route.liveness_time_max) = (Some(15 * SECOND), 30 * SECOND);
            (route.write_time_max, route.ack_time_max) = (10 * SECOND, 5 * SECOND);
            (route.outbox_messages_max, route.message_bytes_max) = (64, MIB);
            (route.outbox_bytes_max, route.outbox_pressure_bytes) = (8 * MIB, 4 * MIB);
            route.inbox_bytes_max = 2 * MIB;
        }),
        (Preset::Zlib, |route| {
            (route.ping_interval, route.liveness_time_max) = (Some(30 * SECOND), 300 * SECOND);
            (route.outbox_messages_max, route.message_bytes_max) = (1_000, 512 * KIB);
        }),
        (Preset::Conformance, |route| {
            (route.message_bytes_max, route.fragments_max) = (16 * MIB, 131_072);
            (route.message_time_max, route.liveness_time_max) = (300 * SECOND, 300 * SECOND);
            (route.ping_interval, route.control_frames_per_second_max) = (None, 100_000);
            route.pongs_pending_max = 1_024;
            (route.outbox_messages_max, route.inbox_messages_max) = (4_096, 4_096);
            (route.outbox_bytes_max, route.outbox_pressure_bytes) = (64 * MIB, 32 * MIB);
            route.inbox_bytes_max = 64 * MIB;
        }),
    ];
    assert_eq!(presets.map(|(preset, _)| preset), Preset::ALL);
    for (preset, edit) in presets {
        let connection = ConnectionSettings::default().with(edit);
        assert_eq!(Settings::preset(preset), Settings { connection, ..Settings::default() }, "{preset}");
        assert!(Settings::preset(preset).build().is_ok());
    }
}

/// Both settings as they are spelled, both values, and what to do.
#[test]
fn a_combination_is_refused_with_both_settings_and_both_values() {
    type Edit = fn(&mut Settings);
    let combinations: [(Edit, [&str; 2]); 7] = [
        (
            |server| server.connection.ping_interval = Some(61 * SECOND),
            ["ping_interval 61s", "liveness_time_max 60s"],
        ),
        (
            |server| server.connection.outbox_bytes_max = 524_297,
            ["outbox_bytes_max 524297", "message_bytes_max 524288"],
        ),
        (
            |server| server.connection.outbox_pressure_bytes = 1_048_577,
            ["outbox_pressure_bytes 1048577", "outbox_bytes_max 1048576"],
        ),
        (
            |server| server.connection.inbox_bytes_max = 524_287,
            ["inbox_bytes_max 524287", "message_bytes_max 524288"],
        ),
        (|server| server.head_bytes_max = 65_537, ["head_bytes_max 65537", "read_buffer_bytes 65536"]),
        (
            |server| server.connection.outbox_bytes_max = 268_435_457,
            ["server_outbox_bytes_max 268435456", "outbox_bytes_max 268435457"],
        ),
        (
            |server| (server.connections_per_address_max, server.connections_max) = (6, 5),
            ["connections_per_address_max 6", "connections_max 5"],
        ),
    ];
    for (edit, named) in combinations {
        let refused = Settings::default().with(edit).build().unwrap_err().to_string();
        assert!(named.iter().all(|named| refused.contains(named)), "{named:?} in: {refused}");
        assert!(["lower", "raise"].iter().any(|advice| refused.contains(advice)), "what to do: {refused}");
    }
}
