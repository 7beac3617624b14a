//! The program as a process, on data of its own.

use crate::{
    Result,
    client::{Content, Server},
};
use http::{Method, StatusCode, header};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Instant,
};

const HOST: &str = "palisade.localhost";
const PASSWORD: &str = "four words for benches";

/// A folder on the disk that is measured, which goes with the run.
#[derive(Debug)]
pub(crate) struct Place {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Place {
    pub(crate) fn new(program: &Path, on: &Path) -> Result<Self> {
        let program = program.canonicalize().map_err(|error| format!("{}: {error}", program.display()))?;
        Ok(Self {
            folder: tempfile::Builder::new().prefix("bench-").tempdir_in(on.canonicalize()?)?,
            program,
        })
    }

    /// A folder in it.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An installation with one site.
    pub(crate) fn installation(&self, name: &str) -> Result<Installation> {
        self.configured(name, "")
    }

    /// An installation with two sites on this disk, both of which must have what is acknowledged.
    pub(crate) fn two_sites(&self, name: &str) -> Result<Installation> {
        let site = |site: &str| {
            let blobs = self.folder(name).join(site);
            format!("[[site]]\nname = {site:?}\nblobs = \"file://{}\"\n", blobs.display())
        };
        self.configured(name, &format!("{}{}[durability]\ncopies = 2\n", site("east"), site("west")))
    }

    fn configured(&self, name: &str, more: &str) -> Result<Installation> {
        let data = self.folder(name);
        fs::create_dir_all(&data)?;
        let config = self.folder(&format!("{name}.toml"));
        // Room for all rounds.
        let text = format!("host = \"{HOST}\"\n[limits]\naccount-bytes = {}\n{more}", 1_u64 << 42);
        fs::write(&config, text)?;
        Ok(Installation { program: self.program.clone(), config, data })
    }
}

/// Where a node finds what it works on.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    program: PathBuf,
    config: PathBuf,
    /// The data folder.
    pub(crate) data: PathBuf,
}

/// A node that runs. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Node {
    child: Child,
    port: u16,
    _stdout: BufReader<ChildStdout>,
}

impl Node {
    /// Starts one, and waits until it says where it listens.
    pub(crate) async fn start(installation: &Installation) -> Result<Self> {
        let installation = installation.clone();
        tokio::task::spawn_blocking(move || Self::spawn(&installation)).await?
    }

    fn spawn(installation: &Installation) -> Result<Self> {
        let Installation { program, config, data } = installation;
        let log = fs::File::options().create(true).append(true).open(data.with_extension("log"))?;
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(config)
            .arg("--data")
            .arg(data)
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("a program without an output")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let mut node = Self { child, port: 0, _stdout: stdout };
        let port = line.trim().strip_prefix(&format!("listening on http://{HOST}:"));
        node.port = port.and_then(|port| port.parse().ok()).ok_or_else(|| {
            let log = fs::read_to_string(data.with_extension("log")).unwrap_or_default();
            format!("the program said {line:?} and wrote {log}")
        })?;
        Ok(node)
    }

    /// Starts one, and says after how many seconds it was ready.
    pub(crate) async fn start_until_ready(installation: &Installation) -> Result<(Self, f64)> {
        let begun = Instant::now();
        let node = Self::start(installation).await?;
        node.front().get("/readyz").await?;
        Ok((node, begun.elapsed().as_secs_f64()))
    }

    /// The installation's own address, with nobody signed in.
    pub(crate) fn front(&self) -> Server {
        Server { port: self.port, host: format!("{HOST}:{}", self.port), cookie: String::new() }
    }

    /// Opens an account by the API, and signs in.
    pub(crate) async fn sign_up(&self) -> Result<Server> {
        let draft = json!({
            "name": "bench", "title": "Bench",
            "owner": {
                "name": "Inès", "email": "ines@bench.example", "password": PASSWORD,
                "language": "en", "time_zone": "Europe/Paris",
            },
        });
        let opened = self.front().json(Method::POST, "/api/v1/accounts", Some(&draft)).await?;
        let mut server = Server { host: format!("bench.{HOST}:{}", self.port), ..self.front() };
        let proof = json!({ "ticket": opened["ticket"] });
        let mut request = server.request(Method::PUT, "/api/v1/session", Content::of(proof.to_string()))?;
        request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse()?);
        let (answer, _) = server.connect().await?.ask(request).await?;
        let cookie = answer.headers.get(header::SET_COOKIE).ok_or("a session without a cookie")?.to_str()?;
        cookie.split(';').next().unwrap_or_default().clone_into(&mut server.cookie);
        Ok(server)
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the program ended with {status}").into()) }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a group works in.
impl Server {
    /// Makes a project, and gives its id.
    pub(crate) async fn project(&self, name: &str) -> Result<String> {
        id(&self.json(Method::POST, "/api/v1/projects", Some(&json!({ "name": name }))).await?)
    }

    /// Makes a folder in the root of a project, and gives its id.
    pub(crate) async fn folder(&self, project: &str, name: &str) -> Result<String> {
        let draft = json!({ "parent": null, "name": name });
        id(&self.json(Method::POST, &format!("/api/v1/projects/{project}/folders"), Some(&draft)).await?)
    }

    /// Uploads a file, and gives its id.
    pub(crate) async fn upload(
        &self,
        project: &str,
        parent: &str,
        name: &str,
        body: Content,
    ) -> Result<String> {
        let request = self.request(Method::POST, &upload(project, parent, name), body)?;
        let (answer, text) = self.connect().await?.ask(request).await?;
        if answer.status != StatusCode::CREATED {
            return Err(format!("an upload was answered with {}", answer.status).into());
        }
        id(&serde_json::from_slice(&text)?)
    }

    /// Makes `files` small files in a new folder of a project, over several connections; the folder's id.
    pub(crate) async fn filled_folder(&self, project: &str, name: &str, files: usize) -> Result<String> {
        const AT_ONCE: usize = 16;
        let folder = self.folder(project, name).await?;
        let uploads = (0..AT_ONCE).map(async |worker| {
            let mut connection = self.connect().await?;
            for number in (worker..files).step_by(AT_ONCE) {
                let path = upload(project, &folder, &format!("Report%20{number}.txt"));
                connection.ask(self.request(Method::POST, &path, Content::of("a small file"))?).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
        futures_util::future::try_join_all(uploads).await?;
        Ok(folder)
    }
}

/// The path of an upload; the name must be ready for an address.
pub(crate) fn upload(project: &str, parent: &str, name: &str) -> String {
    format!("/api/v1/projects/{project}/files?parent={parent}&name={name}")
}

fn id(made: &Value) -> Result<String> {
    Ok(made["id"].as_str().ok_or("what was made has no id")?.to_owned())
}
