//! `agent keys`: the addresses that a mnemonic leads to.

use std::fmt::Write as _;

use serde_json::json;

use crate::{
    cli::Output,
    config::init::InitConfig,
    error::Error,
    init::keys::{AccountKey, Keys},
};

/// Prints name, HD path and address of every account and lane.
///
/// # Errors
///
/// [`Error::Init`] if the mnemonic is not there or not valid.
pub async fn keys(config: &InitConfig, output: Output) -> Result<String, Error> {
    let keys = Keys::wait_for(config).await?;
    let prefix = &config.prefix;
    let account = |key: &AccountKey| {
        let path = key.account.hd_path.to_string();
        (key.account.name.clone(), path, key.address.bech32(prefix))
    };
    let lanes = config.lanes.hd_paths.iter().zip(&keys.lanes).enumerate();
    let lanes = lanes.map(|(index, (path, address))| {
        (format!("lane-{index}"), path.to_string(), address.bech32(prefix))
    });
    let rows: Vec<_> = keys.accounts.iter().map(account).chain(lanes).collect();
    Ok(match output {
        Output::Table => table(&rows),
        Output::Json => {
            let row = |(name, path, address): &(String, String, String)| json!({"name": name, "hdPath": path, "address": address});
            let rows: Vec<_> = rows.iter().map(row).collect();
            format!("{}\n", serde_json::Value::from(rows))
        }
    })
}

fn table(rows: &[(String, String, String)]) -> String {
    let name = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or(0).max(4);
    let path = rows.iter().map(|(_, path, _)| path.len()).max().unwrap_or(0).max(7);
    let mut text = format!("{:name$}  {:path$}  ADDRESS\n", "NAME", "HD PATH");
    for (key, hd_path, address) in rows {
        let _ = writeln!(text, "{key:name$}  {hd_path:path$}  {address}"); // a String takes it all
    }
    text
}
