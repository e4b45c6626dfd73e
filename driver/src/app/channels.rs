//! The primary channel of a connection, in the hands of a callback.

use super::context::Ctx;
use fanfare_core::hub::MembershipError;

impl Ctx<'_> {
    /// The connection's primary channel: the one it was accepted to
    /// ([`Accept::channel`](crate::Accept::channel)), on a route with the session
    /// envelope else `default`, or the one it has moved to.
    ///
    /// It is a room of the namespace `/`, and the connection a member of it; who
    /// leaves that room, or is taken out of it, has no channel. Nor has anybody in
    /// the callback of its close, like rooms.
    pub fn channel(&self) -> Option<&str> {
        self.core.hub.channel(self.id)
    }

    /// Moves to another primary channel: joins the room of that name, and leaves the
    /// one of the channel before. Says whether that changed anything.
    ///
    /// ```
    /// use fanfare_core::broadcast::Target;
    /// use fanfare_core::event::Envelope;
    /// use fanfare_driver::{HandlerError, Route};
    ///
    /// let route = Route::new()
    ///     .envelope(Envelope::Session)
    ///     .on("move", |ctx, event| {
    ///         let channel: String = event.data()?;
    ///         ctx.move_to_channel(&channel)?;
    ///         ctx.emit_to(Target::channel(channel), "arrived", &ctx.id().to_string())?;
    ///         Ok::<_, HandlerError>(())
    ///     });
    /// # let _ = route;
    /// ```
    ///
    /// # Errors
    /// The name or a limit forbids it; the connection stays where it was.
    pub fn move_to_channel(&mut self, channel: &str) -> Result<bool, MembershipError> {
        let id = self.id;
        self.core.regroup(|hub| hub.move_to_channel(id, channel))
    }
}
