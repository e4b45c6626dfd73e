//! Which envelope a connection of a route has, by the subprotocol it speaks.
//!
//! Apart from routing because it is settled per connection: the client offers,
//! in the order it prefers (RFC 6455 §4.1), and the route takes the first it
//! knows (§4.2.2). Knows nothing of what the envelopes look like.

use super::request::Accept;
use super::route::Route;
use crate::error::AppError;
use fanfare_core::event::Envelope;
use fanfare_core::id::ProfileId;
use http::HeaderName;

/// The profiles of one route: they differ in the envelope only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Subprotocols {
    /// For clients that offer none of those below.
    pub(crate) default: ProfileId,
    pub(crate) named: Vec<(Box<str>, ProfileId)>,
}

impl Subprotocols {
    /// The profile of a connection that offers these; `accept` gets to know the
    /// subprotocol, unless the application has chosen one.
    pub(crate) fn settle<'o>(
        &self,
        mut offered: impl Iterator<Item = &'o str>,
        accept: &mut Accept,
    ) -> ProfileId {
        let settled = match accept.subprotocol.as_deref() {
            Some(chosen) => self.find(chosen),
            None => offered.find_map(|name| self.find(name)),
        };
        let Some((name, profile)) = settled else { return self.default };
        accept.subprotocol.get_or_insert_with(|| String::from(&**name));
        *profile
    }

    fn find(&self, name: &str) -> Option<&(Box<str>, ProfileId)> {
        self.named.iter().find(|(known, _)| **known == *name)
    }
}

/// Whether the subprotocols of a route make sense, beside its own envelope.
pub(crate) fn check(path: &str, route: &Route, envelope: Envelope) -> Result<(), AppError> {
    for (place, (name, offered)) in route.subprotocols.iter().enumerate() {
        // RFC 6455 §4.1: a token, as the name of a header is.
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(AppError::SubprotocolName { path: path.to_owned(), subprotocol: name.to_string() });
        }
        if route.subprotocols.iter().skip(place + 1).any(|(other, _)| other == name) {
            return Err(AppError::Twice { path: path.to_owned(), what: format!("the subprotocol {name:?}") });
        }
        if *offered == Envelope::Raw || envelope == Envelope::Raw {
            let (path, subprotocol, offered) = (path.to_owned(), name.to_string(), *offered);
            return Err(AppError::SubprotocolWithoutEvents { path, subprotocol, offered, envelope });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{App, Application};

    fn settled(offered: &[&str], chosen: Option<&str>) -> (u16, Option<String>) {
        let named = vec![("a".into(), ProfileId(1)), ("b".into(), ProfileId(2))];
        let subprotocols = Subprotocols { default: ProfileId(7), named };
        let mut accept = Accept { subprotocol: chosen.map(str::to_owned), ..Accept::new() };
        let profile = subprotocols.settle(offered.iter().copied(), &mut accept);
        (profile.0, accept.subprotocol)
    }

    #[test]
    fn the_client_prefers_and_the_application_overrules() {
        assert_eq!(settled(&["x", "b", "a"], None), (2, Some("b".into())));
        assert_eq!(settled(&["x"], None), (7, None));
        assert_eq!(settled(&[], None), (7, None));
        assert_eq!(settled(&["b", "a"], Some("a")), (1, Some("a".into())));
        assert_eq!(settled(&["a", "x"], Some("x")), (7, Some("x".into())));
    }

    fn refusal(route: Route) -> String {
        Application::build(App::new().route("/x", route)).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_both_sides_named() {
        let typed = || Route::new().envelope(Envelope::Typed).subprotocol("a", Envelope::Session);
        assert!(Application::build(App::new().route("/x", typed().on("x", |_, _| ()))).is_ok());
        assert_eq!(
            refusal(typed().subprotocol("b", Envelope::Raw)),
            "the route \"/x\" has the envelope Typed, and Raw by the subprotocol \"b\": messages are events \
             by all of them or by none; give the messages that are none a route of their own",
        );
        assert_eq!(
            refusal(Route::new().subprotocol("a", Envelope::Typed)),
            "the route \"/x\" has the envelope Raw, and Typed by the subprotocol \"a\": messages are events \
             by all of them or by none; give the messages that are none a route of their own",
        );
        assert_eq!(
            refusal(typed().subprotocol("a", Envelope::Typed)),
            "the path \"/x\" has two handlers for the subprotocol \"a\"; remove one",
        );
        assert_eq!(
            refusal(typed().subprotocol("a b", Envelope::Typed)),
            "\"a b\" is no name of a subprotocol, as the route \"/x\" has it: letters, digits and some marks, \
             without spaces (RFC 6455 §4.1)",
        );
    }
}
