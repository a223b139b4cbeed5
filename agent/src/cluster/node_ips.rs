//! The addresses of the cluster's nodes, for `getRandomNodeIP` and `getNodeIPWithIndex`.

use k8s_openapi::api::core::v1::Node;
use kube::core::params::ListParams;
use serde::Deserialize;

use super::{
    Cluster,
    error::{Call, ClusterError},
};

/// How many nodes are asked for at once: one of them has some 20 KB.
const PAGE: u32 = 100;

/// A page of a list of nodes, with what we need of it.
#[derive(Debug, Default, Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMeta,
    items: Vec<Listed>,
}

#[derive(Debug, Default, Deserialize)]
struct PageMeta {
    #[serde(default)]
    r#continue: String,
}

#[derive(Debug, Deserialize)]
struct Listed {
    metadata: Meta,
    #[serde(default)]
    status: State,
}

#[derive(Debug, Deserialize)]
struct Meta {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
struct State {
    #[serde(default)]
    addresses: Vec<Address>,
}

#[derive(Debug, Deserialize)]
struct Address {
    r#type: String,
    address: String,
}

impl Cluster {
    /// The addresses of type `ExternalIP` of all nodes, in the order of the nodes' names, so that an
    /// index means the same address for as long as no node comes or goes.
    ///
    /// # Errors
    ///
    /// [`ClusterError`]; that there is no such address is no error here.
    pub async fn node_ips(&self) -> Result<Vec<String>, ClusterError> {
        let call = Call::of_cluster::<Node>("list", None);
        let mut nodes = Vec::new();
        let mut params = ListParams::default().limit(PAGE);
        loop {
            let request = call.path::<Node>().list(&params);
            let request = request.map_err(|error| call.invalid(&error))?;
            let page: Page = self.request(&call, request.map(Into::into)).await?;
            nodes.extend(page.items);
            if page.metadata.r#continue.is_empty() {
                return Ok(external(nodes));
            }
            params = params.continue_token(&page.metadata.r#continue);
        }
    }
}

fn external(mut nodes: Vec<Listed>) -> Vec<String> {
    nodes.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
    let addresses = nodes.into_iter().flat_map(|node| node.status.addresses);
    addresses.filter(|it| it.r#type == "ExternalIP").map(|it| it.address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_addresses_are_in_the_order_of_the_nodes_names() {
        let page: Page = serde_json::from_str(
            r#"{"metadata": {}, "items": [
                {"metadata": {"name": "b"}, "status": {"addresses": [
                    {"type": "InternalIP", "address": "10.0.0.2"},
                    {"type": "ExternalIP", "address": "198.51.100.1"},
                    {"type": "ExternalIP", "address": "2001:db8::1"}]}},
                {"metadata": {"name": "c"}, "status": {}},
                {"metadata": {"name": "a"}, "status": {"addresses": [
                    {"type": "ExternalIP", "address": "203.0.113.9"}]}}]}"#,
        )
        .unwrap();
        assert_eq!(external(page.items), ["203.0.113.9", "198.51.100.1", "2001:db8::1"]);
    }
}
