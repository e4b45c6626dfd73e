//! An input, read from its front.

use fanfare_core::wire::Role;

/// What is left of an input. Beyond its end there are zeros.
#[derive(Clone, Copy, Debug)]
pub struct Script<'i>(&'i [u8]);

impl<'i> Script<'i> {
    /// A whole input.
    pub fn new(input: &'i [u8]) -> Script<'i> {
        Script(input)
    }

    /// Whether all of it was read.
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// The next byte as a number below `bound`; a digit is that digit, as far as it is below.
    pub fn number(&mut self, bound: u8) -> u8 {
        let byte = self.byte();
        let number = if byte.is_ascii_digit() { byte - b'0' } else { byte };
        number % bound
    }

    /// The next `count` bytes, or fewer at the end.
    pub fn bytes(&mut self, count: usize) -> &'i [u8] {
        let (bytes, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    /// Whose side we are: a client's for `C` and other odd bytes.
    pub fn role(&mut self) -> Role {
        if self.byte() % 2 == 1 { Role::Client } else { Role::Server }
    }

    /// How the rest is cut: a digit of how many sizes, and each of these as a byte.
    /// No size means in one piece; a zero counts as one.
    pub fn piece_sizes(&mut self) -> Vec<usize> {
        let count = self.number(10);
        self.bytes(count.into()).iter().map(|&size| usize::from(size).max(1)).collect()
    }

    /// All that is left.
    pub fn rest(self) -> &'i [u8] {
        self.0
    }
}

/// `bytes` in pieces of the given sizes, the last one repeated.
pub fn pieces<'b>(bytes: &'b [u8], sizes: &[usize]) -> Vec<&'b [u8]> {
    let (mut sizes, mut size) = (sizes.iter(), bytes.len().max(1));
    let (mut rest, mut pieces) = (bytes, Vec::new());
    while !rest.is_empty() {
        size = *sizes.next().unwrap_or(&size);
        let (piece, after) = rest.split_at(size.min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}
