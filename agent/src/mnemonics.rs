//! `agent mnemonic`: makes the mnemonics that the keys of the chains come from.
//!
//! What is made once is never changed: a mnemonic that is lost is a network that is lost. Our
//! copies of the words are wiped from memory; the ones that serialisation and TLS make for a moment
//! are not ours to wipe, and end with the process soon after.

pub mod ensure;
mod entries;
mod generate;
mod secret;

pub use self::{
    ensure::EnsureError,
    entries::{ChainName, Role},
    generate::GenerateError,
};
use crate::{
    cli::MnemonicCommand, config::env::Env, error::Error, pod::end::End, pod::signals::Signals,
};

/// Does what the command line says.
///
/// # Errors
///
/// [`Error::Generate`] and [`Error::Ensure`].
pub async fn run(command: MnemonicCommand, env: &Env, signals: &Signals) -> Result<End, Error> {
    match command {
        MnemonicCommand::Generate(args) => {
            generate::generate(args.out.as_deref())?;
            Ok(End::Code(0))
        }
        MnemonicCommand::Ensure(args) => {
            let wanted = entries::entries(&args.chains, &args.roles)?;
            let namespace = args.namespace.as_deref();
            let ensure = ensure::ensure(&args.secret, namespace, &wanted, env);
            // Dropped at any point, the Secret is as it was, or has all entries.
            let ensured = tokio::select! {
                biased;
                signal = signals.stop() => return Ok(End::Signal(signal.map_err(Error::Setup)?)),
                ensured = ensure => ensured?,
            };
            crate::print(&ensured.to_string())
        }
    }
}
