//! The one server: found, or started and left to its keeper.

use crate::{APP, OWNER, SYSTEM, psql};
use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

/// The server, as this process uses it.
pub(crate) struct Server {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    password: String,
    /// A shared lock: while it is held the keeper keeps the server.
    _use: File,
}

impl Server {
    /// The server that this process uses until it ends.
    pub(crate) fn shared() -> io::Result<&'static Self> {
        static SHARED: OnceLock<Result<Server, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::find_or_start().map_err(|error| error.to_string()))
            .as_ref()
            .map_err(|error| io::Error::other(error.clone()))
    }

    fn find_or_start() -> io::Result<Self> {
        let (folder, programs) = (folder()?, programs()?);
        let users = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("users"))?;
        users.lock_shared()?;
        let starting = File::create(folder.join("starting"))?;
        starting.lock()?; // one process starts it, the others wait
        let (port, password) = match found(&folder) {
            Some(found) => found,
            None => start(&folder, &programs)?,
        };
        Ok(Self { folder, programs, port, password, _use: users })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    pub(crate) fn psql(&self, database: &str, sql: &str) -> io::Result<String> {
        psql::run(&self.programs.join("psql"), self.port, &self.password, database, sql)
    }
}

/// Our folder among the temporary ones. Nobody else may have made it.
fn folder() -> io::Result<PathBuf> {
    let user = rustix::process::getuid().as_raw();
    let folder = env::temp_dir().join(format!("palisade-testpg-{user}"));
    match fs::DirBuilder::new().mode(0o711).create(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let metadata = fs::symlink_metadata(&folder)?;
    if !metadata.is_dir() || metadata.uid() != user {
        return Err(io::Error::other(format!("{} belongs to somebody else", folder.display())));
    }
    Ok(folder)
}

/// Where PostgreSQL's programs are: among the commands, or where Debian puts them.
pub(crate) fn programs() -> io::Result<PathBuf> {
    let mut places: Vec<PathBuf> = env::var_os("PATH").iter().flat_map(env::split_paths).collect();
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().collect();
    versions.sort_by_key(|version| version.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    places.extend(versions.iter().rev().map(|version| version.path().join("bin")));
    places
        .into_iter()
        .find(|place| ["initdb", "postgres", "psql"].iter().all(|program| place.join(program).is_file()))
        .ok_or_else(|| io::Error::other("PostgreSQL is not installed: apt-get install postgresql"))
}

/// The server that another process started, if it still answers.
fn found(folder: &Path) -> Option<(u16, String)> {
    let ready = fs::read_to_string(folder.join("ready")).ok()?;
    let (port, password) = ready.trim().split_once(' ')?;
    let port = port.parse().ok()?;
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    Some((port, password.to_owned()))
}

/// Starts a server and its keeper; the port and the superuser's password.
fn start(folder: &Path, programs: &Path) -> io::Result<(u16, String)> {
    let _ = fs::remove_dir_all(folder.join("data")); // of a server that was killed
    let password = password()?;
    let user = Unprivileged::find()?;
    user.make_folder(&folder.join("data"))?;
    make_certificate(folder, &user)?;
    initialise(&user, programs, &folder.join("data"), &password)?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    keep(folder, &user, programs, port)?;
    wait_until_ready(folder, programs, port, &password)?;
    write!(private_file(&folder.join("ready"))?, "{port} {password}")?;
    Ok((port, password))
}

/// Makes the folder of a server whose superuser has this password.
pub(crate) fn initialise(
    user: &Unprivileged,
    programs: &Path,
    data: &Path,
    password: &str,
) -> io::Result<()> {
    let secret = data.with_extension("password");
    private_file(&secret)?.write_all(password.as_bytes())?;
    user.own(&secret)?;
    let output = user
        .command(&programs.join("initdb"))
        .arg("--pgdata")
        .arg(data)
        .arg("--pwfile")
        .arg(&secret)
        .args(["--username=postgres", "--auth=password", "--no-sync", "--no-locale", "--encoding=UTF8"])
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("initdb: {}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok(())
}

/// The statements that make the roles of an installation.
pub(crate) fn roles(password: &str) -> String {
    format!(
        "CREATE ROLE {OWNER} LOGIN PASSWORD '{password}';\n\
         CREATE ROLE {APP} LOGIN PASSWORD '{password}';\n\
         CREATE ROLE {SYSTEM} LOGIN BYPASSRLS PASSWORD '{password}'"
    )
}

pub(crate) fn password() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u128::from_ne_bytes(bytes)).map(|number| format!("{number:032x}"))
}

/// A new, empty file that we alone can read.
fn private_file(path: &Path) -> io::Result<File> {
    let _ = fs::remove_file(path);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// A certificate for `localhost` that vouches for itself.
fn make_certificate(folder: &Path, user: &Unprivileged) -> io::Result<()> {
    let (certificate, key) = (folder.join("server.crt"), folder.join("data.key"));
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "30",
        ])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("openssl: {}", String::from_utf8_lossy(&output.stderr))));
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
    user.own(&key)
}

/// Starts the keeper, which starts the server, in a process group of its own: it outlives the tests.
fn keep(folder: &Path, user: &Unprivileged, programs: &Path, port: u16) -> io::Result<()> {
    let server = user.command(&programs.join("postgres"));
    let mut keeper = Command::new("sh");
    keeper.args(["-c", include_str!("keeper.sh"), "keeper"]).arg(folder);
    keeper.arg(server.get_program()).args(server.get_args());
    keeper.arg("-D").arg(folder.join("data")).arg("-p").arg(port.to_string());
    let key = format!("ssl_key_file={}", folder.join("data.key").display());
    let certificate = format!("ssl_cert_file={}", folder.join("server.crt").display());
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=300",
        "shared_buffers=64MB",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "autovacuum=off",
        "max_wal_size=4GB",
        "ssl=on",
        &key,
        &certificate,
    ] {
        keeper.arg("-c").arg(setting);
    }
    keeper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().map(drop)
}

/// Waits for the server and makes the roles.
fn wait_until_ready(folder: &Path, programs: &Path, port: u16, password: &str) -> io::Result<()> {
    let roles = roles(password);
    let began = Instant::now();
    loop {
        match psql::run(&programs.join("psql"), port, password, "postgres", &roles) {
            Ok(_) => return Ok(()),
            Err(error) if began.elapsed() > Duration::from_secs(30) => {
                let log = fs::read_to_string(folder.join("server.log")).unwrap_or_default();
                return Err(io::Error::other(format!("PostgreSQL did not start: {error}\n{log}")));
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Who runs the server: it refuses to run as root.
pub(crate) struct Unprivileged(Option<(u32, u32)>);

impl Unprivileged {
    pub(crate) fn find() -> io::Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let ids = ["postgres", "nobody"].iter().find_map(|name| {
            let mut fields =
                users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.split(':').skip(1);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        });
        ids.map(|ids| Self(Some(ids)))
            .ok_or_else(|| io::Error::other("neither postgres nor nobody is a user here"))
    }

    fn own(&self, path: &Path) -> io::Result<()> {
        self.0.map_or(Ok(()), |(user, group)| chown(path, Some(user), Some(group)))
    }

    pub(crate) fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::DirBuilder::new().mode(0o700).create(path)?;
        self.own(path)
    }

    pub(crate) fn command(&self, program: &Path) -> Command {
        let Some((user, group)) = self.0 else { return Command::new(program) };
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={user}"))
            .arg(format!("--regid={group}"))
            .arg("--clear-groups")
            .arg(program);
        command
    }
}
