//! Tests of what needs no process; the suite `supervise` has the others.

use super::*;

fn start_error(kind: io::ErrorKind) -> StartError {
    StartError { program: "gwcd".into(), source: kind.into() }
}

#[test]
fn a_command_is_shown_as_a_shell_reads_it() {
    let command = Command::new("gwcd", ["start", "--moniker", "my node"]);
    assert_eq!(command.to_string(), "gwcd start --moniker 'my node'");
}

#[test]
fn what_is_not_there_is_127_and_all_else_126() {
    assert_eq!(start_error(io::ErrorKind::NotFound).end(), End::Code(127));
    assert_eq!(start_error(io::ErrorKind::PermissionDenied).end(), End::Code(126));
    assert_eq!(start_error(io::ErrorKind::ExecutableFileBusy).end(), End::Code(126));
}

#[test]
fn only_a_file_that_is_being_written_is_busy() {
    assert!(start_error(io::ErrorKind::ExecutableFileBusy).is_busy());
    assert!(!start_error(io::ErrorKind::PermissionDenied).is_busy());
}

#[test]
fn an_error_names_the_program_and_what_to_look_at() {
    let source = io::Error::from_raw_os_error(nix::libc::ENOEXEC);
    let error = StartError { program: "gwcd".into(), source };
    assert!(error.to_string().starts_with("cannot start `gwcd`: neither a program"), "{error}");
}
