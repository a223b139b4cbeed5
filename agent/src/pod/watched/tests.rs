use std::{fs, os::unix::fs::symlink};

use super::*;

const LIMIT: Duration = Duration::from_secs(20);

async fn next(watched: &mut Watched) -> String {
    let content = time::timeout(LIMIT, watched.changed()).await.unwrap().unwrap();
    String::from_utf8(content).unwrap()
}

/// Fails if another change comes within a time that would do for it.
async fn nothing(watched: &mut Watched) {
    let found = time::timeout(6 * SETTLE, watched.changed()).await;
    assert!(found.is_err(), "{found:?}");
}

#[expect(clippy::disallowed_methods, reason = "this is what others do")]
fn put(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

/// What the kubelet does with a ConfigMap: a new folder, and a link that is swapped.
fn publish(volume: &Path, version: &str, text: &str) {
    let folder = volume.join(format!("..{version}"));
    fs::create_dir(&folder).unwrap();
    put(&folder.join("kubebot.yaml"), text);
    symlink(format!("..{version}"), volume.join("..data_tmp")).unwrap();
    let old = fs::read_link(volume.join("..data")).ok();
    fs::rename(volume.join("..data_tmp"), volume.join("..data")).unwrap();
    if let Some(old) = old {
        fs::remove_dir_all(volume.join(old)).unwrap();
    }
}

#[tokio::test]
async fn a_config_map_counts_once_each_time() {
    let volume = tempfile::tempdir().unwrap();
    publish(volume.path(), "1", "one");
    let file = volume.path().join("kubebot.yaml");
    symlink("..data/kubebot.yaml", &file).unwrap();
    let mut watched = Watched::new(&file, None).unwrap();
    assert_eq!(next(&mut watched).await, "one", "what is there is looked at first");
    for (version, text) in [("2", "two"), ("3", "three"), ("4", "four")] {
        publish(volume.path(), version, text);
        assert_eq!(next(&mut watched).await, text);
        nothing(&mut watched).await;
    }
    publish(volume.path(), "5", "four");
    nothing(&mut watched).await;
}

#[tokio::test]
async fn an_editors_rename_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a");
    put(&file, "one");
    let mut watched = Watched::new(&file, Some(b"one".to_vec())).unwrap();
    nothing(&mut watched).await;
    for text in ["two", "three"] {
        put(&folder.path().join(".a.swp"), text);
        fs::rename(&file, folder.path().join("a~")).unwrap();
        fs::rename(folder.path().join(".a.swp"), &file).unwrap();
        assert_eq!(next(&mut watched).await, text);
        nothing(&mut watched).await;
    }
}

#[tokio::test]
async fn truncate_and_write_counts_once_however_slow() {
    use std::io::Write as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    put(&path, "one");
    let mut watched = Watched::new(&path, Some(b"one".to_vec())).unwrap();
    let mut file = fs::File::create(&path).unwrap();
    nothing(&mut watched).await;
    file.write_all(b"two ").unwrap();
    nothing(&mut watched).await;
    file.write_all(b"three").unwrap();
    drop(file);
    assert_eq!(next(&mut watched).await, "two three");
    nothing(&mut watched).await;
}

#[tokio::test]
async fn a_file_may_go_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let mut watched = Watched::new(&path, None).unwrap();
    nothing(&mut watched).await;
    put(&path, "one");
    assert_eq!(next(&mut watched).await, "one");
    fs::remove_file(&path).unwrap();
    nothing(&mut watched).await;
    put(&path, "one");
    nothing(&mut watched).await;
    put(&path, "two");
    assert_eq!(next(&mut watched).await, "two");
}
