//! An answer that ends the connection: a page, a figure, a refusal.
//!
//! Apart from [`accept`](super::accept), which begins one. It must never be
//! possible to write a header or a second answer by way of a value.

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING, UPGRADE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// A status, headers and a body.
///
/// ```
/// use fanfare_core::handshake::Response;
/// use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
///
/// let busy = Response::text(StatusCode::SERVICE_UNAVAILABLE, "full")
///     .header(RETRY_AFTER, HeaderValue::from_static("5"));
/// let bytes = busy.encode(false);
/// assert!(bytes.starts_with(b"HTTP/1.1 503 Service Unavailable\r\n"));
/// assert!(bytes.ends_with(b"\r\n\r\nfull"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Response {
    /// An answer without a body.
    ///
    /// A 1xx status is no answer, and is sent as 500: an upgrade is granted by
    /// [`accept`](super::accept) only.
    pub fn empty(status: StatusCode) -> Response {
        let status = if status.is_informational() { StatusCode::INTERNAL_SERVER_ERROR } else { status };
        Response { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// Plain text in UTF-8.
    pub fn text(status: StatusCode, body: impl Into<Bytes>) -> Response {
        Response::of_type(status, "text/plain; charset=utf-8", body.into())
    }

    /// JSON; that `body` is JSON is the caller's word.
    pub fn json(status: StatusCode, body: impl Into<Bytes>) -> Response {
        Response::of_type(status, "application/json", body.into())
    }

    /// A page in UTF-8.
    pub fn html(status: StatusCode, body: impl Into<Bytes>) -> Response {
        Response::of_type(status, "text/html; charset=utf-8", body.into())
    }

    /// Adds a header line. `Content-Length`, `Transfer-Encoding` and `Connection`
    /// are this type's own business and are not taken.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Response {
        if ![CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(&name) {
            self.headers.append(name, value);
        }
        self
    }

    /// Sets the content type, in place of the constructor's.
    #[must_use]
    pub fn content_type(mut self, value: HeaderValue) -> Response {
        self.headers.insert(CONTENT_TYPE, value);
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers, without those that [`encode`](Response::encode) adds.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The answer as it goes on the wire, `Connection: close` and
    /// `Content-Length` included; the connection must be closed after it.
    ///
    /// `head_only` leaves the body out and keeps its length, as the answer to
    /// HEAD requires (RFC 9110 §9.3.2). A status that has no body (204, 304) gets
    /// neither (§8.6).
    pub fn encode(&self, head_only: bool) -> Bytes {
        let mut out = Vec::with_capacity(256 + self.body.len());
        write_status_line(&mut out, self.status);
        write_headers(&mut out, &self.headers);
        // RFC 9110 §7.8: who sends `Upgrade` must list it in `Connection`.
        let connection: &[u8] = if self.headers.contains_key(UPGRADE) { b"close, upgrade" } else { b"close" };
        write_header(&mut out, "Connection", connection);
        let has_body = ![StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&self.status);
        if has_body {
            write_header(&mut out, "Content-Length", self.body.len().to_string().as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        if has_body && !head_only {
            out.extend_from_slice(&self.body);
        }
        out.into()
    }

    /// Tells browsers to believe the type: a refusal quotes what the peer sent.
    fn of_type(status: StatusCode, content_type: &'static str, body: Bytes) -> Response {
        let response = Response { body, ..Response::empty(status) };
        response
            .header(CONTENT_TYPE, HeaderValue::from_static(content_type))
            .header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
    }
}

/// `HTTP/1.1 404 Not Found`; the reason may be empty, the space before it not
/// (RFC 9112 §4).
pub(super) fn write_status_line(out: &mut Vec<u8>, status: StatusCode) {
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    out.extend_from_slice(b"\r\n");
}

pub(super) fn write_headers(out: &mut Vec<u8>, headers: &HeaderMap) {
    for (name, value) in headers {
        write_header(out, name.as_str(), value.as_bytes());
    }
}

/// Writes one line. Only for names and values of our own or from the `http`
/// types, which cannot hold a line break.
pub(super) fn write_header(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(response: &Response, head_only: bool) -> String {
        String::from_utf8(response.encode(head_only).to_vec()).unwrap()
    }

    #[test]
    fn an_answer_has_length_and_closes() {
        let json = Response::json(StatusCode::OK, String::from("{}"));
        assert_eq!(
            text(&json, false),
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-content-type-options: nosniff\r\n\
             Connection: close\r\nContent-Length: 2\r\n\r\n{}"
        );
    }

    #[test]
    fn head_keeps_the_length_and_drops_the_body() {
        let page = Response::html(StatusCode::OK, "<p>");
        assert!(text(&page, true).ends_with("Content-Length: 3\r\n\r\n"));
    }

    #[test]
    fn statuses_without_a_body_get_none() {
        let nothing = Response::text(StatusCode::NO_CONTENT, "lost");
        assert!(!text(&nothing, false).contains("Content-Length"));
        assert!(text(&nothing, false).ends_with("\r\n\r\n"));
    }

    #[test]
    fn framing_headers_are_not_taken_from_the_caller() {
        let response = Response::empty(StatusCode::OK)
            .header(CONTENT_LENGTH, HeaderValue::from_static("5"))
            .header(TRANSFER_ENCODING, HeaderValue::from_static("chunked"))
            .header(CONNECTION, HeaderValue::from_static("keep-alive"));
        assert_eq!(
            text(&response, false),
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        );
    }

    #[test]
    fn an_informational_status_is_no_answer() {
        assert_eq!(
            Response::empty(StatusCode::SWITCHING_PROTOCOLS).status(),
            StatusCode::INTERNAL_SERVER_ERROR
        );
    }

    #[test]
    fn an_unknown_status_has_an_empty_reason() {
        let odd = Response::empty(StatusCode::from_u16(799).unwrap());
        assert!(text(&odd, false).starts_with("HTTP/1.1 799 \r\n"));
    }
}
