//! Both codecs against zlib's own streams, and the negotiation row by row.

mod codecs;
mod negotiation;
