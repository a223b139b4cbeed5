//! `nodeService`: a Service named like the pod, which leads from one port of every node of the
//! cluster to this pod, so that peers reach it.
//!
//! Only what is ours is changed: the port `p2p`, the selector and the type of a Service that kubebot
//! or we made. Its other ports stay as they are.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{Pod, Service, ServicePort, ServiceSpec},
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};
use kube::core::PartialObjectMeta;
use thiserror::Error;

use super::{Cluster, Written, error::ClusterError, settle};
use crate::exit;

/// Whose a Service is: an annotation, and a label for those who made up for kubebot's defect of
/// writing the one and reading the other.
const MANAGED_BY: &str = "kubeva.li/managed-by";

/// Who manages it: kubebot's name, so that either program goes on with what the other made.
const MANAGER: &str = "kubebot";

/// The port that is ours.
const P2P: &str = "p2p";

/// The number of that port within the cluster.
const P2P_PORT: i32 = 30333;

/// The label that differs between the pods of one StatefulSet while it is rolled out.
const REVISION: &str = "controller-revision-hash";

/// What the API says of a node port that another Service has, or had a moment ago.
///
/// # Source
///
/// `ErrAllocated`, k8s.io/kubernetes v1.33.13, pkg/registry/core/service/portallocator/allocator.go
const ALLOCATED: &str = "provided port is already allocated";

/// How often such a port is asked for again: some three seconds long.
const TAKEN: u32 = 8;

/// Whether a Service that somebody else manages may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// It stays as it is.
    Keep,
    /// It becomes ours.
    TakeOver,
}

/// What was done about the Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ensured {
    /// It was as it should be.
    Unchanged,
    /// There was none.
    Created,
    /// It was another.
    Updated,
    /// It is somebody else's, and does not do what was asked for.
    LeftAlone,
}

/// Why there is no Service.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NodeServiceError {
    /// The API does not do it.
    #[error("there is no Service `{service}` with the node port {port} (`nodeService`)")]
    Cluster {
        /// Its name, which is the pod's.
        service: String,
        /// The node port.
        port: u16,
        /// What the API says.
        #[source]
        source: ClusterError,
    },
    /// `HOSTNAME` names no pod.
    #[error(
        "there is no pod `{name}` in the namespace `{namespace}` to make a Service for \
         (`nodeService`); HOSTNAME must be the pod's name"
    )]
    NoPod {
        /// The name.
        name: String,
        /// Where it was looked for.
        namespace: String,
    },
    /// No Service could find the pod.
    #[error("the pod `{0}` has no labels by which a Service could find it (`nodeService`)")]
    NoLabels(String),
    /// Others never stop to change it.
    #[error(
        "the Service `{0}` is changed or deleted all the time by somebody else (`nodeService`)"
    )]
    Contested(String),
}

impl NodeServiceError {
    /// The exit code, after `sysexits.h`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Cluster { source, .. } => source.exit_code(),
            Self::NoPod { .. } | Self::NoLabels(_) => exit::CONFIG,
            Self::Contested(_) => exit::TEMPORARY,
        }
    }
}

/// What the Service should be.
#[derive(Debug)]
struct Wanted<'a> {
    name: &'a str,
    selector: BTreeMap<String, String>,
    port: u16,
    foreign: Foreign,
}

/// What is to be done.
#[derive(Debug, PartialEq)]
enum Action {
    Nothing,
    Create(Box<Service>),
    Update(Box<Service>),
    LeaveAlone,
    /// It is being deleted.
    Wait,
}

impl Cluster {
    /// Sees to the Service of the pod `name`: its port `p2p` leads from `port` of every node to
    /// `port` of the pod.
    ///
    /// # Errors
    ///
    /// [`NodeServiceError`]
    pub async fn ensure_node_service(
        &self,
        name: &str,
        port: u16,
        foreign: Foreign,
    ) -> Result<Ensured, NodeServiceError> {
        let failed = |source| NodeServiceError::Cluster { service: name.to_owned(), port, source };
        let pod = self.get::<PartialObjectMeta<Pod>>(name).await.map_err(failed)?;
        let pod = pod.ok_or_else(|| NodeServiceError::NoPod {
            name: name.to_owned(),
            namespace: self.namespace().to_owned(),
        })?;
        let mut selector = pod.metadata.labels.unwrap_or_default();
        selector.remove(REVISION);
        if selector.is_empty() {
            return Err(NodeServiceError::NoLabels(name.to_owned()));
        }
        let wanted = Wanted { name, selector, port, foreign };
        let mut taken = 0;
        let ensured = settle(async || match self.attempt_node_service(&wanted).await {
            Err(error) if is_taken(&error) && taken < TAKEN => {
                taken += 1;
                Ok(None)
            }
            result => result,
        });
        let ensured = ensured.await.map_err(failed)?;
        ensured.ok_or_else(|| NodeServiceError::Contested(name.to_owned()))
    }

