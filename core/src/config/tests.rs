//! Each invalid value and combination by its name, at its exact edge.

mod documented;

use super::*;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn server(edit: impl FnOnce(&mut Settings)) -> Result<Config, ConfigError> {
    Settings::default().with(edit).build()
}

fn route(edit: impl FnOnce(&mut ConnectionSettings)) -> Result<ConnectionConfig, ConfigError> {
    ConnectionSettings::default().with(edit).build()
}

#[test]
fn the_defaults_are_valid_and_are_what_a_route_starts_from() {
    let config = Settings::default().build().unwrap();
    assert_eq!(config.connection(), ConnectionSettings::default().build().unwrap());
    assert_eq!(config.connection().message_bytes_max, 512 * KIB);
}

#[test]
fn zero_is_refused_where_it_would_let_nothing_through() {
    type Edit = fn(&mut Settings);
    let limits: [(&str, Edit); 22] = [
        ("pending_handshakes_max", |s| s.pending_handshakes_max = 0),
        ("shard_inbox_messages_max", |s| s.shard_inbox_messages_max = 0),
        ("blocking_handlers_max", |s| s.blocking_handlers_max = 0),
        ("server_outbox_bytes_max", |s| s.server_outbox_bytes_max = 0),
        ("message_bytes_max", |s| s.connection.message_bytes_max = 0),
        ("fragments_max", |s| s.connection.fragments_max = 0),
        ("linger_bytes_max", |s| s.connection.linger_bytes_max = 0),
        ("outbox_messages_max", |s| s.connection.outbox_messages_max = 0),
        ("outbox_bytes_max", |s| s.connection.outbox_bytes_max = 0),
        ("outbox_pressure_bytes", |s| s.connection.outbox_pressure_bytes = 0),
        ("sends_waiting_max", |s| s.connection.sends_waiting_max = 0),
        ("inbox_messages_max", |s| s.connection.inbox_messages_max = 0),
        ("inbox_bytes_max", |s| s.connection.inbox_bytes_max = 0),
        ("compression_threshold_bytes", |s| s.connection.compression_threshold_bytes = 0),
        ("rooms_max", |s| s.connection.rooms_max = 0),
        ("namespaces_max", |s| s.connection.namespaces_max = 0),
        ("acks_collected_bytes_max", |s| s.acks_collected_bytes_max = 0),
        ("lifecycle_events_max", |s| s.lifecycle_events_max = 0),
        ("acks_max", |s| s.connection.acks_max = 0),
        ("malformed_events_max", |s| s.connection.malformed_events_max = 0),
        ("control_frames_per_second_max", |s| s.connection.control_frames_per_second_max = 0),
        ("pongs_pending_max", |s| s.connection.pongs_pending_max = 0),
    ];
    for (setting, edit) in limits {
        assert_eq!(server(edit), Err(ConfigError::ZeroLimit { setting }));
    }
}

#[test]
fn zero_means_unlimited_where_the_field_says_so() {
    let unlimited = server(|s| {
        s.connections_max = 0;
        s.connections_per_address_max = 7;
        s.connection.room_members_max = 0;
        s.connection.messages_per_second_max = 0;
    });
    assert!(unlimited.is_ok());
}

#[test]
fn a_time_of_zero_is_refused() {
    type Edit = fn(&mut Settings);
    let times: [(&str, Edit); 8] = [
        ("handshake_time_max", |s| s.handshake_time_max = Duration::ZERO),
        ("message_time_max", |s| s.connection.message_time_max = Duration::ZERO),
        ("liveness_time_max", |s| s.connection.liveness_time_max = Duration::ZERO),
        ("write_time_max", |s| s.connection.write_time_max = Duration::ZERO),
        ("close_time_max", |s| s.connection.close_time_max = Duration::ZERO),
        ("linger_time_max", |s| s.connection.linger_time_max = Duration::ZERO),
        ("handler_time_max", |s| s.connection.handler_time_max = Duration::ZERO),
        ("ack_time_max", |s| s.connection.ack_time_max = Duration::ZERO),
    ];
    for (setting, edit) in times {
        assert_eq!(server(edit), Err(ConfigError::ZeroTime { setting }));
    }
}

#[test]
fn what_can_be_switched_off_is_not_switched_off_by_zero() {
    let ping = route(|r| r.ping_interval = Some(Duration::ZERO));
    assert_eq!(ping, Err(ConfigError::ZeroInsteadOfOff { setting: "ping_interval" }));
    let idle = route(|r| r.idle_time_max = Some(Duration::ZERO));
    assert_eq!(idle, Err(ConfigError::ZeroInsteadOfOff { setting: "idle_time_max" }));
    assert!(route(|r| (r.ping_interval, r.idle_time_max) = (None, None)).is_ok());
}

