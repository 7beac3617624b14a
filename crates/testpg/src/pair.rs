//! Two servers for one test, of which the second follows the first and each commit waits for it: what several sites have.
//! They can be stopped, killed, frozen and promoted, and go away with the test.

use crate::{
    OWNER, psql,
    server::{self, Unprivileged},
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a server may take to do what it is told.
const PATIENCE: Duration = Duration::from_secs(30);
/// Runs one server and kills it when its own input ends, as it does with the process of the test.
const KEEPER: &str = "\"$@\" >>\"$LOG\" 2>&1 & server=$!; read -r _; kill -QUIT $server; wait $server";

/// Two servers of one database. The first is the primary in the beginning.
pub struct Pair {
    folder: PathBuf,
    programs: PathBuf,
    password: String,
    user: Unprivileged,
    servers: [Member; 2],
}

struct Member {
    port: u16,
    keeper: Option<Child>,
}

/// How a commit waits for the standby.
const SYNCHRONOUS: &str = "ALTER SYSTEM SET synchronous_standby_names = '*'";

impl Pair {
    /// Starts both. The roles are there, and the database `palisade` is empty.
    pub fn start() -> io::Result<Self> {
        let (programs, user, password) = (server::programs()?, Unprivileged::find()?, server::password()?);
        let folder = std::env::temp_dir().join(format!("palisade-pair-{}", server::password()?));
        user.make_folder(&folder)?;
        let servers =
            [Member { port: free_port()?, keeper: None }, Member { port: free_port()?, keeper: None }];
        let mut pair = Self { folder, programs, password, user, servers };
        server::initialise(&pair.user, &pair.programs, &pair.data(0), &pair.password)?;
        let access = "local all all password\nhost all all 127.0.0.1/32 password\nhost replication all 127.0.0.1/32 password\n";
        fs::write(pair.data(0).join("pg_hba.conf"), access)?;
        pair.start_server(0)?;
        pair.sql_in(0, "postgres", &server::roles(&pair.password))?;
        pair.sql_in(0, "postgres", &format!("GRANT pg_read_all_stats TO {OWNER}"))?;
        pair.sql_in(0, "postgres", &format!("CREATE DATABASE palisade OWNER {OWNER}"))?;
        pair.follow(1, 0)?;
        pair.sql(0, SYNCHRONOUS)?;
        pair.sql(0, "SELECT pg_reload_conf()")?;
        pair.wait_for(0, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", "1")?;
        Ok(pair)
    }

    /// Makes one a copy of the other, which follows it.
    pub fn follow(&mut self, standby: usize, primary: usize) -> io::Result<()> {
        self.kill(standby)?;
        let data = self.data(standby);
        let _ = fs::remove_dir_all(&data);
        let mut copy = self.user.command(&self.programs.join("pg_basebackup"));
        let primary = self.servers[primary].port;
        copy.env("PGPASSWORD", &self.password).arg("--pgdata").arg(&data);
        copy.args([
            "--write-recovery-conf",
            "--checkpoint=fast",
            "--no-sync",
            "--host=127.0.0.1",
            "--username=postgres",
        ]);
        let output = copy.arg(format!("--port={primary}")).output()?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        self.start_server(standby)
    }

    /// Starts a server that was stopped or killed, and waits until it answers.
    pub fn start_server(&mut self, at: usize) -> io::Result<()> {
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).env("LOG", self.folder.join(format!("{at}.log")));
        let server = self.user.command(&self.programs.join("postgres"));
        keeper.arg(server.get_program()).args(server.get_args());
        keeper.arg("-D").arg(self.data(at)).arg("-p").arg(self.servers[at].port.to_string());
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "shared_buffers=16MB",
            "fsync=off",
            "full_page_writes=off",
            "autovacuum=off",
            "hot_standby=on",
            "wal_log_hints=on",
            "wal_sender_timeout=3s",
            "wal_receiver_timeout=3s",
            "wal_receiver_status_interval=1s",
            "wal_retrieve_retry_interval=200ms",
        ] {
            keeper.arg("-c").arg(setting);
        }
        let keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        self.servers[at].keeper = Some(keeper);
        self.wait_for(at, "SELECT 1", "1")
    }

    /// Asks a server to stop at once, as an operator would, and waits until it has.
    pub fn stop(&mut self, at: usize) -> io::Result<()> {
        let Some(pid) = self.postmaster(at) else { return Ok(()) };
        kill_process(pid, Signal::INT)?;
        self.end(at)
    }

    /// Kills all processes of a server.
    pub fn kill(&mut self, at: usize) -> io::Result<()> {
        self.signal(at, Signal::KILL);
        self.end(at)
    }

    /// Stops all processes of a server where they are; its sockets stay open.
    pub fn freeze(&self, at: usize) {
        self.signal(at, Signal::STOP);
    }

    /// Lets them go on.
    pub fn thaw(&self, at: usize) {
        self.signal(at, Signal::CONT);
    }

    /// Makes the standby the primary, which commits without another.
    pub fn promote(&self, at: usize) -> io::Result<()> {
        self.sql(at, "ALTER SYSTEM SET synchronous_standby_names = ''")?;
        self.sql(at, "SELECT pg_reload_conf()")?;
        self.sql(at, "SELECT pg_promote()")?;
        self.wait_for(at, "SELECT pg_is_in_recovery()", "f")
    }

    /// The port of a server on loopback.
    pub fn port(&self, at: usize) -> u16 {
        self.servers[at].port
    }

    /// How a role reaches these ports, without TLS.
    pub fn url(&self, role: &str, ports: &[u16]) -> String {
        let hosts: Vec<_> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("postgres://{role}:{}@{}/palisade?sslmode=disable", self.password, hosts.join(","))
    }

    /// Runs SQL as the superuser.
    pub fn sql(&self, at: usize, sql: &str) -> io::Result<String> {
        self.sql_in(at, "palisade", sql)
    }

    /// Asks again and again until the answer is this.
    pub fn wait_for(&self, at: usize, sql: &str, answer: &str) -> io::Result<()> {
        let (begun, mut last) = (Instant::now(), String::new());
        while begun.elapsed() < PATIENCE {
            match self.sql_in(at, "postgres", sql) {
                Ok(said) if said == answer => return Ok(()),
                Ok(said) => last = said,
                Err(error) => last = error.to_string(),
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(io::Error::other(format!("server {at}, {sql}: {last}")))
    }

    fn sql_in(&self, at: usize, database: &str, sql: &str) -> io::Result<String> {
        psql::run(&self.programs.join("psql"), self.servers[at].port, &self.password, database, sql)
    }

    fn data(&self, at: usize) -> PathBuf {
        self.folder.join(format!("data{at}"))
    }

    fn postmaster(&self, at: usize) -> Option<Pid> {
        self.servers[at].keeper.as_ref()?;
        let file = fs::read_to_string(self.data(at).join("postmaster.pid")).ok()?;
        Pid::from_raw(file.lines().next()?.trim().parse().ok()?)
    }

    /// The first process and its children. It is stopped before they are looked for: none is born meanwhile, and of one that is
    /// dead nobody knows them.
    fn signal(&self, at: usize, signal: Signal) {
        let Some(postmaster) = self.postmaster(at) else { return };
        let _ = kill_process(postmaster, Signal::STOP); // it may have ended
        for process in children(postmaster).into_iter().chain([postmaster]) {
            let _ = kill_process(process, signal);
        }
    }

    fn end(&mut self, at: usize) -> io::Result<()> {
        let Some(mut keeper) = self.servers[at].keeper.take() else { return Ok(()) };
        let gone = |data: &Path| !data.join("postmaster.pid").exists();
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE && !gone(&self.data(at)) && self.is_alive(at) {
            thread::sleep(Duration::from_millis(20));
        }
        drop(keeper.stdin.take());
        keeper.wait()?;
        let _ = fs::remove_file(self.data(at).join("postmaster.pid")); // that of one that was killed
        Ok(())
    }

    fn is_alive(&self, at: usize) -> bool {
        let file = fs::read_to_string(self.data(at).join("postmaster.pid")).unwrap_or_default();
        let pid = file.lines().next().unwrap_or_default();
        !pid.is_empty()
            && fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for at in 0..2 {
            let _ = self.kill(at);
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The processes that this one has started (proc(5), the fourth field of `stat`).
fn children(of: Pid) -> Vec<Pid> {
    let parent = of.as_raw_nonzero().to_string();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(") ").map(|(_, fields)| fields.to_owned()).unwrap_or_default();
        fields.split(' ').nth(1) == Some(parent.as_str())
    };
    numbers.filter(is_child).filter_map(Pid::from_raw).collect()
}
