//! Large files, up and down.

use crate::{
    Result,
    client::{Content, Server, once},
    disk,
    figure::{Effort, Series, Table, Target},
    node::{Place, upload},
    peers,
};
use http::{Method, StatusCode};
use std::{fs::File, io::Write};

const MIB: u64 = 1 << 20;

/// Large files at one site.
pub(crate) async fn measure(
    place: &Place,
    account: &Server,
    effort: &Effort,
    table: &mut Table,
) -> Result<()> {
    for &mib in effort.large {
        let series = put(place, account, mib, effort).await?;
        let name = format!("large PUT, {mib} MiB, durable");
        table.compared(&name, "MiB/s", &series, "write+fsync", &[Target::Share(0.8)]);
    }
    for &mib in effort.large {
        get(place, account, mib, effort, table).await?;
    }
    Ok(())
}

/// Large files at two sites that share a disk: half of its floor is all there can be.
pub(crate) async fn two_sites(
    place: &Place,
    account: &Server,
    effort: &Effort,
    table: &mut Table,
) -> Result<()> {
    for &mib in effort.large {
        let series = put(place, account, mib, effort).await?;
        let name = format!("large PUT, {mib} MiB, two sites");
        table.compared(&name, "MiB/s", &series, "write+fsync", &[Target::Share(0.4)]);
    }
    Ok(())
}

async fn put(place: &Place, account: &Server, mib: u64, effort: &Effort) -> Result<Series> {
    let project = account.project(&format!("Large {mib}")).await?;
    let folder = account.folder(&project, "Films").await?;
    let content = Content::random(mib * MIB)?;
    let mut round = 0;
    Series::take(
        effort.rounds,
        async || {
            round += 1;
            let path = upload(&project, &folder, &format!("{round}.mkv"));
            let request = account.request(Method::POST, &path, content.clone())?;
            let (seconds, _) = once(account, request, StatusCode::CREATED).await?;
            rate(mib, seconds)
        },
        async || disk::large_file(place.folder("floor"), mib).await,
    )
    .await
}

async fn get(place: &Place, account: &Server, mib: u64, effort: &Effort, table: &mut Table) -> Result<()> {
    let project = account.project(&format!("Large {mib}, to read")).await?;
    let folder = account.folder(&project, "Films").await?;
    let id = account.upload(&project, &folder, "one.mkv", Content::random(mib * MIB)?).await?;
    let ours = format!("/api/v1/files/{id}/content");
    let nginx = peers::nginx(place).await?;
    let mut file = File::create(nginx.root.join("large"))?;
    let mut piece = vec![0; usize::try_from(MIB)?];
    getrandom::fill(&mut piece)?;
    for _ in 0..mib {
        file.write_all(&piece)?;
    }
    file.sync_all()?;
    let series = Series::take(
        effort.rounds,
        async || read(account, &ours, mib).await,
        async || read(&nginx.server, "/large", mib).await,
    )
    .await?;
    let name = format!("large GET, {mib} MiB, opened");
    table.compared(&name, "MiB/s", &series, "nginx", &[Target::Share(0.5)]);
    Ok(())
}

async fn read(server: &Server, path: &str, mib: u64) -> Result<f64> {
    let request = server.request(Method::GET, path, Content::empty())?;
    let (seconds, bytes) = once(server, request, StatusCode::OK).await?;
    if bytes != mib * MIB {
        return Err(format!("{path}: {bytes} bytes came").into());
    }
    rate(mib, seconds)
}

fn rate(mib: u64, seconds: f64) -> Result<f64> {
    Ok(f64::from(u32::try_from(mib)?) / seconds)
}
