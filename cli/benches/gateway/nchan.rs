//! The reference: nchan in nginx, from Debian's packages.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use entities::SyncId;
use tokio::{io::BufReader, net::TcpStream, time::sleep};

use crate::server::{Publisher, Running, Server};

/// What the packages are called.
const PACKAGES: [&str; 2] = ["nginx", "libnginx-mod-nchan"];

/// Where they put the server and the module.
const PROGRAM: &str = "/usr/sbin/nginx";
const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/// How long nginx may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The installed packages.
pub struct Nchan {
    /// What is measured, with versions.
    pub versions: String,
}

impl Nchan {
    /// Finds the packages, or installs them. The error says why that cannot be.
    pub fn find() -> Result<Self, String> {
        if !Path::new(PROGRAM).exists() || !Path::new(MODULE).exists() {
            println!("installing {}", PACKAGES.join(" and "));
            let mut install = Command::new("apt-get");
            install.args(["install", "-y", "--no-install-recommends"]).args(PACKAGES);
            install.env("DEBIAN_FRONTEND", "noninteractive");
            run(&mut install).map_err(|why| format!("install {}: {why}", PACKAGES.join(" and ")))?;
        }
        let query =
            run(Command::new("dpkg-query").args(["-W", "-f", "${Package} ${Version}, "]).args(PACKAGES));
        let versions =
            query.map_or_else(|_| PACKAGES.join(", "), |text| text.trim_end_matches(", ").to_owned());
        Ok(Self { versions })
    }

    /// Starts nginx with topics that nobody follows.
    pub async fn start(
        &self,
        folder: &Path,
        workers: usize,
        topics: usize,
        descriptors: usize,
    ) -> Result<Server, String> {
        let address = free_address().map_err(|error| format!("looking for a free port: {error}"))?;
        let folder = folder.join(format!("nginx-{}", address.port()));
        let text = configuration(&folder, address, workers, descriptors);
        let write = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join("nginx.conf"), text));
        write.map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut command = tokio::process::Command::new(PROGRAM);
        command.arg("-p").arg(&folder).arg("-c").arg(folder.join("nginx.conf"));
        command.arg("-e").arg(folder.join("error.log"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = Running::new(command.spawn().map_err(|error| format!("{PROGRAM}: {error}"))?);
        let connection = connect(address).await.map_err(|error| {
            let log = fs::read_to_string(folder.join("error.log")).unwrap_or_default();
            format!("nginx does not answer: {error}: {}", log.trim())
        })?;
        let topics: Vec<SyncId> = (0..topics).map(|_| SyncId::generate()).collect();
        Ok(Server {
            process,
            address,
            paths: topics.iter().map(|topic| format!("/sub/{topic}")).collect(),
            topics,
            has_snapshots: false,
            publisher: Publisher::Posts(BufReader::new(connection)),
            helper: None,
        })
    }
}

/// Keeps all messages of a measurement, and holds no connection up by a limit of nginx.
fn configuration(folder: &Path, address: SocketAddr, workers: usize, descriptors: usize) -> String {
    // Nginx begins to drop connections that have not asked yet when a sixteenth of these is left.
    let (folder, connections) = (folder.display(), 2 * descriptors);
    format!(
        "load_module {MODULE};
        daemon off;
        user root root;
        worker_processes {workers};
        worker_rlimit_nofile {descriptors};
        pid {folder}/nginx.pid;
        error_log {folder}/error.log error;
        events {{ worker_connections {connections}; }}
        http {{
            access_log off;
            keepalive_timeout 1h;
            keepalive_requests 1000000000;
            client_body_temp_path {folder}/body;
            proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi;
            scgi_temp_path {folder}/scgi;
            nchan_shared_memory_size 1024M;
            server {{
                listen {address} backlog=4096;
                location ~ ^/pub/(.+)$ {{
                    nchan_publisher;
                    nchan_channel_id $1;
                    nchan_message_buffer_length 100000;
                    nchan_message_timeout 10m;
                }}
                location ~ ^/sub/(.+)$ {{
                    nchan_subscriber eventsource;
                    nchan_channel_id $1;
                    nchan_subscriber_first_message newest;
                }}
            }}
        }}"
    )
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Connects as soon as the server listens.
async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let begin = Instant::now();
    loop {
        match TcpStream::connect(address).await {
            Ok(connection) => {
                connection.set_nodelay(true)?;
                return Ok(connection);
            }
            Err(error) if begin.elapsed() > PATIENCE => return Err(error),
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Runs a command; gives what it printed, or why it failed.
fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let Output { status, stdout, stderr } = command.output().map_err(|error| format!("{name}: {error}"))?;
    if !status.success() {
        return Err(format!("{name}: {status}: {}", String::from_utf8_lossy(&stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}
