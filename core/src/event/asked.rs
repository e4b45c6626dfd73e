//! What a client wants to be told, and the answers there are to it.
//!
//! Apart from reading because a wish may outlive its message. It is used up by
//! its answer, and cannot be copied: a second answer does not compile.

use super::payload::Payload;
use super::refusal::Refusal;
use super::typed::{Kind, TypedMessage};
use std::borrow::Cow;

/// The wish for an answer to an event. Used up by the answer, so that there is
/// no second one.
#[derive(PartialEq, Eq, Debug)]
pub struct AckAsked<'m> {
    namespace: Cow<'m, str>,
    event: Cow<'m, str>,
    id: Cow<'m, str>,
}

/// The wish to join or to leave, used up by the answer.
#[derive(PartialEq, Eq, Debug)]
pub struct MembershipAsked<'m> {
    /// Which of both.
    pub regroup: Regroup,
    /// The namespace.
    pub namespace: Cow<'m, str>,
    /// The room in it; without one, the namespace is meant.
    pub room: Option<Cow<'m, str>>,
    ack_id: Option<Cow<'m, str>>,
}

/// In or out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Regroup {
    /// In.
    Join,
    /// Out.
    Leave,
}

impl<'m> AckAsked<'m> {
    pub(super) fn new(namespace: Cow<'m, str>, event: Cow<'m, str>, id: Cow<'m, str>) -> AckAsked<'m> {
        AckAsked { namespace, event, id }
    }

    /// The same, independent of the message, for an answer that takes its time.
    pub fn into_owned(self) -> AckAsked<'static> {
        AckAsked {
            namespace: Cow::Owned(self.namespace.into_owned()),
            event: Cow::Owned(self.event.into_owned()),
            id: Cow::Owned(self.id.into_owned()),
        }
    }

    /// The answer that carries `data`.
    pub fn acknowledged(self, data: Payload<'m>) -> TypedMessage<'m> {
        TypedMessage {
            event: Some(self.event),
            data,
            ack_id: Some(self.id),
            ..TypedMessage::new(Kind::Ack, self.namespace)
        }
    }

    /// The answer that there is none.
    pub fn refused(self, why: Refusal) -> TypedMessage<'m> {
        TypedMessage { event: Some(self.event), ack_id: Some(self.id), ..error(self.namespace, why) }
    }
}

impl<'m> MembershipAsked<'m> {
    pub(super) fn new(
        regroup: Regroup,
        namespace: Cow<'m, str>,
        room: Option<Cow<'m, str>>,
        ack_id: Option<Cow<'m, str>>,
    ) -> MembershipAsked<'m> {
        MembershipAsked { regroup, namespace, room, ack_id }
    }

    /// The same, independent of the message, for a decision that takes its time.
    pub fn into_owned(self) -> MembershipAsked<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        MembershipAsked {
            regroup: self.regroup,
            namespace: owned(self.namespace),
            room: self.room.map(owned),
            ack_id: self.ack_id.map(owned),
        }
    }

    /// The answer that it is done, where one is wanted.
    pub fn done(self) -> Option<TypedMessage<'m>> {
        let id = self.ack_id?;
        Some(TypedMessage { ack_id: Some(id), ..TypedMessage::new(Kind::Ack, self.namespace) })
    }

    /// The answer that it is not.
    pub fn refused(self, why: Refusal) -> TypedMessage<'m> {
        TypedMessage { ack_id: self.ack_id, ..error(self.namespace, why) }
    }

    /// What the application says no with.
    pub fn refusal(&self) -> Refusal {
        match self.regroup {
            Regroup::Join => Refusal::JoinRefused,
            Regroup::Leave => Refusal::LeaveRefused,
        }
    }
}

/// An error frame that names no event.
pub(crate) fn error(namespace: Cow<'_, str>, why: Refusal) -> TypedMessage<'_> {
    TypedMessage { error: Some(Cow::Owned(why.to_string())), ..TypedMessage::new(Kind::Error, namespace) }
}
