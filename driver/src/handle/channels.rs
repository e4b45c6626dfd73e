//! Who is in which channel, and whose connections there are: what statistics ask.
//!
//! Apart because these answers are gathered from all connections of all shards,
//! which is nothing to do for each message.

use super::{Handle, Recipient};
use crate::reply::Reply;
use crate::shard::Core;
use fanfare_core::id::ConnectionId;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Handle {
    /// Moves connections to a primary channel, and says whether any was not in it: see
    /// [`Ctx::move_to_channel`](crate::Ctx::move_to_channel).
    ///
    /// # Errors
    /// [`UnknownRecipient`](crate::HandleError::UnknownRecipient), and
    /// [`Membership`](crate::HandleError::Membership) where the name or a limit
    /// forbids it; whoever that is stays where it was.
    pub fn move_to_channel(&self, whom: impl Into<Recipient>, channel: &str) -> Reply<bool> {
        let channel = channel.to_owned();
        self.regroup(&whom.into(), move |core, id| Ok(core.regroup(|hub| hub.move_to_channel(id, &channel))?))
    }

    /// How many connections have which primary channel, in order of the names. Who
    /// only joined a channel's room counts where its own is.
    ///
    /// Each shard looks at all its connections for this, in one go: fine for a page
    /// of statistics, and nothing to ask for every message.
    ///
    /// ```
    /// use fanfare_driver::{Handle, HandleError};
    ///
    /// async fn largest(handle: &Handle) -> Result<Option<String>, HandleError> {
    ///     let channels = handle.channels().await?;
    ///     let largest = channels.iter().max_by_key(|(_, connections)| **connections);
    ///     Ok(largest.map(|(name, connections)| format!("{name} has {connections}")))
    /// }
    /// # let _ = largest;
    /// ```
    pub fn channels(&self) -> Reply<BTreeMap<Arc<str>, usize>> {
        let count = |core: &mut Core| core.hub.channels();
        self.gather(&self.server.all_shards(), count, |all: &mut BTreeMap<_, _>, part| {
            for (name, connections) in part {
                *all.entry(name).or_default() += connections;
            }
        })
    }

    /// The open connections of each client id, in order of the ids; shard by shard.
    ///
    /// Costs each shard a look at all its connections, and the answer is as long as
    /// there are any.
    pub fn clients(&self) -> Reply<BTreeMap<Arc<str>, Vec<ConnectionId>>> {
        let list = |core: &mut Core| {
            let clients = core.hub.clients();
            clients.map(|(client, ids)| (client, ids.collect())).collect()
        };
        self.gather(&self.server.all_shards(), list, |all: &mut BTreeMap<_, Vec<_>>, part| {
            for (client, ids) in part {
                all.entry(client).or_default().extend(ids);
            }
        })
    }
}
