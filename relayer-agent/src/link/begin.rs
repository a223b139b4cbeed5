//! The beginnings of handshakes, which we send ourselves.
//!
//! `rly transact link` waits for a block of both chains before it begins a connection, and for
//! another one before it begins a channel; a beginning proves nothing, so it need not. At 5 s
//! blocks that is 3 of 17 hub blocks.

use agent::cosmos::{
    proto::Any,
    tx::ibc::{MsgChannelOpenInit, MsgConnectionOpenInit},
};

use super::decide::Next;
use crate::{config::LinkPath, lanes::Signer, rly::Ends};

/// The message that begins what is next on the path's first chain, if that is a handshake.
pub fn message(path: &LinkPath, ends: Ends<'_>, signer: &Signer, next: &Next) -> Option<Any> {
    let signer = ends.src.bech32(signer.key.public_key().address());
    match next {
        Next::OpenConnection { clients } => {
            Some(MsgConnectionOpenInit::new(&clients.src, &clients.dst, &signer).to_any())
        }
        Next::OpenChannel { connection, .. } => {
            let ports = (path.ports.src.as_str(), path.ports.dst.as_str());
            let (order, version) = (path.order.number(), path.version.as_str());
            let message = MsgChannelOpenInit::new(&connection.src, ports, order, version, &signer);
            Some(message.to_any())
        }
        Next::CreateClients
        | Next::CreateClient { .. }
        | Next::FinishConnection { .. }
        | Next::FinishChannel { .. }
        | Next::Done(_) => None,
    }
}