    /// Looks and writes once; `None` if somebody else was faster.
    async fn attempt_node_service(
        &self,
        wanted: &Wanted<'_>,
    ) -> Result<Option<Ensured>, ClusterError> {
        let (written, ensured) = match decide(self.get(wanted.name).await?, wanted) {
            Action::Nothing => return Ok(Some(Ensured::Unchanged)),
            Action::LeaveAlone => return Ok(Some(Ensured::LeftAlone)),
            Action::Wait => return Ok(None),
            Action::Create(service) => (self.create(&*service).await?, Ensured::Created),
            Action::Update(service) => (self.replace(&*service).await?, Ensured::Updated),
        };
        Ok((written == Written::Done).then_some(ensured))
    }
}

/// Decides what is to be done about the Service that is there.
fn decide(existing: Option<Service>, wanted: &Wanted<'_>) -> Action {
    let Some(existing) = existing else {
        let metadata = ObjectMeta { name: Some(wanted.name.to_owned()), ..ObjectMeta::default() };
        let service = Service { metadata, ..Service::default() };
        return Action::Create(Box::new(claimed(with_port(service, wanted))));
    };
    let desired = with_port(existing.clone(), wanted);
    if existing.metadata.deletion_timestamp.is_some() {
        return Action::Wait;
    }
    if desired == existing {
        return Action::Nothing;
    }
    if !is_ours(&existing.metadata) && wanted.foreign == Foreign::Keep {
        return Action::LeaveAlone;
    }
    Action::Update(Box::new(claimed(desired)))
}

/// Whether the node port is somebody else's, as it is for a moment when a write of it has met with a
/// conflict, or a Service that had it is deleted.
fn is_taken(error: &ClusterError) -> bool {
    matches!(error, ClusterError::Refused { code: 422, message, .. } if message.contains(ALLOCATED))
}

fn is_ours(metadata: &ObjectMeta) -> bool {
    [&metadata.annotations, &metadata.labels]
        .into_iter()
        .flatten()
        .any(|marks| marks.get(MANAGED_BY).is_some_and(|manager| manager == MANAGER))
}

fn claimed(mut service: Service) -> Service {
    let annotations = service.metadata.annotations.get_or_insert_default();
    annotations.insert(MANAGED_BY.to_owned(), MANAGER.to_owned());
    service
}

/// The Service with our port, the selector, and a type that opens ports on nodes.
fn with_port(mut service: Service, wanted: &Wanted<'_>) -> Service {
    let spec = service.spec.get_or_insert_default();
    spec.selector = Some(wanted.selector.clone());
    // One with a load balancer has node ports too.
    if spec.type_.as_deref() != Some("LoadBalancer") {
        spec.type_ = Some("NodePort".to_owned());
    }
    let port = Some(i32::from(wanted.port));
    let ours = p2p(spec);
    ours.port = P2P_PORT;
    ours.target_port = port.map(IntOrString::Int);
    ours.node_port = port;
    service
}

