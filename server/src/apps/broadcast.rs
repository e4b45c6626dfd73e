//! Broadcast: `?room=NAME`, and every message goes to everyone in the room, the
//! sender included.

use super::Site;
use fanfare::core::rooms::Limits;
use fanfare::{Accept, CloseCode, Response, RoomName, Route, Target};
use http::StatusCode;

/// Where the rooms are: apart from those of other applications.
const NAMESPACE: &str = "/broadcast";
/// The room of whoever names none.
const DEFAULT_ROOM: &str = "lobby";

pub(super) fn route(site: &Site<'_>) -> Route {
    let limits = Limits::of(&site.config.connection);
    Route::new()
        .authorise(move |request| {
            let room = request.query_param("room").unwrap_or(DEFAULT_ROOM.into());
            match limits.check_name(&room) {
                Ok(()) => Ok(Accept::new().state(RoomName::new(NAMESPACE, &*room))),
                Err(error) => Err(Response::text(StatusCode::BAD_REQUEST, format!("room: {error}\n"))),
            }
        })
        .on_open(|ctx| {
            let Some(room) = ctx.state::<RoomName>().cloned() else { return };
            if let Err(error) = ctx.join_in(&room.namespace, &room.name) {
                ctx.close(CloseCode::Policy, &error.to_string());
            }
        })
        .on_message(|ctx, message| {
            if let Some(room) = ctx.state::<RoomName>().cloned() {
                ctx.broadcast(Target::Room(room), message);
            }
        })
}
