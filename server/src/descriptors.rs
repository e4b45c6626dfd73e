//! Room for connections: each takes a descriptor, and shells commonly allow a
//! process 1,024 of them where the system would allow it many more.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the process's own limit as far as it may, and tells how many
/// descriptors it now allows; `None` = unlimited. Where it cannot be raised the
/// program serves under the limit it has.
pub(crate) fn raise_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return limit.current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, current = limit.current, "the limit on open files cannot be raised");
            limit.current
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_is_in_force() {
        let told = raise_limit();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!((limit.current, limit.current), (told, limit.maximum));
    }
}
