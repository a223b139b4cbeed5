//! `--dry-run`: topology, plan and commands, in words. Looks at the chains; changes nothing.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use agent::pod::shell;
use tokio::time::timeout;

use crate::{
    link::{self, decide::Next},
    register,
    rly::{self, Config},
    world::World,
};

/// How long the chains of a path may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// What a start would do.
pub async fn plan(world: &World) -> String {
    let mut out = String::from("chains\n");
    for chain in world.chains() {
        let config = &chain.config;
        let role = config.role.map_or("-", crate::config::Role::name);
        let _ = writeln!(
            out,
            "  {:<12} {role:<10} {}  api {}  key {} of {}",
            config.name,
            config.rpc,
            config.api,
            config.hd_path,
            config.mnemonic.path.display()
        );
    }
    out.push_str("paths\n");
    let mut links = BTreeMap::new();
    for path in &world.config.paths {
        let ports = &path.ports;
        let _ = writeln!(
            out,
            "  {}: {}/{} - {}/{}, {}, {}",
            path.name,
            path.src,
            ports.src,
            path.dst,
            ports.dst,
            path.order.name(),
            path.version
        );
        let plan = match timeout(LIMIT, link::look(path, world.ends(path))).await {
            Err(_) => "unknown: a chain does not answer".to_owned(),
            Ok(Err(error)) => format!("unknown: {}", agent::error::chain(&error)),
            Ok(Ok(seen)) => {
                let text = match &seen.next {
                    Next::Done(_) => format!("nothing to do: {}", seen.next.found()),
                    next => format!("{}: {}", next.name(), next.found()),
                };
                if let Next::Done(link) = seen.next {
                    links.insert(path.name.clone(), link);
                }
                text
            }
        };
        let _ = writeln!(out, "    {plan}");
    }
    out + &registration(world, &links).await + &start(world, &links)
}

async fn registration(world: &World, links: &BTreeMap<String, link::Link>) -> String {
    let mut out = String::from("registration\n");
    let (Some(section), Some(hub)) = (&world.config.register, world.config.hub()) else {
        return out + "  none\n";
    };
    let hub = world.chain(&hub.name);
    let wanted = register::wanted(world, section, links);
    let missing = match register::missing(world, section, hub, &wanted).await {
        Ok(missing) => missing,
        Err(error) => {
            let _ = writeln!(out, "  unknown: {}", agent::error::chain(&error));
            wanted
        }
    };
    for words in register::commands(section, hub, &missing, register::Manner::default()) {
        if !missing.is_empty() {
            let line = shell::line(words.iter().map(std::ffi::OsStr::new));
            let _ = writeln!(out, "  {line}");
        }
    }
    if missing.is_empty() {
        out.push_str("  nothing to do for the paths that are linked\n");
    }
    out
}

fn start(world: &World, links: &BTreeMap<String, link::Link>) -> String {
    let mut config = Config::empty();
    for path in &world.config.paths {
        if let Some(link) = links.get(&path.name) {
            config.add_link(path, world.ends(path), link);
        }
    }
    let names: Vec<_> = world.config.paths.iter().map(|path| path.name.clone()).collect();
    let home = world.home();
    let relayer = &world.config.relayer;
    let command = rly::start(world.rly(), &home, &names, &relayer.metrics, &relayer.args, 1);
    let file = home.config_file();
    format!("relayer\n  {command}\n{}, as the links are now\n{}", file.display(), config.to_text())
}
