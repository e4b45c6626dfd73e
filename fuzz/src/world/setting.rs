//! The hub under test: every limit so small that a short input reaches it.

use fanfare_core::config::{ConnectionSettings, Overflow, Settings};
use fanfare_core::hub::{Hub, HubConfig};
use fanfare_core::id::{ProfileId, ShardId};
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use std::sync::Arc;
use std::time::Duration;

/// What all outboxes together may hold, in bytes.
pub(super) const BUDGET_BYTES: u64 = 300;

/// A hub, and a profile for each overflow policy.
pub(super) fn hub() -> (Hub, Vec<ProfileId>) {
    let settings = Settings::default().with(|server| {
        server.head_bytes_max = 400;
        server.headers_max = 8;
        server.pending_handshakes_max = 3;
        limit(&mut server.connection);
    });
    let server = settings.build().expect("the settings go together");
    let policies = [Overflow::DropNewest, Overflow::DropOldest, Overflow::Disconnect];
    let profile = |policy| {
        let route = server.connection.clone().with(|route| route.outbox_policy = policy);
        server.route(route).expect("the settings go together")
    };
    let profiles = policies.map(profile);
    let mut config = HubConfig::new(server);
    let ids = profiles.map(|profile| config.add_profile(profile)).to_vec();
    let hub = Hub::new(Instant::ZERO, ShardId(0), Arc::new(config), Random::from_seed([7; 32]));
    (hub, ids)
}

fn limit(route: &mut ConnectionSettings) {
    route.message_bytes_max = 64;
    route.fragments_max = 3;
    route.ping_interval = Some(Duration::from_secs(30));
    route.liveness_time_max = Duration::from_secs(60);
    route.idle_time_max = Some(Duration::from_secs(90));
    route.linger_bytes_max = 64;
    route.outbox_messages_max = 4;
    route.outbox_bytes_max = 120;
    route.outbox_pressure_bytes = 60;
    route.inbox_bytes_max = 64;
    route.rooms_max = 3;
    route.namespaces_max = 2;
    route.room_members_max = 3;
    route.name_bytes_max = 64;
    route.control_frames_per_second_max = 5;
    route.messages_per_second_max = 8;
    route.pongs_pending_max = 2;
}
