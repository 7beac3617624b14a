//! `make lab`: three sites on one machine, and what becomes of them when something breaks.
//!
//! Each site is a network namespace with etcd, PostgreSQL under Patroni, an object store and nodes of Palisade, as processes of
//! their own with the settings of `deploy/`. An entry sends clients to the nodes that are ready. A drill has clients write, breaks
//! something, and shows how long nothing could be written, what clients were told, and whether all that was acknowledged is there.
//!
//! `lab up` begins a lab that stands until `lab down`; `lab drill`, `lab refill` and `lab stress` work in it. `lab run` does a drill in a lab of
//! its own.

mod clients;
mod control;
mod copies;
mod drill;
mod faults;
mod figures;
mod host;
mod init;
mod keeper;
mod lab;
mod network;
mod plan;
mod process;
mod refill;
mod services;
mod stress;
mod template;
mod tools;

use clap::{Args, Parser, Subcommand};
use control::Request;
use faults::Fault;
use figures::Figures;
use plan::{Form, Lease, Plan};
use std::{net::SocketAddrV4, path::PathBuf, process::ExitCode, time::Duration};

/// Whatever went wrong ends the command, and is for people.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Three sites on one machine.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Begins a lab.
    Up {
        #[command(flatten)]
        name: Name,
        #[command(flatten)]
        shape: Shape,
    },
    /// Breaks something in a lab, and shows what became of it.
    Drill {
        #[command(flatten)]
        name: Name,
        #[command(flatten)]
        what: What,
    },
    /// Takes a site away, writes files, and measures how long it takes to be whole again.
    Refill {
        #[command(flatten)]
        name: Name,
        /// How many files it misses.
        #[arg(long, default_value_t = 10_000)]
        files: u64,
    },
    /// Counts takeovers that nobody needed.
    Stress {
        #[command(flatten)]
        name: Name,
        /// How long, in seconds.
        #[arg(long, default_value_t = 300)]
        seconds: u64,
        /// How many threads keep the processors busy besides.
        #[arg(long, default_value_t = 0)]
        load: usize,
    },
    /// Ends a lab.
    Down {
        #[command(flatten)]
        name: Name,
    },
    /// Does a drill in a lab of its own.
    Run {
        #[command(flatten)]
        shape: Shape,
        #[command(flatten)]
        what: What,
    },
    /// Holds a lab.
    #[command(hide = true)]
    Hold { folder: PathBuf },
    /// Becomes the first process of a lab.
    #[command(hide = true)]
    Init { folder: PathBuf },
    /// Becomes the keeper of a lab.
    #[command(hide = true)]
    Keep { folder: PathBuf },
    /// Becomes an object store.
    #[command(hide = true)]
    Store {
        #[arg(long)]
        listen: SocketAddrV4,
        #[arg(long)]
        root: PathBuf,
    },
    /// Becomes the proxy of a slow link.
    #[command(hide = true)]
    Slow {
        #[arg(long)]
        delay_ms: u64,
    },
}

#[derive(Args)]
struct Name {
    /// Which lab: several may stand at once.
    #[arg(long, default_value = "main")]
    name: String,
}

#[derive(Args)]
struct Shape {
    /// Three data sites, or two and a witness.
    #[arg(long, value_enum, default_value = "reference")]
    form: Form,
    /// How many nodes a data site has.
    #[arg(long, default_value_t = 2)]
    nodes: u16,
    /// Patroni's lease, in seconds. Below 20 it is kept from raising it.
    #[arg(long, default_value_t = Lease::SUPPORTED.ttl)]
    ttl: u32,
    /// Patroni's `loop_wait`, in seconds.
    #[arg(long, default_value_t = Lease::SUPPORTED.loop_wait)]
    loop_wait: u32,
    /// Patroni's `retry_timeout`, in seconds.
    #[arg(long, default_value_t = Lease::SUPPORTED.retry_timeout)]
    retry_timeout: u32,
    /// Where the entry answers on this machine: `http://palisade.localhost:PORT`.
    #[arg(long, default_value_t = 8800)]
    port: u16,
    /// The program; the one that was built beside this one where none is named.
    #[arg(long)]
    program: Option<PathBuf>,
    /// The folder with the settings.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy"))]
    deploy: PathBuf,
}