/// Our port among those of a Service, which is added if it is not there.
fn p2p(spec: &mut ServiceSpec) -> &mut ServicePort {
    let ports = spec.ports.get_or_insert_default();
    let tcp = |port: &ServicePort| port.protocol.as_deref().is_none_or(|it| it == "TCP");
    let by_name = ports.iter().position(|port| port.name.as_deref() == Some(P2P));
    // The API allows a number once, and one port without a name only if there is no other.
    let found = by_name.or_else(|| ports.iter().position(|it| it.port == P2P_PORT && tcp(it)));
    let index = found.unwrap_or_else(|| {
        ports.push(ServicePort { protocol: Some("TCP".to_owned()), ..ServicePort::default() });
        ports.len() - 1
    });
    if ports.len() > 1 {
        for port in ports.iter_mut().filter(|port| port.name.is_none()) {
            port.name = Some(format!("port-{}", port.port));
        }
    }
    let ours = ports.get_mut(index).expect("it was found or added");
    ours.name = Some(P2P.to_owned());
    ours
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(foreign: Foreign) -> Wanted<'static> {
        let selector = BTreeMap::from([("app".to_owned(), "node".to_owned())]);
        Wanted { name: "node-0", selector, port: 30401, foreign }
    }

    fn service(value: serde_json::Value) -> Service {
        serde_json::from_value(value).unwrap()
    }

    /// A Service as the API shows one of ours.
    fn ours(port: u16) -> Service {
        service(json!({
            "metadata": {
                "name": "node-0", "resourceVersion": "7",
                "annotations": {MANAGED_BY: "kubebot"},
            },
            "spec": {
                "type": "NodePort", "clusterIP": "10.0.0.9", "selector": {"app": "node"},
                "ports": [
                    {"name": "p2p", "port": 30333, "targetPort": port, "nodePort": port,
                     "protocol": "TCP"},
                    {"name": "rpc", "port": 9933, "targetPort": "rpc", "protocol": "TCP"},
                ],
            },
        }))
    }

    fn updated(existing: &Service, foreign: Foreign) -> Service {
        match decide(Some(existing.clone()), &wanted(foreign)) {
            Action::Update(service) => *service,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_missing_service_is_made() {
        let made = service(json!({
            "metadata": {"name": "node-0", "annotations": {MANAGED_BY: "kubebot"}},
            "spec": {
                "type": "NodePort", "selector": {"app": "node"},
                "ports": [{"name": "p2p", "port": 30333, "targetPort": 30401, "nodePort": 30401,
                           "protocol": "TCP"}],
            },
        }));
        assert_eq!(decide(None, &wanted(Foreign::Keep)), Action::Create(Box::new(made)));
    }

    #[test]
    fn one_that_is_right_is_not_written_whoever_it_belongs_to() {
        assert_eq!(decide(Some(ours(30401)), &wanted(Foreign::Keep)), Action::Nothing);
        let mut foreign = ours(30401);
        foreign.metadata.annotations = None;
        assert_eq!(decide(Some(foreign), &wanted(Foreign::TakeOver)), Action::Nothing);
    }

    #[test]
    fn one_of_ours_gets_the_new_port_and_keeps_the_rest() {
        assert_eq!(updated(&ours(30400), Foreign::Keep), ours(30401));
        let mut labelled = ours(30400);
        labelled.metadata.labels = labelled.metadata.annotations.take();
        let updated = updated(&labelled, Foreign::Keep);
        assert_eq!(updated.spec, ours(30401).spec);
        assert_eq!(updated.metadata.labels, labelled.metadata.labels);
    }

    #[test]
    fn somebody_elses_is_left_alone_unless_told_otherwise() {
        let mut foreign = ours(30400);
        foreign.metadata.annotations = None;
        assert_eq!(decide(Some(foreign.clone()), &wanted(Foreign::Keep)), Action::LeaveAlone);
        assert_eq!(updated(&foreign, Foreign::TakeOver), ours(30401));
    }

    #[test]
    fn a_port_of_the_same_number_becomes_ours_and_a_nameless_one_gets_a_name() {
        let mut other = ours(30400);
        other.spec.as_mut().unwrap().ports.as_mut().unwrap()[0].name = Some("peers".to_owned());
        assert_eq!(updated(&other, Foreign::Keep), ours(30401));
        let mut nameless = ours(30400);
        let ports = nameless.spec.as_mut().unwrap().ports.as_mut().unwrap();
        ports.remove(0);
        ports[0].name = None;
        let ports = updated(&nameless, Foreign::Keep).spec.unwrap().ports.unwrap();
        let names: Vec<_> = ports.iter().map(|port| port.name.as_deref().unwrap()).collect();
        assert_eq!(names, ["port-9933", "p2p"]);
    }

    #[test]
    fn a_load_balancer_stays_one() {
        let mut balanced = ours(30400);
        balanced.spec.as_mut().unwrap().type_ = Some("LoadBalancer".to_owned());
        let spec = updated(&balanced, Foreign::Keep).spec.unwrap();
        assert_eq!(spec.type_.as_deref(), Some("LoadBalancer"));
    }

    #[test]
    fn one_that_is_being_deleted_is_waited_for() {
        let mut ending = ours(30401);
        ending.metadata.deletion_timestamp = Some(jiff::Timestamp::UNIX_EPOCH.into());
        assert_eq!(decide(Some(ending), &wanted(Foreign::Keep)), Action::Wait);
    }
}
