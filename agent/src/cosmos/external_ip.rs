//! The address that the SDK takes for a pod's own, for the memo of a gentx.

use std::net::Ipv4Addr;

use nix::{
    errno::Errno,
    ifaddrs::{InterfaceAddress, getifaddrs},
    net::if_::InterfaceFlags,
    sys::socket::SockaddrIn,
};

use super::node_key::NodeId;

/// The port of peers, which `gentx` writes whatever `p2p.laddr` says.
///
/// # Source
///
/// cosmos-sdk v0.53.4, x/staking/client/cli/tx.go:424.
pub const P2P_PORT: u16 = 26656;

/// The first IPv4 address of an interface that is up and not a loopback one; none in a pod
/// without network.
///
/// # Errors
///
/// [`Errno`] if the kernel does not list the interfaces.
///
/// # Source
///
/// `ExternalIP`, cosmos-sdk v0.53.4, server/util.go:383. Interfaces come in the kernel's order
/// there as here: both lists begin as its answer to one netlink request.
pub fn external_ip() -> Result<Option<Ipv4Addr>, Errno> {
    Ok(choose(getifaddrs()?.map(|entry| Entry::from(&entry))))
}

/// The memo of a gentx, where other nodes find this one: `<node id>@<ip>:26656`, or nothing.
///
/// # Source
///
/// `BuildCreateValidatorMsg`, cosmos-sdk v0.53.4, x/staking/client/cli/tx.go:627.
pub fn gentx_memo(node: &NodeId, ip: Option<Ipv4Addr>) -> String {
    ip.map(|ip| format!("{node}@{ip}:{P2P_PORT}")).unwrap_or_default()
}

/// An interface, or an address of it.
struct Entry {
    interface: String,
    usable: bool,
    ip: Option<Ipv4Addr>,
}

impl From<&InterfaceAddress> for Entry {
    fn from(entry: &InterfaceAddress) -> Self {
        let socket = entry.address.as_ref().and_then(|address| address.as_sockaddr_in());
        // An address can have a label, `eth0:1`; the interface is what stands before the colon.
        let interface = entry.interface_name.split(':').next().unwrap_or_default();
        Self {
            interface: interface.to_owned(),
            usable: entry.flags.contains(InterfaceFlags::IFF_UP)
                && !entry.flags.contains(InterfaceFlags::IFF_LOOPBACK),
            ip: socket.map(SockaddrIn::ip),
        }
    }
}

/// The first address, by the order of interfaces first, and of their addresses second.
///
/// The C library lists all interfaces, then all addresses; an address may come before one of an
/// interface that is listed earlier.
fn choose(entries: impl Iterator<Item = Entry>) -> Option<Ipv4Addr> {
    let mut interfaces: Vec<String> = Vec::new();
    let mut candidates = Vec::new();
    for entry in entries {
        let place = interfaces.iter().position(|name| *name == entry.interface);
        let place = place.unwrap_or_else(|| {
            interfaces.push(entry.interface);
            interfaces.len() - 1
        });
        candidates
            .extend(entry.ip.filter(|ip| entry.usable && !ip.is_loopback()).map(|ip| (place, ip)));
    }
    // `min_by_key` takes the first of equals.
    candidates.into_iter().min_by_key(|(place, _)| *place).map(|(_, ip)| ip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosmos::node_key::NodeKey;

    const LO: (&str, bool, Option<[u8; 4]>) = ("lo", false, Some([127, 0, 0, 1]));

    fn chosen(entries: &[(&str, bool, Option<[u8; 4]>)]) -> Option<Ipv4Addr> {
        choose(entries.iter().map(|(interface, usable, ip)| Entry {
            interface: (*interface).to_owned(),
            usable: *usable,
            ip: ip.map(Ipv4Addr::from),
        }))
    }

    #[test]
    fn the_first_address_of_the_first_interface_is_chosen() {
        let entries = [
            ("lo", false, None),
            ("net1", true, None),
            ("eth0", true, None),
            LO,
            ("eth0", true, Some([10, 0, 0, 5])),
            ("net1", true, Some([192, 168, 0, 2])),
            ("net1", true, Some([192, 168, 0, 3])),
        ];
        assert_eq!(chosen(&entries), Some(Ipv4Addr::new(192, 168, 0, 2)));
    }

    #[test]
    fn an_interface_that_is_down_and_an_address_of_loopback_are_passed_over() {
        let entries = [
            ("eth0", false, Some([10, 0, 0, 5])),
            ("eth1", true, Some([127, 0, 0, 9])),
            ("eth1", true, Some([10, 0, 0, 6])),
        ];
        assert_eq!(chosen(&entries), Some(Ipv4Addr::new(10, 0, 0, 6)));
    }

    #[test]
    fn without_network_there_is_none() {
        assert_eq!(chosen(&[LO]), None);
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn the_kernel_answers() {
        assert!(external_ip().is_ok());
    }

    #[test]
    fn a_memo_is_written_as_the_sdk_writes_it() {
        let id = NodeKey::from_seed(&[7; 32]).id();
        let memo = gentx_memo(&id, Some(Ipv4Addr::new(192, 0, 2, 2)));
        assert_eq!(memo, format!("{id}@192.0.2.2:26656"));
        assert_eq!(gentx_memo(&id, None), "");
    }
}
