//! Finds the end of a head, byte by byte, and refuses on the way what no head
//! may hold.
//!
//! Apart from the parser because it runs while the head is still arriving. It
//! keeps no bytes, so it cannot look at one twice: with the one parse that
//! follows, a head is read twice however small its pieces are. It must never
//! be more lenient than the parser about where a line ends.

use super::{HeadFault, HeadLimits};

/// Where a head ends; fed with its bytes, each exactly once.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    position: Position,
    bytes: usize,
    lines: usize,
}

/// What the next byte is, given all before it.
#[derive(Clone, Copy, Debug, Default)]
enum Position {
    /// The first of a line.
    #[default]
    LineStart,
    /// Inside a line, or its CR.
    Line,
    /// The LF of a line.
    LineFeed,
    /// The LF of the blank line that ends the head.
    LastLineFeed,
}

impl Scanner {
    /// Scans `bytes`; returns how many of them belong to the head when it ends
    /// among them.
    pub(super) fn scan(&mut self, bytes: &[u8], limits: &HeadLimits) -> Result<Option<usize>, HeadFault> {
        let room = limits.bytes_max.saturating_sub(self.bytes);
        for (&byte, consumed) in bytes.iter().take(room).zip(1..) {
            if self.step(byte, limits)? {
                return Ok(Some(consumed));
            }
            self.bytes += 1;
        }
        if self.bytes < limits.bytes_max {
            Ok(None)
        } else {
            Err(HeadFault::TooLarge { bytes_max: limits.bytes_max })
        }
    }

    /// Header lines that have ended so far.
    pub(super) fn header_lines(&self) -> usize {
        self.lines.saturating_sub(1)
    }

    /// Takes one byte; true when it is the head's last.
    fn step(&mut self, byte: u8, limits: &HeadLimits) -> Result<bool, HeadFault> {
        self.position = match (self.position, byte) {
            // A blank line before the first line is tolerated for the sake of
            // reused connections (RFC 9112 §2.2); there are none here.
            (Position::LineStart, b'\r') if self.lines == 0 => {
                return Err(HeadFault::MalformedFirstLine);
            }
            (Position::LineStart, b'\r') => Position::LastLineFeed,
            (Position::LineStart | Position::Line, _) if !is_text(byte) && byte != b'\r' => {
                return Err(self.refuse(byte));
            }
            (Position::LineStart, _) => {
                self.start_line(byte, limits)?;
                Position::Line
            }
            (Position::Line, b'\r') => Position::LineFeed,
            (Position::Line, _) => Position::Line,
            (Position::LineFeed, b'\n') => {
                self.lines += 1;
                Position::LineStart
            }
            (Position::LastLineFeed, b'\n') => return Ok(true),
            (Position::LineFeed | Position::LastLineFeed, _) => {
                return Err(HeadFault::BareLineBreak { offset: self.bytes });
            }
        };
        Ok(false)
    }

    fn start_line(&self, byte: u8, limits: &HeadLimits) -> Result<(), HeadFault> {
        // RFC 9112 §5.2: folding was a way to hide header lines. Before the
        // first header line, leading space is as bad (§2.2).
        if self.lines > 0 && matches!(byte, b' ' | b'\t') {
            return Err(HeadFault::FoldedHeader);
        }
        if self.lines > limits.headers_max {
            return Err(HeadFault::TooManyHeaders { headers_max: limits.headers_max });
        }
        Ok(())
    }

    fn refuse(&self, byte: u8) -> HeadFault {
        match byte {
            // RFC 9112 §2.2 allows a lone LF to end a line; whoever forwards
            // such a head may see other lines than we do.
            b'\n' => HeadFault::BareLineBreak { offset: self.bytes },
            _ => HeadFault::ForbiddenByte { byte, offset: self.bytes },
        }
    }
}

/// Printable ASCII, space and tab. RFC 9110 §5.5 leaves other bytes in values to
/// the recipient; two recipients that decode them differently are a risk.
fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~')
}
