//! `make demo`, as a newcomer runs it.

use std::process::Command;

#[test]
fn the_demo_ends_with_a_relayed_packet_and_leaves_nothing_behind() {
    let output = Command::new(env!("CARGO_BIN_EXE_demo")).env("DEMO_KEEP", "0").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{said}");
    assert!(text.contains("the packet is stored and acknowledged"), "{text}");
    assert!(text.contains("path-gwc-to-fdsc-1         yes"), "{text}");
    let left = Command::new("pgrep").args(["-f", "/.demo/(gwc|mdsc|fdsc|relayer)"]).output();
    let left = String::from_utf8(left.unwrap().stdout).unwrap();
    assert_eq!(left, "", "processes of the demo live on");
}
