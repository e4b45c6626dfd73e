//! `/ws/status`: which rooms there are, and who is in the one that is asked for.
//!
//! `?room=R` adds that room, `?namespace=N` narrows rooms to one namespace. Without
//! it they are those of all: most applications of the program have a namespace
//! of their own, and who asks need not know which. What has the same name in
//! several is told once, with the members of all.

use super::answer::{json, unavailable};
use super::operators::Operators;
use fanfare::{App, Handle, HandleError, Request, Response, RoomName};
use fanfare_core::rooms::GroupName;
use http::StatusCode;
use serde::Serialize;
use std::collections::BTreeSet;

pub(super) fn mount(app: App, operators: Operators) -> App {
    app.get_async("/ws/status", move |request, handle| {
        let operators = operators.clone();
        async move { operators.only(&request, status(&request, &handle)).await }
    })
}

#[derive(Serialize)]
struct Status {
    connections: usize,
    rooms: BTreeSet<String>,
    #[serde(flatten)]
    asked: Option<Room>,
}

/// The room that was asked for; one that does not exist is an empty one.
#[derive(Serialize)]
struct Room {
    #[serde(rename = "room")]
    name: String,
    #[serde(rename = "room_connections")]
    connections: usize,
    #[serde(rename = "connections_list")]
    ids: BTreeSet<String>,
}

async fn status(request: &Request, handle: &Handle) -> Response {
    let (room, namespace) = (request.query_param("room"), request.query_param("namespace"));
    match look(handle, room.as_deref(), namespace.as_deref()).await {
        Ok(status) => json(StatusCode::OK, &status),
        Err(error) => unavailable(&error),
    }
}

async fn look(handle: &Handle, room: Option<&str>, namespace: Option<&str>) -> Result<Status, HandleError> {
    let rooms: Vec<_> = rooms(handle, namespace).await?;
    let asked = match room {
        None => None,
        Some(room) => {
            let mut ids = BTreeSet::new();
            for found in rooms.iter().filter(|found| *found.name == *room) {
                let members = handle.members(GroupName::Room(found.clone())).await?;
                ids.extend(members.iter().map(ToString::to_string));
            }
            Some(Room { name: room.to_owned(), connections: ids.len(), ids })
        }
    };
    let rooms = rooms.iter().map(|room| room.name.to_string()).collect();
    Ok(Status { connections: handle.totals().connections, rooms, asked })
}

/// The rooms of one namespace, or of all.
async fn rooms(handle: &Handle, namespace: Option<&str>) -> Result<Vec<RoomName>, HandleError> {
    let rooms = handle.rooms().await?.into_keys().filter_map(|group| match group {
        GroupName::Room(room) => Some(room),
        GroupName::Client(_) | GroupName::Namespace(_) => None,
    });
    Ok(rooms.filter(|room| namespace.is_none_or(|namespace| *room.namespace == *namespace)).collect())
}
