//! Which values and combinations can work.
//!
//! Single values come first, so that a pair is only blamed when each of its
//! values makes sense alone. Nothing is corrected: a setting is either kept as
//! it was given or refused.

use super::error::ConfigError;
use super::{ConnectionSettings, KIB, MIB, OUTBOX_LEASE_BYTES, OriginRule, Settings, text};
use std::time::Duration;

/// The largest header of a frame that a server sends: two bytes and a 64-bit
/// length, no mask (RFC 6455 §5.2).
const HEADER_BYTES_MAX: usize = 10;

/// Below 256 bytes hardly any handshake fits; the most is held for every pending one.
pub(crate) const HEAD_BYTES_RANGE: (usize, usize) = (256, MIB);

/// A handshake has at least Host, Upgrade, Connection and the key and version
/// of the WebSocket (RFC 6455 §4.1).
pub(crate) const HEADERS_RANGE: (usize, usize) = (5, 1_000);

/// A page at least; beyond 16 MiB no socket has that much to give at once.
const READ_BUFFER_BYTES_RANGE: (usize, usize) = (4 * KIB, 16 * MIB);

/// The default client id, an address and a port, takes up to 58 bytes; a name is
/// held once per room and sent with every event.
const NAME_BYTES_RANGE: (usize, usize) = (64, 64 * KIB);

/// The envelope itself is one deep; `serde_json` gives up at 128, and what it would
/// not parse must not reach an application.
const JSON_DEPTH_RANGE: (usize, usize) = (1, 127);

/// What waits for one connection is summed in 32 bits.
const OUTBOX_BYTES_RANGE: (usize, usize) = (1, u32::MAX as usize);

/// Checks what the whole server shares, and the defaults of its routes.
pub(super) fn server(settings: &Settings) -> Result<(), ConfigError> {
    limits_above_zero(&[
        ("pending_handshakes_max", settings.pending_handshakes_max == 0),
        ("shard_inbox_messages_max", settings.shard_inbox_messages_max == 0),
        ("blocking_handlers_max", settings.blocking_handlers_max == 0),
        ("server_outbox_bytes_max", settings.server_outbox_bytes_max == 0),
        ("acks_collected_bytes_max", settings.acks_collected_bytes_max == 0),
    ])?;
    times_above_zero(&[("handshake_time_max", settings.handshake_time_max)])?;
    in_range("head_bytes_max", settings.head_bytes_max, HEAD_BYTES_RANGE)?;
    in_range("headers_max", settings.headers_max, HEADERS_RANGE)?;
    in_range("read_buffer_bytes", settings.read_buffer_bytes, READ_BUFFER_BYTES_RANGE)?;
    head_fits_read_buffer(settings)?;
    address_limit_is_reachable(settings)?;
    budget_covers_a_lease(settings)?;
    route(settings, &settings.connection)
}

/// Checks a route's settings, alone and against the server's.
pub(super) fn route(server: &Settings, route: &ConnectionSettings) -> Result<(), ConfigError> {
    connection(route)?;
    if route.outbox_bytes_max > server.server_outbox_bytes_max {
        return Err(ConfigError::BudgetUnderOutbox {
            server_outbox_bytes_max: server.server_outbox_bytes_max,
            outbox_bytes_max: route.outbox_bytes_max,
        });
    }
    Ok(())
}

/// Checks a route's settings alone.
pub(super) fn connection(settings: &ConnectionSettings) -> Result<(), ConfigError> {
    limits_above_zero(&[
        ("message_bytes_max", settings.message_bytes_max == 0),
        ("fragments_max", settings.fragments_max == 0),
        ("linger_bytes_max", settings.linger_bytes_max == 0),
        ("outbox_messages_max", settings.outbox_messages_max == 0),
        ("outbox_bytes_max", settings.outbox_bytes_max == 0),
        ("outbox_pressure_bytes", settings.outbox_pressure_bytes == 0),
        ("sends_waiting_max", settings.sends_waiting_max == 0),
        ("inbox_messages_max", settings.inbox_messages_max == 0),
        ("inbox_bytes_max", settings.inbox_bytes_max == 0),
        ("compression_threshold_bytes", settings.compression_threshold_bytes == 0),
        ("rooms_max", settings.rooms_max == 0),
        ("namespaces_max", settings.namespaces_max == 0),
        ("acks_max", settings.acks_max == 0),
        ("malformed_events_max", settings.malformed_events_max == 0),
        ("control_frames_per_second_max", settings.control_frames_per_second_max == 0),
        ("pongs_pending_max", settings.pongs_pending_max == 0),
    ])?;
    times_above_zero(&[
        ("message_time_max", settings.message_time_max),
        ("liveness_time_max", settings.liveness_time_max),
        ("write_time_max", settings.write_time_max),
        ("close_time_max", settings.close_time_max),
        ("linger_time_max", settings.linger_time_max),
        ("handler_time_max", settings.handler_time_max),
        ("ack_time_max", settings.ack_time_max),
    ])?;
    off_rather_than_zero("ping_interval", settings.ping_interval)?;
    off_rather_than_zero("idle_time_max", settings.idle_time_max)?;
    in_range("name_bytes_max", settings.name_bytes_max, NAME_BYTES_RANGE)?;
    in_range("json_depth_max", settings.json_depth_max, JSON_DEPTH_RANGE)?;
    ping_precedes_liveness(settings)?;
    outbox_holds_a_message(settings)?;
    in_range("outbox_bytes_max", settings.outbox_bytes_max, OUTBOX_BYTES_RANGE)?;
    pressure_is_reachable(settings)?;
    inbox_holds_a_message(settings)?;
    origins_are_origins(&settings.origin)
}