#[test]
fn ranges_hold_at_both_ends() {
    type Edit = fn(&mut Settings, usize);
    // The head's upper end lies above the default read buffer.
    let ranges: [(&str, Edit, usize, usize); 5] = [
        ("head_bytes_max", |s, bytes| (s.head_bytes_max, s.read_buffer_bytes) = (bytes, MIB), 256, MIB),
        ("headers_max", |s, count| s.headers_max = count, 5, 1_000),
        (
            "read_buffer_bytes",
            |s, bytes| (s.read_buffer_bytes, s.head_bytes_max) = (bytes, KIB),
            4 * KIB,
            16 * MIB,
        ),
        ("name_bytes_max", |s, bytes| s.connection.name_bytes_max = bytes, 64, 64 * KIB),
        ("json_depth_max", |s, depth| s.connection.json_depth_max = depth, 1, 127),
    ];
    for (setting, edit, min, max) in ranges {
        for value in [min, max] {
            assert!(server(|s| edit(s, value)).is_ok(), "{setting} {value}");
        }
        for value in [min - 1, max + 1] {
            let refused = server(|s| edit(s, value));
            assert_eq!(refused, Err(ConfigError::OutOfRange { setting, value, min, max }));
        }
    }
}

#[test]
fn ping_must_come_before_liveness_ends() {
    let with_ping = |ping_interval| {
        route(|r| (r.ping_interval, r.liveness_time_max) = (Some(ping_interval), 60 * SECOND))
    };
    assert!(with_ping(59 * SECOND).is_ok());
    assert_eq!(
        with_ping(60 * SECOND),
        Err(ConfigError::PingAfterLiveness { ping_interval: 60 * SECOND, liveness_time_max: 60 * SECOND }),
    );
}

#[test]
fn the_outbox_must_hold_the_largest_message_and_its_header() {
    let with_outbox = |outbox_bytes_max| {
        route(|r| {
            r.message_bytes_max = 1_000;
            r.outbox_bytes_max = outbox_bytes_max;
            r.outbox_pressure_bytes = 1;
        })
    };
    assert!(with_outbox(1_010).is_ok());
    for outbox_bytes_max in [1, 1_009] {
        assert_eq!(
            with_outbox(outbox_bytes_max),
            Err(ConfigError::OutboxUnderMessage {
                outbox_bytes_max,
                message_bytes_max: 1_000,
                header_bytes: 10
            }),
        );
    }
}

#[test]
fn an_outbox_is_summed_in_32_bits() {
    let with_bytes =
        |bytes| server(|s| (s.connection.outbox_bytes_max, s.server_outbox_bytes_max) = (bytes, usize::MAX));
    let max = u32::MAX as usize;
    assert!(with_bytes(max).is_ok());
    let refused = ConfigError::OutOfRange { setting: "outbox_bytes_max", value: max + 1, min: 1, max };
    assert_eq!(with_bytes(max + 1), Err(refused));
}

#[test]
fn the_largest_number_does_not_overflow_the_outbox_check() {
    let refused = route(|r| {
        (r.message_bytes_max, r.outbox_bytes_max, r.inbox_bytes_max) = (usize::MAX, usize::MAX, usize::MAX);
    });
    assert!(matches!(refused, Err(ConfigError::OutboxUnderMessage { .. })));
}

#[test]
fn the_pressure_mark_must_be_within_the_outbox() {
    let with_mark = |mark| route(|r| r.outbox_pressure_bytes = mark);
    assert!(with_mark(MIB).is_ok());
    assert_eq!(
        with_mark(MIB + 1),
        Err(ConfigError::PressureOverOutbox { outbox_pressure_bytes: MIB + 1, outbox_bytes_max: MIB }),
    );
}

#[test]
fn the_inbox_must_hold_the_largest_message() {
    let with_inbox = |bytes| route(|r| r.inbox_bytes_max = bytes);
    assert!(with_inbox(512 * KIB).is_ok());
    assert_eq!(
        with_inbox(512 * KIB - 1),
        Err(ConfigError::InboxUnderMessage { inbox_bytes_max: 512 * KIB - 1, message_bytes_max: 512 * KIB }),
    );
}

