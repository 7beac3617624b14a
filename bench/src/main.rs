//! `make bench`: what Palisade does in a second, beside what this machine could do at best.
//!
//! Absolute figures say as much of the machine as of the program. So each figure stands beside a floor or a peer that is
//! measured in turn with it, in the same run on the same disk: a bare write with its sync, a commit of SQLite, a bare answer of
//! axum, a file served by nginx. Rounds are taken in turn and their medians compared; where a floor drifts by more than
//! twice within its rounds, the machine was busy with something else, and the figure is void.
//!
//! "Ours" is always signed in, sealed and durable, and goes through the release binary by HTTP, as a process of its own.

mod client;
mod disk;
mod figure;
mod growth;
mod json;
mod large;
mod memory;
mod node;
mod page;
mod peers;
mod small;
mod start;

use clap::Parser;
use figure::{Effort, Table};
use node::{Node, Place};
use std::path::PathBuf;

/// Whatever went wrong ends the run: a figure that could not be taken must not look like a good one.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The figures of the program, beside those of the machine.
#[derive(Parser)]
struct Cli {
    /// Fewer and shorter rounds, smaller files: for development.
    #[arg(long)]
    quick: bool,
    /// Only these parts: small, json, large, sites, memory, start, page, growth.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// The program.
    #[arg(long, default_value = "target/release/palisade")]
    program: PathBuf,
    /// The folder for the data, on the disk that is to be measured.
    #[arg(long, default_value = "target")]
    on: PathBuf,
    /// Becomes the bare server that answers with so many bytes as its path says.
    #[arg(long, hide = true)]
    bare: bool,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if cli.bare { runtime.block_on(peers::be_bare()) } else { runtime.block_on(run(&cli)) }
}

async fn run(cli: &Cli) -> Result<()> {
    let effort = if cli.quick { Effort::quick() } else { Effort::full() };
    let wanted = |part: &str| cli.only.is_empty() || cli.only.iter().any(|only| only == part);
    let place = Place::new(&cli.program, &cli.on)?;
    let mut table = Table::new();
    if wanted("start") {
        start::empty(&place, &effort, &mut table).await?;
    }
    if wanted("memory") {
        memory::measure(&place, &effort, &mut table).await?;
    }
    let node = Node::start(&place.installation("one")?).await?;
    let account = node.sign_up().await?;
    if wanted("page") {
        page::measure(&account, &mut table)?;
    }
    if wanted("small") {
        small::measure(&place, &account, &effort, &mut table).await?;
    }
    if wanted("json") {
        json::measure(&place, &account, &effort, &mut table).await?;
    }
    if wanted("large") {
        large::measure(&place, &account, &effort, &mut table).await?;
    }
    if wanted("growth") {
        growth::measure(&account, &effort, &mut table).await?;
        node.stop()?;
        start::full(&place.installation("one")?, &effort, &mut table).await?;
    } else {
        node.stop()?;
    }
    if wanted("sites") {
        let node = Node::start(&place.two_sites("two")?).await?;
        large::two_sites(&place, &node.sign_up().await?, &effort, &mut table).await?;
        node.stop()?;
    }
    table.print();
    Ok(())
}