impl Shape {
    fn plan(&self, name: &str) -> Result<Plan> {
        let lease = Lease { ttl: self.ttl, loop_wait: self.loop_wait, retry_timeout: self.retry_timeout };
        Ok(Plan {
            form: self.form,
            nodes: self.nodes,
            lease,
            port: self.port,
            folder: host::folder(name),
            program: match &self.program {
                Some(program) => program.canonicalize()?,
                None => tools::program()?,
            },
            python: tools::python()?,
            deploy: self.deploy.canonicalize()?,
        })
    }
}

#[derive(Args)]
struct What {
    /// Which faults; all of them where none is named. `kill-site=20` has twenty rounds of it.
    #[arg(long = "fault", value_parser = counted)]
    faults: Vec<(Fault, Option<usize>)>,
    /// How many rounds of each.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// Where the figures are written to.
    #[arg(long)]
    json: Option<PathBuf>,
}

impl What {
    fn order(&self) -> Request {
        let faults: Vec<_> = if self.faults.is_empty() {
            Fault::ALL.into_iter().map(|fault| (fault, self.rounds)).collect()
        } else {
            self.faults.iter().map(|(fault, rounds)| (*fault, rounds.unwrap_or(self.rounds))).collect()
        };
        Request::Drill(drill::Order { faults })
    }

    fn keep(&self, figures: Option<&Figures>) -> Result<()> {
        if let (Some(path), Some(figures)) = (&self.json, figures) {
            std::fs::write(path, serde_json::to_vec_pretty(figures)?)?;
        }
        Ok(())
    }
}

/// `kill-site`, or `kill-site=20`.
fn counted(text: &str) -> std::result::Result<(Fault, Option<usize>), String> {
    let (name, rounds) = match text.split_once('=') {
        Some((name, rounds)) => (name, Some(rounds.parse().map_err(|_| format!("{rounds} is no number"))?)),
        None => (text, None),
    };
    Ok((clap::ValueEnum::from_str(name, false)?, rounds))
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "what a command says when it fails")]
            {
                eprintln!("lab: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Init { folder } => return init::run(&folder),
        Command::Store { .. } | Command::Slow { .. } => {}
        _ => tools::become_root()?,
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(carry_out(command))
}

async fn carry_out(command: Command) -> Result<ExitCode> {
    match command {
        Command::Up { name, shape } => {
            let plan = shape.plan(&name.name)?;
            host::up(&plan).await?;
            say(&format!("http://{}:{}, logs in {}", plan::HOST, plan.port, plan.logs().display()));
        }
        Command::Drill { name, what } => {
            let folder = host::folder(&name.name);
            return drilled(&what, control::ask(&folder, &what.order()).await?);
        }
        Command::Run { shape, what } => {
            let plan = shape.plan(&format!("run-{}", std::process::id()))?;
            return drilled(&what, host::run(&plan, &what.order()).await?);
        }
        Command::Refill { name, files } => {
            let order = Request::Refill(refill::Order { files });
            let (_, good) = control::ask(&host::folder(&name.name), &order).await?;
            return Ok(code(good));
        }
        Command::Stress { name, seconds, load } => {
            let order = Request::Stress(stress::Order { seconds, load });
            let (_, good) = control::ask(&host::folder(&name.name), &order).await?;
            return Ok(code(good));
        }
        Command::Down { name } => host::down(&host::folder(&name.name)).await?,
        Command::Hold { folder } => host::hold(&folder).await?,
        Command::Keep { folder } => keeper::run(&folder).await?,
        Command::Store { listen, root } => services::store::serve(listen, &root).await?,
        Command::Slow { delay_ms } => faults::slow::serve(Duration::from_millis(delay_ms)).await?,
        Command::Init { folder } => return init::run(&folder),
    }
    Ok(ExitCode::SUCCESS)
}

fn drilled(what: &What, (figures, good): (Option<Figures>, bool)) -> Result<ExitCode> {
    what.keep(figures.as_ref())?;
    Ok(code(good))
}

fn code(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints a line.
#[expect(clippy::print_stdout, reason = "what a command says")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}
