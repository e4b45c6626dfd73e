//! Choosing connections by what is known about them.
//!
//! A filter is data, so that it can travel to other shards, and bounded, so that
//! judging one connection is a bounded amount of work. [`Condition`] is the
//! plain, editable form; [`Filter::new`] checks it. Closures are the driver's
//! business: they cannot travel.

use crate::time::Instant;

/// How deep conditions may be nested; a lone condition has depth 1.
const DEPTH_MAX: usize = 8;
/// How many conditions a filter may be made of, `And`, `Or` and `Not` included.
const CONDITIONS_MAX: usize = 64;

/// What a connection must be like. Texts are compared byte for byte.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Condition {
    /// All of these hold; of none, that is always so.
    And(Vec<Condition>),
    /// At least one of these holds; of none, that is never so.
    Or(Vec<Condition>),
    /// This does not hold.
    Not(Box<Condition>),
    /// The client id is this.
    ClientId(Box<str>),
    /// The request path starts with this.
    PathPrefix(Box<str>),
    /// The user agent contains this; a connection without one never does.
    UserAgentContains(Box<str>),
    /// It connected earlier than this moment.
    ConnectedBefore(Instant),
    /// It connected later than this moment.
    ConnectedAfter(Instant),
    /// The application gave it this label.
    Label(Label),
}

/// A fact that the application attached to a connection. A connection may have
/// several labels of one key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Label {
    /// What the fact is about.
    pub key: Box<str>,
    /// What it says.
    pub value: Box<str>,
}

impl Label {
    /// The label `key` = `value`.
    pub fn new(key: impl Into<Box<str>>, value: impl Into<Box<str>>) -> Label {
        Label { key: key.into(), value: value.into() }
    }
}

/// What a filter may look at: one connection, borrowed from its hub.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The client id.
    pub client_id: &'a str,
    /// The path of the request, without the query.
    pub path: &'a str,
    /// The request's `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// When the connection was opened.
    pub connected_at: Instant,
    /// What the application attached.
    pub labels: &'a [Label],
}

/// A condition that was checked: at most 8 deep, at most 64 conditions in all.
///
/// ```
/// use fanfare_core::broadcast::{Condition, Facts, Filter, Label};
/// use fanfare_core::time::Instant;
///
/// let gold_on_chat = Filter::new(Condition::And(vec![
///     Condition::PathPrefix("/chat".into()),
///     Condition::Label(Label::new("plan", "gold")),
/// ]))?;
/// let labels = [Label::new("plan", "gold")];
/// let ann = Facts {
///     client_id: "ann",
///     path: "/chat/1",
///     user_agent: None,
///     connected_at: Instant::ZERO,
///     labels: &labels,
/// };
/// assert!(gold_on_chat.accepts(&ann));
/// assert!(!gold_on_chat.accepts(&Facts { labels: &[], ..ann }));
/// # Ok::<(), fanfare_core::broadcast::FilterError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter(Condition);

/// Why a condition makes no filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// Conditions are nested too deeply.
    #[error("the filter is nested more than {depth_max} deep: flatten it")]
    TooDeep {
        /// The bound, which is no setting.
        depth_max: usize,
    },
    /// There are too many conditions.
    #[error("the filter has more than {conditions_max} conditions: label the connections instead")]
    TooManyConditions {
        /// The bound, which is no setting.
        conditions_max: usize,
    },
}

impl Filter {
    /// Checks a condition. Looks at no more of it than a filter may have.
    pub fn new(condition: Condition) -> Result<Filter, FilterError> {
        let mut conditions_left = CONDITIONS_MAX;
        check(&condition, DEPTH_MAX, &mut conditions_left)?;
        Ok(Filter(condition))
    }

    /// The condition that was checked.
    pub fn condition(&self) -> &Condition {
        &self.0
    }

    /// Whether a connection is like this. A bounded number of comparisons.
    pub fn accepts(&self, facts: &Facts<'_>) -> bool {
        holds(&self.0, facts)
    }
}

fn check(condition: &Condition, depth_left: usize, conditions_left: &mut usize) -> Result<(), FilterError> {
    let below = depth_left.checked_sub(1).ok_or(FilterError::TooDeep { depth_max: DEPTH_MAX })?;
    *conditions_left = conditions_left
        .checked_sub(1)
        .ok_or(FilterError::TooManyConditions { conditions_max: CONDITIONS_MAX })?;
    match condition {
        Condition::And(parts) | Condition::Or(parts) => {
            parts.iter().try_for_each(|part| check(part, below, conditions_left))
        }
        Condition::Not(part) => check(part, below, conditions_left),
        Condition::ClientId(_)
        | Condition::PathPrefix(_)
        | Condition::UserAgentContains(_)
        | Condition::ConnectedBefore(_)
        | Condition::ConnectedAfter(_)
        | Condition::Label(_) => Ok(()),
    }
}

