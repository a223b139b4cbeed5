//! What a node needs from Kubernetes before it starts: the addresses that its templates ask for,
//! and the Service that leads to its pod. Who asks for neither needs no cluster.

use thiserror::Error;

use crate::{
    cluster::{
        Cluster, Programs,
        error::ClusterError,
        node_service::{Ensured, NodeServiceError},
    },
    command::{self, NodePort},
    config::{Config, ConfigError, env::Env},
    template::NodeIps,
};

/// Why the node does not get what it needs.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KubernetesError {
    /// A template cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A template asks for the addresses of the nodes.
    #[error(
        "the addresses of the cluster's nodes cannot be had, which a template asks for by \
         `getRandomNodeIP` or `getNodeIPWithIndex`"
    )]
    NodeIps(#[source] ClusterError),
    /// There is no API to ask for the Service.
    #[error("there is no Service for the pod (`nodeService`)")]
    Connect(#[source] ClusterError),
    /// The Service is not as it should be.
    #[error(transparent)]
    NodeService(#[from] NodeServiceError),
}

impl KubernetesError {
    /// The exit code, after `sysexits.h`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(error) => error.exit_code(),
            Self::NodeIps(error) | Self::Connect(error) => error.exit_code(),
            Self::NodeService(error) => error.exit_code(),
        }
    }
}

/// Looks up the addresses of the cluster's nodes, if a template asks for them.
///
/// # Errors
///
/// [`KubernetesError::NodeIps`], and [`KubernetesError::Config`] for a template that is none.
pub async fn node_ips(config: &Config, env: &Env) -> Result<NodeIps, KubernetesError> {
    let ips = NodeIps::default();
    if command::asks_for_node_ips(config, env)? {
        let cluster = Cluster::connect(None, env, Programs::Refused).await;
        let addresses = cluster.map_err(KubernetesError::NodeIps)?.node_ips().await;
        ips.supply(addresses.map_err(KubernetesError::NodeIps)?);
    }
    Ok(ips)
}

/// Sees to it that the Service of the pod has this port.
///
/// # Errors
///
/// [`KubernetesError::Connect`] and [`KubernetesError::NodeService`].
pub async fn ensure_service(wanted: &NodePort, env: &Env) -> Result<(), KubernetesError> {
    let cluster = Cluster::connect(None, env, Programs::Refused).await;
    let cluster = cluster.map_err(KubernetesError::Connect)?;
    let NodePort { service, port, foreign } = wanted;
    let ensured = cluster.ensure_node_service(service, *port, *foreign).await?;
    let namespace = cluster.namespace();
    match ensured {
        Ensured::Unchanged => tracing::debug!(service, namespace, port, "the Service is right"),
        Ensured::Created => tracing::info!(service, namespace, port, "made the Service"),
        Ensured::Updated => tracing::info!(service, namespace, port, "changed the Service"),
        Ensured::LeftAlone => tracing::warn!(
            service,
            namespace,
            port,
            "the Service belongs to somebody else and is left alone; set `nodeService.forceUpdate` \
             to take it over"
        ),
    }
    Ok(())
}
