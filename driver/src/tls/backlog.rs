//! Bytes that wait for somebody to take them.
//!
//! Apart because of what a `Vec` does not do: whose last byte is taken owns no
//! memory, so that waiting costs only those for whom something waits.

/// See the module.
#[derive(Default)]
pub(super) struct Backlog {
    bytes: Vec<u8>,
    /// How many of them are taken; never all.
    start: usize,
}

impl From<Vec<u8>> for Backlog {
    fn from(bytes: Vec<u8>) -> Backlog {
        if bytes.is_empty() { Backlog::default() } else { Backlog { bytes, start: 0 } }
    }
}

impl Backlog {
    pub(super) fn waiting(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// The first `count` bytes are gone.
    pub(super) fn advance(&mut self, count: usize) {
        self.start += count;
        if self.start >= self.bytes.len() {
            *self = Backlog::default();
        }
    }

    /// Moves as many bytes as there are, or as `place` takes; says how many.
    pub(super) fn move_to(&mut self, place: &mut [u8]) -> usize {
        let count = place.len().min(self.waiting().len());
        if let (Some(to), Some(from)) = (place.get_mut(..count), self.waiting().get(..count)) {
            to.copy_from_slice(from);
        }
        self.advance(count);
        count
    }

    /// Puts in `bytes` before all others.
    pub(super) fn precede(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            *self = Backlog::from([bytes, self.waiting()].concat());
        }
    }

    /// Puts in what `fill` writes to a place of `bytes_max`, of which it says
    /// how much it used.
    pub(super) fn append<E>(
        &mut self,
        bytes_max: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(), E> {
        self.bytes.drain(..std::mem::take(&mut self.start));
        let len = self.bytes.len();
        self.bytes.reserve_exact(bytes_max);
        self.bytes.resize(len + bytes_max, 0);
        let filled = fill(self.bytes.get_mut(len..).unwrap_or_default());
        self.bytes.truncate(len + filled.as_ref().map_or(0, |used| *used));
        self.advance(0);
        filled.map(drop)
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::Backlog;

    #[test]
    fn bytes_leave_in_order_and_the_memory_with_the_last() {
        let mut backlog = Backlog::from(b"cd".to_vec());
        backlog.precede(b"ab");
        let mut place = [0; 3];
        assert_eq!((backlog.move_to(&mut place), &place), (3, b"abc"));
        let fill = |place: &mut [u8]| {
            place.copy_from_slice(b"ef.");
            Ok::<_, ()>(2)
        };
        assert_eq!(backlog.append(3, fill), Ok(()));
        assert_eq!(backlog.waiting(), b"def");
        backlog.advance(2);
        assert!(backlog.capacity() > 0);
        assert_eq!((backlog.move_to(&mut place), place[0]), (1, b'f'));
        assert_eq!((backlog.waiting(), backlog.capacity()), (&b""[..], 0));
    }

    #[test]
    fn nothing_put_in_is_nothing_held() {
        let mut backlog = Backlog::from(Vec::with_capacity(10));
        backlog.precede(b"");
        assert_eq!(backlog.append(8, |_| Ok::<_, ()>(0)), Ok(()));
        assert_eq!(backlog.append(8, |_| Err("no")), Err("no"));
        assert_eq!(backlog.capacity(), 0);
    }
}