/// Recurses no deeper than [`check`] allowed.
fn holds(condition: &Condition, facts: &Facts<'_>) -> bool {
    match condition {
        Condition::And(parts) => parts.iter().all(|part| holds(part, facts)),
        Condition::Or(parts) => parts.iter().any(|part| holds(part, facts)),
        Condition::Not(part) => !holds(part, facts),
        Condition::ClientId(id) => facts.client_id == &**id,
        Condition::PathPrefix(prefix) => facts.path.starts_with(&**prefix),
        Condition::UserAgentContains(text) => facts.user_agent.is_some_and(|agent| agent.contains(&**text)),
        Condition::ConnectedBefore(moment) => facts.connected_at < *moment,
        Condition::ConnectedAfter(moment) => facts.connected_at > *moment,
        Condition::Label(label) => facts.labels.contains(label),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Instant = Instant::from_nanos(12);

    fn accepts(condition: Condition) -> bool {
        let labels = [Label::new("plan", "gold"), Label::new("plan", "trial")];
        let facts = Facts {
            client_id: "ann",
            path: "/chat/1",
            user_agent: Some("Mozilla/5.0 Firefox/140"),
            connected_at: NOON,
            labels: &labels,
        };
        Filter::new(condition).unwrap().accepts(&facts)
    }

    fn nested(depth: usize) -> Condition {
        (1..depth).fold(Condition::And(Vec::new()), |inner, _| Condition::Not(Box::new(inner)))
    }

    #[test]
    fn each_fact_is_compared_byte_for_byte() {
        assert!(accepts(Condition::ClientId("ann".into())));
        assert!(!accepts(Condition::ClientId("Ann".into())));
        assert!(accepts(Condition::PathPrefix("/chat".into())));
        assert!(!accepts(Condition::PathPrefix("chat".into())));
        assert!(accepts(Condition::UserAgentContains("Firefox/".into())));
        assert!(!accepts(Condition::UserAgentContains("firefox/".into())));
        assert!(accepts(Condition::Label(Label::new("plan", "trial"))));
        assert!(!accepts(Condition::Label(Label::new("trial", "plan"))));
    }

    #[test]
    fn before_and_after_exclude_the_moment_itself() {
        let later = Instant::from_nanos(13);
        assert!(accepts(Condition::ConnectedBefore(later)));
        assert!(!accepts(Condition::ConnectedBefore(NOON)));
        assert!(accepts(Condition::ConnectedAfter(Instant::ZERO)));
        assert!(!accepts(Condition::ConnectedAfter(NOON)));
    }

    #[test]
    fn conditions_combine_as_in_logic() {
        let yes = || Condition::ClientId("ann".into());
        let no = || Condition::ClientId("bob".into());
        assert!(accepts(Condition::And(vec![yes(), yes()])));
        assert!(!accepts(Condition::And(vec![yes(), no()])));
        assert!(accepts(Condition::And(Vec::new())));
        assert!(accepts(Condition::Or(vec![no(), yes()])));
        assert!(!accepts(Condition::Or(vec![no(), no()])));
        assert!(!accepts(Condition::Or(Vec::new())));
        assert!(accepts(Condition::Not(Box::new(no()))));
        assert!(!accepts(Condition::Not(Box::new(yes()))));
    }

    #[test]
    fn a_connection_without_a_user_agent_contains_nothing() {
        let anything = Filter::new(Condition::UserAgentContains("".into())).unwrap();
        let facts = Facts { client_id: "ann", path: "/", user_agent: None, connected_at: NOON, labels: &[] };
        assert!(!anything.accepts(&facts));
        assert!(anything.accepts(&Facts { user_agent: Some(""), ..facts }));
    }

    #[test]
    fn depth_is_bounded() {
        assert!(Filter::new(nested(DEPTH_MAX)).is_ok());
        assert_eq!(Filter::new(nested(DEPTH_MAX + 1)), Err(FilterError::TooDeep { depth_max: DEPTH_MAX }));
    }

    #[test]
    fn the_number_of_conditions_is_bounded() {
        let wide = |parts| Condition::Or(vec![Condition::And(Vec::new()); parts]);
        assert!(Filter::new(wide(CONDITIONS_MAX - 1)).is_ok());
        assert_eq!(
            Filter::new(wide(CONDITIONS_MAX)),
            Err(FilterError::TooManyConditions { conditions_max: CONDITIONS_MAX })
        );
    }
}