#[test]
fn the_read_buffer_must_hold_the_largest_head() {
    let with_head = |bytes| server(|s| s.head_bytes_max = bytes);
    assert!(with_head(64 * KIB).is_ok());
    assert_eq!(
        with_head(64 * KIB + 1),
        Err(ConfigError::HeadOverReadBuffer { head_bytes_max: 64 * KIB + 1, read_buffer_bytes: 64 * KIB }),
    );
}

#[test]
fn the_server_budget_must_cover_one_lease() {
    let small = |bytes| {
        server(|s| {
            s.server_outbox_bytes_max = bytes;
            s.connection.message_bytes_max = KIB;
            s.connection.outbox_bytes_max = 2 * KIB;
            s.connection.outbox_pressure_bytes = KIB;
        })
    };
    assert!(small(OUTBOX_LEASE_BYTES).is_ok());
    assert_eq!(
        small(OUTBOX_LEASE_BYTES - 1),
        Err(ConfigError::BudgetUnderLease {
            server_outbox_bytes_max: OUTBOX_LEASE_BYTES - 1,
            lease_bytes: OUTBOX_LEASE_BYTES
        }),
    );
}

#[test]
fn the_server_budget_must_cover_one_outbox() {
    let refused = server(|s| {
        s.server_outbox_bytes_max = 2 * MIB;
        s.connection.outbox_bytes_max = 2 * MIB + 1;
    });
    assert_eq!(
        refused,
        Err(ConfigError::BudgetUnderOutbox {
            server_outbox_bytes_max: 2 * MIB,
            outbox_bytes_max: 2 * MIB + 1
        }),
    );
}

#[test]
fn a_route_is_checked_against_the_server_too() {
    let config = server(|s| s.server_outbox_bytes_max = 4 * MIB).unwrap();
    let outbox_of = |bytes| config.connection.clone().with(|r| r.outbox_bytes_max = bytes);
    assert!(config.route(outbox_of(4 * MIB)).is_ok());
    assert!(matches!(config.route(outbox_of(4 * MIB + 1)), Err(ConfigError::BudgetUnderOutbox { .. })));
    assert!(outbox_of(4 * MIB + 1).build().is_ok());
}

#[test]
fn the_limit_per_address_must_be_within_the_total() {
    let with_limits = |per_address, total| {
        server(|s| (s.connections_per_address_max, s.connections_max) = (per_address, total))
    };
    assert!(with_limits(5, 5).is_ok());
    assert_eq!(
        with_limits(6, 5),
        Err(ConfigError::AddressOverTotal { connections_per_address_max: 6, connections_max: 5 }),
    );
}

#[test]
fn an_origin_that_no_browser_sends_is_refused() {
    let with_origin = |origin: &str| route(|r| r.origin = OriginRule::List(vec![origin.to_owned()]));
    for origin in ["https://example.com", "http://127.0.0.1:8080", "http://[::1]:8080", "app://host"] {
        assert!(with_origin(origin).is_ok(), "{origin}");
    }
    for origin in ["", "null", "example.com", "https://", "://a", "https://a/", "https://A", "https://u@a"] {
        let origin = origin.to_owned();
        assert_eq!(with_origin(&origin), Err(ConfigError::OriginMalformed { origin }));
    }
}

#[test]
fn every_choice_reads_what_it_writes() {
    for text in ["drop-newest", "drop-oldest", "disconnect"] {
        assert_eq!(text.parse::<Overflow>().unwrap().to_string(), text);
    }
    for text in ["allow", "replace", "reject"] {
        assert_eq!(text.parse::<ClientIdPolicy>().unwrap().to_string(), text);
    }
    for text in ["none", "all", "cookie,x-trace"] {
        assert_eq!(text.parse::<KeepHeaders>().unwrap().to_string(), text);
    }
    for text in ["same", "any", "https://a,https://b:1"] {
        assert_eq!(text.parse::<OriginRule>().unwrap().to_string(), text);
    }
}

#[test]
fn a_text_that_is_no_choice_names_the_spellings() {
    for text in ["", "drop", "DROP-NEWEST"] {
        assert!(text.parse::<Overflow>().is_err(), "{text}");
    }
    assert!("deny".parse::<ClientIdPolicy>().is_err());
    assert!("cookie,".parse::<KeepHeaders>().is_err());
    assert!("https://a,".parse::<OriginRule>().is_err());
    assert_eq!(
        "fog".parse::<Preset>().unwrap_err().to_string(),
        "`fog` is no preset; use `mist`, `mtp2`, `goutils`, `zlib` or `conformance`",
    );
}
