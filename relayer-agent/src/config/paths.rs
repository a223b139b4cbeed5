//! The paths: which two chains, which ports.

use agent::config::reader::{Field, Section};

use super::{Chain, Role};

/// Whether packets keep their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// They need not.
    Unordered,
    /// They do.
    Ordered,
}

impl Order {
    /// The word that `rly` knows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unordered => "unordered",
            Self::Ordered => "ordered",
        }
    }

    /// The number that chains write.
    pub fn number(self) -> i32 {
        match self {
            Self::Unordered => 1,
            Self::Ordered => 2,
        }
    }
}

/// The applications at both ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports {
    /// That of the first chain.
    pub src: String,
    /// That of the second chain.
    pub dst: String,
}

/// A link that is to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkPath {
    /// Its name, here and in `rly`'s files.
    pub name: String,
    /// The name of the first chain: the hub.
    pub src: String,
    /// The name of the second chain: the spoke.
    pub dst: String,
    /// The applications.
    pub ports: Ports,
    /// Whether packets keep their order.
    pub order: Order,
    /// What the applications must agree on.
    pub version: String,
}

/// Reads `paths`; without it there is one from the hub to every other chain.
pub(super) fn read(root: &mut Section<'_>, chains: &[Chain]) -> Vec<LinkPath> {
    let Some(field) = root.take("paths") else { return from_roles(root, chains) };
    let mut paths: Vec<LinkPath> = Vec::new();
    for field in field.list().unwrap_or_default() {
        let Some(path) = field.section().and_then(|section| one(section, chains, &field)) else {
            continue;
        };
        if paths.iter().any(|other| other.name == path.name) {
            field.problem(format!("is another path `{}`; give it a `name`", path.name));
        }
        paths.push(path);
    }
    paths
}

fn one(mut section: Section<'_>, chains: &[Chain], field: &Field<'_>) -> Option<LinkPath> {
    let mut end = |key| {
        let Some(field) = section.take(key) else {
            field.problem(format!("must have `{key}`, the name of a chain"));
            return None;
        };
        let name = field.text()?;
        let known = chains.iter().find(|chain| chain.name == name);
        if known.is_none() {
            let names: Vec<_> = chains.iter().map(|chain| chain.name.as_str()).collect();
            field.problem(format!("is `{name}`, not one of the chains {}", names.join(", ")));
        }
        known
    };
    let (src, dst) = (end("src"), end("dst"));
    let mut text = |key| section.take(key).and_then(|field| field.text());
    let (src_port, dst_port) = (text("srcPort"), text("dstPort"));
    let (name, version) = (text("name"), text("version"));
    let orders = [("unordered", Order::Unordered), ("ordered", Order::Ordered)];
    let order = section.take("order").and_then(|field| field.choice(&orders));
    section.finish();
    let (src, dst) = (src?, dst?);
    let Some(src_port) = src_port.or_else(|| src.role.map(|role| role.port().to_owned())) else {
        field.problem("must have `srcPort`");
        return None;
    };
    let Some(dst_port) = dst_port.or_else(|| dst.role.map(|role| role.port().to_owned())) else {
        field.problem("must have `dstPort`");
        return None;
    };
    let mut path = between(src, dst, Ports { src: src_port, dst: dst_port });
    path.name = name.unwrap_or(path.name);
    path.version = version.unwrap_or(path.version);
    path.order = order.unwrap_or(path.order);
    Some(path)
}

fn from_roles(root: &Section<'_>, chains: &[Chain]) -> Vec<LinkPath> {
    let hubs: Vec<_> = chains.iter().filter(|chain| chain.role == Some(Role::Hub)).collect();
    let [hub] = hubs.as_slice() else {
        if !chains.is_empty() {
            let hint = "name one chain with `gwc` in it, give it `role: hub`, or write `paths`";
            root.missing("chains", &format!("must have one hub, not {}: {hint}", hubs.len()));
        }
        return Vec::new();
    };
    let mut paths = Vec::new();
    for (index, chain) in chains.iter().enumerate().filter(|(_, chain)| chain.name != hub.name) {
        match chain.role {
            Some(role) => {
                let ports = Ports { src: "gateway".to_owned(), dst: role.port().to_owned() };
                paths.push(between(hub, chain, ports));
            }
            None => root.missing(
                &format!("chains[{index}]"),
                &format!(
                    "`{}` has no role: put `mdsc` or `fdsc` into its name, or set `role`",
                    chain.name
                ),
            ),
        }
    }
    paths
}

fn between(src: &Chain, dst: &Chain, ports: Ports) -> LinkPath {
    LinkPath {
        name: format!("path-{}-to-{}", src.name, dst.name),
        src: src.name.clone(),
        dst: dst.name.clone(),
        ports,
        order: Order::Unordered,
        version: "raidchain-1".to_owned(),
    }
}
