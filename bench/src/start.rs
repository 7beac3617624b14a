//! From the start of the process until it accepts a write.

use crate::{
    Result,
    figure::{Effort, Table, Target, median},
    node::{Installation, Node, Place},
};

/// An installation that has its keys and tables, and nobody in it.
pub(crate) async fn empty(place: &Place, effort: &Effort, table: &mut Table) -> Result<()> {
    let installation = place.installation("empty")?;
    let (node, first) = Node::start_until_ready(&installation).await?;
    node.stop()?;
    table.alone("start to ready, very first", "s", first, &[Target::Most(0.3)]);
    table.alone("start to ready, empty", "s", again(&installation, effort).await?, &[Target::Most(0.3)]);
    Ok(())
}

/// An installation with many files.
pub(crate) async fn full(installation: &Installation, effort: &Effort, table: &mut Table) -> Result<()> {
    let seconds = again(installation, effort).await?;
    let name = format!("start to ready, {} files", effort.files);
    table.alone(&name, "s", seconds, &[Target::Most(0.5)]);
    Ok(())
}

async fn again(installation: &Installation, effort: &Effort) -> Result<f64> {
    let mut seconds = Vec::new();
    for _ in 0..effort.rounds {
        let (node, took) = Node::start_until_ready(installation).await?;
        node.stop()?;
        seconds.push(took);
    }
    Ok(median(&seconds))
}
