//! A real web server, nginx, and a proxy before it that breaks connections.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tempfile::TempDir;

use crate::{agent::write, wait};

/// How long it may take to start.
const LIMIT: Duration = Duration::from_secs(10);

/// An nginx that serves a folder, over HTTP and HTTPS.
#[derive(Debug)]
pub struct Nginx {
    dir: TempDir,
    child: Child,
    http: u16,
    https: u16,
}

impl Default for Nginx {
    fn default() -> Self {
        Self::start()
    }
}

impl Nginx {
    /// Starts one. `/x` is the file `x`; `/whole/x` never in parts; `/moved/x` after a redirection;
    /// `/down/x` is not available; `/slow/x` comes at 2 MB/s; `/ping/x` takes reports.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(dir.path().join("www")).expect("a folder to serve");
        certificates(dir.path());
        let (http, https) = (free_port(), free_port());
        let at = dir.path().display();
        write(
            &dir.path().join("nginx.conf"),
            &format!(
                "daemon off; master_process off; pid {at}/pid; error_log stderr;
                events {{ worker_connections 64; }}
                http {{ access_log off; client_body_temp_path {at}/t1; proxy_temp_path {at}/t2;
                    fastcgi_temp_path {at}/t3; uwsgi_temp_path {at}/t4; scgi_temp_path {at}/t5;
                    server {{ listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl;
                        ssl_certificate {at}/server.pem; ssl_certificate_key {at}/server.key;
                        location / {{ root {at}/www; }}
                        location /whole/ {{ alias {at}/www/; max_ranges 0; }}
                        location /slow/ {{ alias {at}/www/; limit_rate 2m; }}
                        location /moved/ {{ rewrite ^/moved/(.*)$ /$1 redirect; }}
                        location /ping/ {{ access_log {at}/reports; return 200; }}
                        location /down/ {{ return 503; }} }} }}"
            ),
        );
        let child = Command::new("nginx")
            .args(["-p", &at.to_string(), "-c", "nginx.conf"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is installed; run `make prepare`");
        let nginx = Self { dir, child, http, https };
        wait::until("nginx", LIMIT, || TcpStream::connect((Ipv4Addr::LOCALHOST, https)).ok());
        nginx
    }

    /// Where a file is served from.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join("www").join(name)
    }

    /// The address of a path, over HTTP.
    pub fn http(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.http)
    }

    /// The address of a path, over HTTPS.
    pub fn https(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}/{path}", self.https)
    }

    /// The paths of `/ping/` that were asked for, in order.
    pub fn reports(&self) -> Vec<String> {
        let log = fs::read_to_string(self.dir.path().join("reports")).unwrap_or_default();
        let path = |line: &str| Some(line.split_once("\"POST ")?.1.split_once(' ')?.0.to_owned());
        log.lines().filter_map(path).collect()
    }

    /// The certificate of the authority that vouches for it.
    pub fn authority(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// A proxy before it; its connection `n` ends after as many bytes as `after` says.
    pub fn broken(&self, after: impl Fn(u64) -> Option<u64> + Send + Sync + 'static) -> Broken {
        Broken::start((Ipv4Addr::LOCALHOST, self.http).into(), after)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait(); // as above
    }
}

/// A proxy that breaks connections.
#[derive(Debug)]
pub struct Broken {
    address: SocketAddr,
    connections: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
}

impl Broken {
    fn start(
        server: SocketAddr,
        after: impl Fn(u64) -> Option<u64> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let (connections, bytes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (after, counts) = (Arc::new(after), (connections.clone(), bytes.clone()));
        wait::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let limit = after(counts.0.fetch_add(1, Ordering::SeqCst));
                let bytes = counts.1.clone();
                wait::spawn(move || pass(client, server, limit.unwrap_or(u64::MAX), &bytes));
            }
        });
        Self { address, connections, bytes }
    }

    /// The address of a path behind it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// How many connections there were.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many bytes the server sent, heads of answers included.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::SeqCst)
    }
}

/// Passes everything on, until the server has sent `limit` bytes.
fn pass(
    mut client: TcpStream,
    server: SocketAddr,
    mut limit: u64,
    bytes: &AtomicU64,
) -> io::Result<()> {
    let mut server = TcpStream::connect(server)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    wait::spawn(move || io::copy(&mut from, &mut to));
    let mut block = vec![0; 16 << 10];
    while limit > 0 {
        let most = usize::try_from(limit).unwrap_or(usize::MAX).min(block.len());
        let read = server.read(&mut block[..most])?;
        if read == 0 {
            break;
        }
        client.write_all(&block[..read])?;
        bytes.fetch_add(read as u64, Ordering::SeqCst);
        limit -= read as u64;
    }
    let _ = server.shutdown(Shutdown::Both); // it may have ended
    let _ = client.shutdown(Shutdown::Both); // as above
    Ok(())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("it is bound").port()
}

/// Makes an authority of our own, and a server's certificate.
fn certificates(dir: &Path) {
    let script = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj /CN=test-authority -keyout ca.key -out ca.pem && \
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server \
        -keyout server.key -out server.csr && \
        printf 'subjectAltName=IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\n' >ext && \
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
        -extfile ext -out server.pem";
    let output = Command::new("sh").args(["-c", script]).current_dir(dir).output();
    let output = output.expect("openssl is installed; run `make prepare`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
