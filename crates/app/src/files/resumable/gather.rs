//! The parts of an upload brought together, where no site has all of them: one was lost, and another came back, while it was
//! under way.

use super::{model::Piece, store};
use crate::{Palisade, Tx, journal::Event};
use access::Actor;
use kernel::{Error, Result, UploadId};
use sites::{PartName, Setback};
use std::{collections::BTreeSet, sync::Arc};

/// Brings to these sites, as far as they and the others answer, what they lack of an upload's parts.
///
/// # Errors
/// Unavailable, where too few of them have every part afterwards; what was brought is noted.
pub(super) async fn gather(
    palisade: &Palisade,
    actor: &Actor,
    id: UploadId,
    sites: &[Arc<str>],
) -> Result<()> {
    let pieces = palisade.read(actor, move |tx| store::parts(tx, id)).await?;
    let mut brought = Vec::new();
    for mut piece in pieces {
        // One from before there were checksums is where the upload's row says, and not brought anywhere.
        let (Some(checksum), Some(held)) = (piece.checksum, &mut piece.sites) else { continue };
        let lacking: Vec<_> = sites.iter().filter(|site| !held.contains(&***site)).collect();
        let name = PartName { account: actor.account(), blob: id.cast(), part: piece.part.number };
        let mut more = false;
        for site in lacking {
            match palisade.sites.bring(site, name, checksum, &palisade.repair_pace).await {
                Ok(_) => more |= held.insert(site.to_string()),
                Err(Setback::Away(error) | Setback::NoSource(error)) => {
                    tracing::warn!(%error, part = %name, %site, "a part of an upload is brought later");
                }
                Err(Setback::Lost) => return Err(Error::unavailable(format!("no site has {name} any more"))),
            }
        }
        if more {
            brought.push(piece);
        }
    }
    let note = move |tx: &mut Tx<'_, '_>| {
        let before = store::load(tx, id)?.sites.unwrap_or_default();
        let complete = complete(&store::parts(tx, id)?, &brought, &before);
        store::add_sites(tx, id, &brought, &complete)?;
        tx.done((), Event::none("an upload under way is no change yet"))
    };
    palisade.write(actor, note).await
}

/// The sites that have every part, now that some parts are at more of them; `before` had all that nothing is noted of.
fn complete(pieces: &[Piece], brought: &[Piece], before: &BTreeSet<String>) -> BTreeSet<String> {
    let held = |piece: &Piece| {
        let newer = brought.iter().find(|newer| newer.part.number == piece.part.number);
        newer.unwrap_or(piece).sites.clone().unwrap_or_else(|| before.clone())
    };
    pieces.iter().map(held).reduce(|all, here| &all & &here).unwrap_or_default()
}
