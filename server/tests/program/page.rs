//! The page, and what browsers ask for unasked.

use crate::support::{Program, ask, get};

#[test]
fn the_page_is_served_under_a_strict_policy() {
    let program = Program::start(&[]);
    let page = get(&program, "/");
    assert_eq!(page.status, 200);
    assert!(page.body.starts_with("<!doctype html>") && page.body.trim_end().ends_with("</html>"));
    assert_eq!(page.header("content-length"), Some(page.body.len().to_string().as_str()));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("connection"), Some("close"));
    // A header that comes twice fails here.
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let policy = page.header("content-security-policy").unwrap();
    for directive in ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        assert!(policy.split("; ").any(|found| found == directive), "{directive} is not in {policy}");
    }
    assert!(!policy.contains("http"), "the page must need no other host: {policy}");
    // The one style sheet and the one script are known by their hashes, and nothing else is run.
    assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for tag in ["<style>", "<script>"] {
        assert_eq!(page.body.matches(tag).count(), 1, "{tag}");
    }
    for elsewhere in [" src=", " href=", "@import", "url("] {
        assert!(!page.body.contains(elsewhere), "the page is one file, and has {elsewhere}");
    }
}

#[test]
fn a_head_request_gets_the_headers_alone() {
    let program = Program::start(&[]);
    let head = ask(&program, b"HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), get(&program, "/").header("content-length"));
}

#[test]
fn there_is_no_icon_and_no_complaint() {
    let icon = get(&Program::start(&[]), "/favicon.ico");
    assert_eq!((icon.status, icon.body.as_str()), (204, ""));
}
