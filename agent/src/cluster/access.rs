//! Where the Kubernetes API is, and who we are to it.

use std::path::{Path, PathBuf};

use kube::{
    Config,
    config::{KubeConfigOptions, Kubeconfig, KubeconfigError},
};

use super::error::ClusterError;
use crate::config::env::Env;

/// Whether a kubeconfig may name a program that gives a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Programs {
    /// They may be started: nothing else waits for children.
    Allowed,
    /// They cannot: all exit statuses belong to the supervision.
    Refused,
}

/// Finds the API as `kubectl` does: `KUBECONFIG`, else `~/.kube/config` if there is one, else that
/// of the cluster whose pod we are in. What was named and cannot be used is an error; there is no
/// falling back.
pub(super) async fn config(env: &Env, programs: Programs) -> Result<Config, ClusterError> {
    let Some(files) = files(env) else {
        if env.get("KUBERNETES_SERVICE_HOST").is_none() {
            return Err(ClusterError::Nowhere);
        }
        return Config::incluster_env().map_err(ClusterError::InCluster);
    };
    let failed = |source| {
        let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        ClusterError::Kubeconfig { files: files.join("`, `"), source: Box::new(source) }
    };
    let kubeconfig = read(&files).map_err(failed)?;
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(failed)?;
    let user = &config.auth_info;
    let program = user.exec.as_ref().and_then(|exec| exec.command.clone());
    let provider = user.auth_provider.as_ref().and_then(|it| it.config.get("cmd-path").cloned());
    match (programs, program.or(provider)) {
        (Programs::Refused, Some(program)) => Err(ClusterError::Program(program)),
        _ => Ok(config),
    }
}

/// The kubeconfig files, if there are any.
fn files(env: &Env) -> Option<Vec<PathBuf>> {
    if let Some(list) = env.get("KUBECONFIG") {
        let files = std::env::split_paths(list).filter(|path| !path.as_os_str().is_empty());
        return Some(files.collect());
    }
    let file = Path::new(env.get("HOME")?).join(".kube/config");
    file.exists().then(|| vec![file])
}

/// Reads and merges files: the first value of a name holds, as for `kubectl`.
fn read(files: &[PathBuf]) -> Result<Kubeconfig, KubeconfigError> {
    let mut merged = Kubeconfig::default();
    for file in files {
        merged = merged.merge(Kubeconfig::read_from(file)?)?;
    }
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::error::chain;

    const EXEC: &str = "{apiVersion: v1, kind: Config, current-context: c,
        clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}],
        contexts: [{name: c, context: {cluster: c, user: u, namespace: n}}],
        users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1,
            command: token-maker, interactiveMode: Never}}}]}";

    async fn refused(env: &Env, programs: Programs) -> String {
        chain(&config(env, programs).await.unwrap_err())
    }

    #[tokio::test]
    async fn without_a_kubeconfig_and_outside_a_pod_there_is_nowhere_to_go() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::of([("HOME", home.path().to_str().unwrap())]);
        let error = refused(&env, Programs::Allowed).await;
        assert!(error.contains("KUBECONFIG"), "{error}");
        assert!(error.contains("KUBERNETES_SERVICE_HOST"), "{error}");
    }

    #[tokio::test]
    async fn a_kubeconfig_that_was_named_and_is_not_there_is_an_error_in_a_pod_too() {
        let env =
            Env::of([("KUBECONFIG", "/no/such/file"), ("KUBERNETES_SERVICE_HOST", "10.0.0.1")]);
        let error = refused(&env, Programs::Allowed).await;
        assert!(error.starts_with("the kubeconfig `/no/such/file` cannot be used"), "{error}");
    }

    #[tokio::test]
    async fn a_program_for_tokens_is_refused_by_name_where_it_cannot_be_waited_for() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(".kube/config");
        fs::create_dir(home.path().join(".kube")).unwrap();
        crate::files::replace(&file, EXEC.as_bytes(), 0o600).unwrap();
        let env = Env::of([("HOME", home.path().to_str().unwrap())]);
        let error = refused(&env, Programs::Refused).await;
        assert!(error.contains("`token-maker`"), "{error}");
        let config = config(&env, Programs::Allowed).await.unwrap();
        assert_eq!(config.default_namespace, "n");
    }
}
