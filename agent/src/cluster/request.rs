//! One request to the API: its time, its attempts, and what its answer means.

use std::{fmt, num::NonZeroU32};

use bytes::Bytes;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use kube::{Resource, client::Body, core::Request as Path, core::request::Error as BuildError};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::time::{Duration, timeout};
use zeroize::Zeroize as _;

use super::{Cluster, error::ClusterError};
use crate::{
    error,
    pod::{
        backoff::Backoff,
        retry::{self, Transient as _},
    },
};

/// How long one attempt may take, from connecting to the last byte of the answer.
const LIMIT: Duration = Duration::from_secs(20);

/// What may pass by itself (an API server that restarts, a leader that is elected) is tried for
/// half a minute.
const ATTEMPTS: Backoff = Backoff {
    first: Duration::from_millis(250),
    max: Duration::from_secs(5),
    attempts: NonZeroU32::new(10),
    jitter: 50,
};

/// The most that is quoted of an answer which is no `Status`, in characters.
const MAX_MESSAGE: usize = 300;

/// A type of the API that we read or write.
pub trait Object: Resource<DynamicType = ()> + Serialize + DeserializeOwned {}

impl<K: Resource<DynamicType = ()> + Serialize + DeserializeOwned> Object for K {}

/// An answer that nobody needs.
#[derive(Debug, Deserialize)]
pub(super) struct Ignored {}

/// What a request does, in the words of RBAC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `get`, `list`, `create` or `update`.
    pub verb: &'static str,
    /// The API group; empty for the core one.
    pub group: String,
    /// The plural of the kind, in lower case: `secrets`.
    pub resource: String,
    /// The object's name; none for a list.
    pub name: Option<String>,
    /// The namespace; none for what belongs to the cluster.
    pub namespace: Option<String>,
}

impl Call {
    /// A request about an object in a namespace.
    pub(super) fn new<K: Object>(verb: &'static str, name: Option<&str>, namespace: &str) -> Self {
        Self { namespace: Some(namespace.to_owned()), ..Self::of_cluster::<K>(verb, name) }
    }

    /// A request about what belongs to no namespace.
    pub(super) fn of_cluster<K: Object>(verb: &'static str, name: Option<&str>) -> Self {
        let (group, resource) = (K::group(&()).into_owned(), K::plural(&()).into_owned());
        Self { verb, group, resource, name: name.map(str::to_owned), namespace: None }
    }

    /// Where in the API the objects are.
    pub(super) fn path<K: Object>(&self) -> Path {
        Path::new(K::url_path(&(), self.namespace.as_deref()))
    }

    /// The error for a request that cannot even be written down.
    pub(super) fn invalid(&self, error: &BuildError) -> ClusterError {
        ClusterError::Refused { call: self.clone(), code: 400, message: error.to_string() }
    }
}

impl Cluster {
    /// Sends a request until it is answered, and reads the answer.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] of the last attempt.
    pub(super) async fn request<T: DeserializeOwned>(
        &self,
        call: &Call,
        request: http::Request<Bytes>,
    ) -> Result<T, ClusterError> {
        let answer = retry::retry(ATTEMPTS, async || {
            let attempt = timeout(LIMIT, self.attempt(call, request.clone())).await;
            let url = self.url.clone();
            let result = attempt.unwrap_or(Err(ClusterError::Silent { url, limit: LIMIT }));
            if let Err(error) = &result
                && error.is_transient()
            {
                let error = error::chain(error);
                tracing::warn!(%call, error, "the Kubernetes API does not do it, trying again");
            }
            result
        });
        let answer = Wiped(answer.await?);
        let read = serde_json::from_slice(&answer.0);
        read.map_err(|source| ClusterError::Answer { call: call.clone(), source })
    }

    /// Sends a request once; the body of an answer that says yes.
    async fn attempt(
        &self,
        call: &Call,
        request: http::Request<Bytes>,
    ) -> Result<Bytes, ClusterError> {
        let failed = |source| ClusterError::failed(&self.url, source);
        let response = self.client.send(request.map(Body::from)).await.map_err(failed)?;
        let status = response.status();
        let body = response.into_body().collect_bytes().await.map_err(failed)?;
        if status.is_success() {
            return Ok(body);
        }
        Err(ClusterError::answered(&self.url, call, status.as_u16(), &message(&body)))
    }
}

/// Bytes that are wiped when dropped, if nobody else holds them.
struct Wiped(Bytes);

impl Drop for Wiped {
    fn drop(&mut self) {
        if let Ok(mut bytes) = std::mem::take(&mut self.0).try_into_mut() {
            bytes.zeroize();
        }
    }
}

/// What an answer that says no says: the message of its `Status`, or what a proxy on the way wrote.
fn message(body: &[u8]) -> String {
    match serde_json::from_slice(body) {
        Ok(Status { message: Some(message), .. }) => message,
        _ => String::from_utf8_lossy(body).trim().chars().take(MAX_MESSAGE).collect(),
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if let Some(name) = &self.name {
            write!(f, " `{name}`")?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " in the namespace `{namespace}`"),
            None => f.write_str(" of the cluster"),
        }
    }
}
