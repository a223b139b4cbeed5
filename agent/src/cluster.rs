//! The Kubernetes API.
//!
//! Nothing here starts by itself: the client and its TLS provider are made by
//! [`Cluster::connect`], which only a feature that needs the API calls, and end with the
//! [`Cluster`]. All requests go through one function (`request`), which limits their time, tries
//! again what may pass by itself, and logs no body: a body may be a Secret.

mod access;
pub mod error;
pub mod node_ips;
pub mod node_service;
mod request;

use std::{num::NonZeroU32, time::Duration};

use bytes::Bytes;
use kube::{
    Client,
    core::params::{GetParams, PostParams},
};
use serde::Serialize;
use tokio::time::sleep;
use zeroize::Zeroizing;

pub use self::access::Programs;
use self::{
    error::ClusterError,
    request::{Call, Object},
};
use crate::{
    config::env::Env,
    pod::backoff::{Backoff, Rolls},
};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// When somebody else was faster: several pods that start together are soon apart.
const CONTEST: Backoff = Backoff {
    first: Duration::from_millis(20),
    max: Duration::from_secs(1),
    attempts: NonZeroU32::new(20),
    jitter: 100,
};

/// Room for an object, so that a buffer with secrets is not moved while it grows.
///
/// # Units
///
/// Bytes. The API refuses objects of more than 1.5 MB; most have some KB.
const ROOM: usize = 64 << 10;

/// A connection to the Kubernetes API, and the namespace that is worked in.
pub struct Cluster {
    client: Client,
    url: String,
    namespace: String,
}

/// What came of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is done.
    Done,
    /// Somebody else was faster: look at the object again and decide anew.
    Conflict,
}

impl Cluster {
    /// Prepares to talk to the API: that of the kubeconfig (`KUBECONFIG`, `~/.kube/config`) or, in
    /// a pod without one, that of the cluster. Without a `namespace` it is the one of the
    /// kubeconfig's context, or of the service account.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if there is nothing to talk to. Whether it answers is not asked.
    pub async fn connect(
        namespace: Option<&str>,
        env: &Env,
        programs: Programs,
    ) -> Result<Self, ClusterError> {
        let mut config = access::config(env, programs).await?;
        config.connect_timeout = Some(CONNECT);
        // Requests limit their time and are tried again here.
        (config.read_timeout, config.write_timeout, config.default_retry) = (None, None, false);
        let url = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let namespace = namespace.unwrap_or(&config.default_namespace).to_owned();
        let client = Client::try_from(config).map_err(|source| ClusterError::Client {
            url: url.clone(),
            source: Box::new(source),
        })?;
        tracing::debug!(url, namespace, "using the Kubernetes API");
        Ok(Self { client, url, namespace })
    }

    /// The namespace that is worked in.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Reads an object; one that is not there is `None`.
    ///
    /// # Errors
    ///
    /// [`ClusterError`]
    pub async fn get<K: Object>(&self, name: &str) -> Result<Option<K>, ClusterError> {
        let call = Call::new::<K>("get", Some(name), &self.namespace);
        let request = call.path::<K>().get(name, &GetParams::default());
        match self
            .request(&call, request.map_err(|error| call.invalid(&error))?.map(Bytes::from))
            .await
        {
            Err(ClusterError::Refused { code: 404, .. }) => Ok(None),
            result => result.map(Some),
        }
    }

    /// Makes a new object.
    ///
    /// # Errors
    ///
    /// [`ClusterError`], but for one of that name that is there already.
    pub async fn create<K: Object>(&self, object: &K) -> Result<Written, ClusterError> {
        let call = Call::new::<K>("create", object.meta().name.as_deref(), &self.namespace);
        let request = call.path::<K>().create(&PostParams::default(), Vec::new());
        let request = request.map_err(|error| call.invalid(&error))?.map(|_| body(object));
        match self.request::<request::Ignored>(&call, request).await {
            Err(ClusterError::Refused { code: 409, .. }) => Ok(Written::Conflict),
            result => result.map(|_| Written::Done),
        }
    }

    /// Writes an object back, if nobody has changed it since it was read.
    ///
    /// # Errors
    ///
    /// [`ClusterError`], but for one that was changed or deleted in the meantime.
    pub async fn replace<K: Object>(&self, object: &K) -> Result<Written, ClusterError> {
        let name = object.meta().name.as_deref().unwrap_or_default();
        let call = Call::new::<K>("update", Some(name), &self.namespace);
        let request = call.path::<K>().replace(name, &PostParams::default(), Vec::new());
        let request = request.map_err(|error| call.invalid(&error))?.map(|_| body(object));
        match self.request::<request::Ignored>(&call, request).await {
            Err(ClusterError::Refused { code: 404 | 409, .. }) => Ok(Written::Conflict),
            result => result.map(|_| Written::Done),
        }
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut cluster = f.debug_struct("Cluster");
        cluster.field("url", &self.url).field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

/// Looks, decides and writes, until nobody else was faster; `None` if somebody always is.
///
/// # Errors
///
/// Those of `attempt`, which returns `None` to be called again.
pub async fn settle<T, E>(
    mut attempt: impl AsyncFnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    let mut rolls = Rolls::random();
    for wait in CONTEST.waits(|| rolls.roll()) {
        if let Some(done) = attempt().await? {
            return Ok(Some(done));
        }
        sleep(wait).await;
    }
    attempt().await
}

/// An object as JSON, wiped when dropped: it may be a Secret.
fn body(object: &impl Serialize) -> Bytes {
    let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
    serde_json::to_writer(&mut *bytes, object).expect("objects of the API can be written as JSON");
    Bytes::from_owner(bytes)
}
