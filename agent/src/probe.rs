//! `agent probe`: one look at a node, for exec probes in images without a shell.

use reqwest::Url;

use crate::{
    cli::{ProbeArgs, ProbeKind},
    error::Error,
    pod::{
        end::End,
        probe::{Kind, Probe, Prober, Timing},
        reaper::Reaper,
    },
    print,
};

/// The exit code of a node that is not well.
const NOT_WELL: u8 = 1;

/// Looks once, and prints what is wrong.
///
/// # Errors
///
/// [`Error::Target`] if that cannot be looked at.
pub async fn probe(args: ProbeArgs, reaper: &Reaper) -> Result<End, Error> {
    let timing = Timing { timeout: args.timeout, ..Timing::default() };
    let live = args.live;
    let mut prober = Prober::new(Probe { kind: kind(args)?, timing });
    let report = prober.look(reaper).await;
    match if live { report.live } else { report.ready } {
        Ok(()) => Ok(End::Code(0)),
        Err(why) => {
            print(&format!("{why}\n"))?;
            Ok(End::Code(NOT_WELL))
        }
    }
}

fn kind(args: ProbeArgs) -> Result<Kind, Error> {
    let mut target = args.target.into_iter();
    let block_limit = None; // one look has no history
    let kind = match args.kind {
        ProbeKind::Command => return command(target.collect()),
        ProbeKind::Cometbft => {
            let rpc = url(target.next().as_deref().unwrap_or(Kind::COMETBFT_RPC))?;
            Kind::CometBft { rpc: rpc.into(), block_limit }
        }
        ProbeKind::Substrate => {
            let rpc = url(target.next().as_deref().unwrap_or(Kind::SUBSTRATE_RPC))?;
            Kind::Substrate { rpc, block_limit }
        }
        ProbeKind::Http => {
            let url = url(&target.next().ok_or(Error::Target("a URL to get".to_owned()))?)?;
            Kind::Http { url, status: args.status }
        }
        ProbeKind::Tcp => {
            let address = target.next().filter(|text| Kind::is_address(text));
            let wanted = || Error::Target("a host and a port, `127.0.0.1:26656`".to_owned());
            Kind::Tcp { address: address.ok_or_else(wanted)? }
        }
    };
    match target.next() {
        None => Ok(kind),
        Some(word) => Err(Error::Target(format!("one target, not also `{word}`"))),
    }
}

fn command(words: Vec<String>) -> Result<Kind, Error> {
    if words.is_empty() {
        return Err(Error::Target("a command after `--`".to_owned()));
    }
    Ok(Kind::Command { words })
}

fn url(text: &str) -> Result<Url, Error> {
    match Url::parse(text) {
        Ok(url) if url.has_host() => Ok(url),
        _ => Err(Error::Target(format!("a URL, which `{text}` is not"))),
    }
}
