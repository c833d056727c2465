//! The headers that every reply carries, made once.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'; manifest-src 'self'";
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), display-capture=(), \
                           fullscreen=(), geolocation=(), gyroscope=(), hid=(), microphone=(), midi=(), \
                           payment=(), serial=(), usb=(), browsing-topics=()";

/// The same for a page that shows what is near.
const PERMISSIONS_WITH_POSITION: &str = "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), display-capture=(), \
     fullscreen=(), geolocation=(self), gyroscope=(), hid=(), microphone=(), midi=(), \
     payment=(), serial=(), usb=(), browsing-topics=()";
static PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Header and value, the same for every reply.
const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Lets the page ask the device where it is; the device asks the person.
pub(crate) fn allow_position(headers: &mut HeaderMap) {
    headers.insert(&PERMISSIONS_POLICY, HeaderValue::from_static(PERMISSIONS_WITH_POSITION));
}

/// Adds the security headers; what must not be kept by caches is the rule, not the exception.
pub(crate) fn protect(headers: &mut HeaderMap) {
    headers.reserve(ALWAYS.len() + 3);
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    headers.entry(&PERMISSIONS_POLICY).or_insert(HeaderValue::from_static(PERMISSIONS));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
