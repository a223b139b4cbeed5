// What is handed on goes to our own output, so the rest is tested from outside: tests/kubebot.
use super::{scan::Found, *};

#[tokio::test]
async fn the_first_line_of_each_node_is_waited_for() {
    let seen = Seen::default();
    let line = || Found { matches: 1, last: Some(b"key".to_vec()), unhealthy: None };
    seen.note(line());
    time::timeout(LAST_WITHIN, seen.first()).await.unwrap();
    seen.begin();
    assert!(time::timeout(Duration::from_millis(10), seen.first()).await.is_err());
    let (first, ()) = tokio::join!(time::timeout(LAST_WITHIN, seen.first()), async {
        seen.note(line());
    });
    first.unwrap();
    assert_eq!(seen.snapshot().matches, 2);
}

#[test]
fn the_last_lines_are_kept_whole() {
    let seen = Seen::default();
    seen.passed(Standard::Output, b"one\ntwo\n");
    assert_eq!(seen.tail(), "one\ntwo\n");
    for _ in 0..1000 {
        seen.passed(Standard::Error, b"0123456789\n");
    }
    let tail = seen.tail();
    assert!(tail.len() < 2048 && tail.lines().all(|line| line == "0123456789"), "{tail}");
}
