//! The `metrics` section: where health and metrics are served.
//!
//! | key | meaning | default |
//! |---|---|---|
//! | `listen` | address and port of the HTTP server | none: nothing is served |

use std::net::SocketAddr;

use super::reader::Field;

/// Reads the section; the address to listen at.
pub fn read(field: &Field<'_>) -> Option<SocketAddr> {
    let mut section = field.section()?;
    let listen = section.take("listen");
    if listen.is_none() {
        section.missing("listen", "must be set, such as `0.0.0.0:26680`");
    }
    let listen = listen.and_then(|field| address(&field));
    section.finish();
    listen
}

/// Reads an address to listen at.
pub fn address(field: &Field<'_>) -> Option<SocketAddr> {
    let text = field.text()?;
    let address = text.parse().ok();
    if address.is_none() {
        field.problem(format!(
            "is `{text}`; it must be an IP address and a port, such as `0.0.0.0:26680` or \
             `[::]:26680`"
        ));
    }
    address
}