pub(crate) fn limits_above_zero(limits: &[(&'static str, bool)]) -> Result<(), ConfigError> {
    match limits.iter().find(|(_, is_zero)| *is_zero) {
        Some(&(setting, _)) => Err(ConfigError::ZeroLimit { setting }),
        None => Ok(()),
    }
}

pub(crate) fn times_above_zero(times: &[(&'static str, Duration)]) -> Result<(), ConfigError> {
    match times.iter().find(|(_, time)| time.is_zero()) {
        Some(&(setting, _)) => Err(ConfigError::ZeroTime { setting }),
        None => Ok(()),
    }
}

fn off_rather_than_zero(setting: &'static str, time: Option<Duration>) -> Result<(), ConfigError> {
    if time.is_some_and(|time| time.is_zero()) {
        return Err(ConfigError::ZeroInsteadOfOff { setting });
    }
    Ok(())
}

pub(crate) fn in_range(
    setting: &'static str,
    value: usize,
    (min, max): (usize, usize),
) -> Result<(), ConfigError> {
    if value < min || value > max {
        return Err(ConfigError::OutOfRange { setting, value, min, max });
    }
    Ok(())
}

/// A head that arrives whole is parsed where it was read.
fn head_fits_read_buffer(settings: &Settings) -> Result<(), ConfigError> {
    let Settings { head_bytes_max, read_buffer_bytes, .. } = *settings;
    if head_bytes_max > read_buffer_bytes {
        return Err(ConfigError::HeadOverReadBuffer { head_bytes_max, read_buffer_bytes });
    }
    Ok(())
}

fn address_limit_is_reachable(settings: &Settings) -> Result<(), ConfigError> {
    let Settings { connections_per_address_max, connections_max, .. } = *settings;
    if connections_max != 0 && connections_per_address_max > connections_max {
        return Err(ConfigError::AddressOverTotal { connections_per_address_max, connections_max });
    }
    Ok(())
}

fn budget_covers_a_lease(settings: &Settings) -> Result<(), ConfigError> {
    let server_outbox_bytes_max = settings.server_outbox_bytes_max;
    if server_outbox_bytes_max < OUTBOX_LEASE_BYTES {
        return Err(ConfigError::BudgetUnderLease {
            server_outbox_bytes_max,
            lease_bytes: OUTBOX_LEASE_BYTES,
        });
    }
    Ok(())
}

fn ping_precedes_liveness(settings: &ConnectionSettings) -> Result<(), ConfigError> {
    let liveness_time_max = settings.liveness_time_max;
    match settings.ping_interval {
        Some(ping_interval) if ping_interval >= liveness_time_max => {
            Err(ConfigError::PingAfterLiveness { ping_interval, liveness_time_max })
        }
        Some(_) | None => Ok(()),
    }
}

fn outbox_holds_a_message(settings: &ConnectionSettings) -> Result<(), ConfigError> {
    let ConnectionSettings { outbox_bytes_max, message_bytes_max, .. } = *settings;
    // Subtracting cannot overflow where the sum could.
    let holds = outbox_bytes_max.checked_sub(HEADER_BYTES_MAX).is_some_and(|room| room >= message_bytes_max);
    if !holds {
        return Err(ConfigError::OutboxUnderMessage {
            outbox_bytes_max,
            message_bytes_max,
            header_bytes: HEADER_BYTES_MAX,
        });
    }
    Ok(())
}

fn pressure_is_reachable(settings: &ConnectionSettings) -> Result<(), ConfigError> {
    let ConnectionSettings { outbox_pressure_bytes, outbox_bytes_max, .. } = *settings;
    if outbox_pressure_bytes > outbox_bytes_max {
        return Err(ConfigError::PressureOverOutbox { outbox_pressure_bytes, outbox_bytes_max });
    }
    Ok(())
}

fn inbox_holds_a_message(settings: &ConnectionSettings) -> Result<(), ConfigError> {
    let ConnectionSettings { inbox_bytes_max, message_bytes_max, .. } = *settings;
    if inbox_bytes_max < message_bytes_max {
        return Err(ConfigError::InboxUnderMessage { inbox_bytes_max, message_bytes_max });
    }
    Ok(())
}

fn origins_are_origins(rule: &OriginRule) -> Result<(), ConfigError> {
    let origins = match rule {
        OriginRule::Same | OriginRule::Any => return Ok(()),
        OriginRule::List(origins) => origins,
    };
    match origins.iter().find(|origin| !text::is_origin(origin)) {
        Some(origin) => Err(ConfigError::OriginMalformed { origin: origin.clone() }),
        None => Ok(()),
    }
}
