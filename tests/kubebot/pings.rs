//! Reports to a server like healthchecks.io.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use chainpod_tests::{nginx::Nginx, wait};
use nix::sys::signal::Signal;

use crate::support::{LIMIT, pod, replace, script};

/// A server that takes pings: its address, and the path and body of each. It answers with the statuses,
/// one after the other, and goes on with the last.
fn server(statuses: &'static [&'static str]) -> (SocketAddr, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, pings) = mpsc::channel();
    wait::spawn(move || {
        let mut statuses = statuses.iter();
        let mut status = "";
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            if let Some(ping) = ping(&mut reader) {
                status = statuses.next().unwrap_or(&status);
                write!(
                    reader.get_mut(),
                    "HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK"
                )
                .unwrap();
                if sender.send(ping).is_err() {
                    return;
                }
            }
        }
    });
    (address, pings)
}

fn ping(reader: &mut BufReader<std::net::TcpStream>) -> Option<(String, String)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let path = first.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    Some((path, String::from_utf8(body).ok()?))
}

fn yaml(server: SocketAddr, node: &str, more: &str) -> String {
    watched(&format!("http://{server}/ping"), node, more)
}

/// A node whose keyword is reported to this address.
fn watched(url: &str, node: &str, more: &str) -> String {
    format!(
        "{}watchlog:\n  enabled: true\n  keyword: Prepared block\n  healthcheckIDs: [zero, one, two]\n  \
         url: {url}\n  {more}\n",
        script(node)
    )
}

#[test]
fn start_matches_and_the_exit_code_are_reported_for_the_pods_position() {
    let (server, pings) = server(&["200 OK"]);
    let node = "echo x Prepared block 7; trap 'exit 5' TERM; while :; do sleep 0.02; done";
    let yaml = yaml(server, node, "lastThreshold: 1s\n  interval: 300ms");
    let pod = pod(&yaml);
    let mut agent = pod.start(&[]);
    let next = || pings.recv_timeout(LIMIT).unwrap();
    assert_eq!(next(), ("/ping/two/start".to_owned(), String::new()));
    let (path, body) = next();
    assert_eq!(path, "/ping/two");
    let lines: Vec<_> = body.lines().collect();
    assert!(lines.len() == 3 && lines[1].is_empty() && lines[2] == "x Prepared block 7", "{body}");
    wait::until("a failure", LIMIT, || (next().0 == "/ping/two/fail").then_some(()));
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 5);
    wait::until("the end", LIMIT, || (next().0 == "/ping/two/5").then_some(()));
}

#[test]
fn reports_go_over_tls_to_a_server_that_is_trusted() {
    let nginx = Nginx::start();
    let node = "echo Prepared block 1; trap 'exit 5' TERM; while :; do sleep 0.02; done";
    let yaml = watched(&nginx.https("ping"), node, "lastThreshold: 1m");
    let pod = pod(&yaml).env("SSL_CERT_FILE", nginx.authority().to_str().unwrap());
    let mut agent = pod.start(&[]);
    wait::until("a match", LIMIT, || (nginx.reports().len() == 2).then_some(()));
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 5);
    assert_eq!(nginx.reports(), ["/ping/two/start", "/ping/two", "/ping/two/5"]);
}

#[test]
fn no_report_goes_to_a_server_that_is_not_trusted() {
    let nginx = Nginx::start();
    let yaml = watched(&nginx.https("ping"), "read line; exit 6", "lastThreshold: 1m");
    let missing = "/no/such/file";
    for (file, why) in [("", "UnknownIssuer"), (missing, "`SSL_CERT_FILE` names `/no/such/file`")] {
        let output = pod(&yaml).env("SSL_CERT_FILE", file).output(&[]);
        assert_eq!(output.status.code(), Some(6));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(why), "{said}");
    }
    assert_eq!(nginx.reports(), Vec::<String>::new());
}

#[test]
fn a_server_that_fails_delays_nothing() {
    let (server, pings) = server(&["503 Service Unavailable"]);
    let pod = pod(&yaml(server, "echo up; read line; exit 6", "lastThreshold: 1m"));
    let mut agent = pod.start(&[]);
    assert_eq!(agent.code(), 6, "its input is empty");
    assert!(pings.try_iter().count() >= 1);
}

#[test]
fn a_ping_that_is_refused_is_sent_again_twice() {
    let (server, pings) = server(&["503 No", "503 No", "200 OK"]);
    let pod = pod(&yaml(server, "exec sleep 1000", "lastThreshold: 1m"));
    let _agent = pod.start(&[]);
    for _ in 0..3 {
        assert_eq!(pings.recv_timeout(LIMIT).unwrap().0, "/ping/two/start");
    }
}

#[test]
fn a_server_that_never_answers_delays_the_end_by_little() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let pod = pod(&yaml(silent.local_addr().unwrap(), "exit 6", "lastThreshold: 1m"));
    let begun = Instant::now();
    assert_eq!(pod.start(&[]).code(), 6);
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
}

#[test]
fn each_node_is_reported_from_its_start_to_its_end() {
    let (server, pings) = server(&["200 OK"]);
    let node = "echo Prepared block; read line; sleep 0.5; exit 3";
    let more = "lastThreshold: 1m\nsupervise: {restart: always, delay: 1s, maxDelay: 1s}";
    let pod = pod(&yaml(server, node, more));
    let _agent = pod.start(&[]);
    for path in ["/start", "", "/3", "/start", "", "/3"] {
        assert_eq!(pings.recv_timeout(LIMIT).unwrap().0, format!("/ping/two{path}"));
    }
}

#[test]
fn another_server_is_told_from_the_change_on() {
    let ((old, before), (new, after)) = (server(&["200 OK"]), server(&["200 OK"]));
    let pod = pod(&yaml(old, "exec sleep 1000", "lastThreshold: 1m"));
    let mut agent = pod.start(&["-w"]);
    assert_eq!(before.recv_timeout(LIMIT).unwrap().0, "/ping/two/start");
    replace(&pod, &yaml(new, "exec sleep 1000", "lastThreshold: 1m"));
    agent.expect_line("the changed configuration holds");
    agent.signal(Signal::SIGTERM);
    assert_eq!(after.recv_timeout(LIMIT).unwrap().0, "/ping/two/143");
    assert_eq!(before.try_iter().count(), 0);
}

#[test]
fn too_few_checks_are_an_error() {
    let yaml = yaml("127.0.0.1:9".parse().unwrap(), "exit 0", "lastThreshold: 1m");
    let output = pod(&yaml).env("HOSTNAME", "node-3").output(&[]);
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("has 3 checks, none for the pod at 3"), "{said}");
}

#[test]
fn what_must_be_set_is_told() {
    let output =
        pod("nodeTemplate: {command: [sh]}\nwatchlog: {enabled: true, keywrod: x}\n").output(&[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78));
    for part in [
        "did you mean `keyword",
        "`watchlog.keyword` must be set",
        "`watchlog.lastThreshold` must be set",
    ] {
        assert!(said.contains(part), "{said}");
    }
}
