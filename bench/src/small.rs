//! Small files, up and down.

use crate::{
    Result,
    client::{Content, Server, load},
    disk,
    figure::{Effort, Series, Table, Target, median},
    node::{Place, upload},
    peers::{self, Peer},
};
use http::{Method, StatusCode};
use std::fs;

/// What a small file holds: a letter, a page of a table.
pub(crate) const SIZE: u64 = 10 << 10;
/// How many people send or read at once.
pub(crate) const CONNECTIONS: usize = 4;
/// How many different files are read in turn.
const FILES: usize = 200;

pub(crate) async fn measure(
    place: &Place,
    account: &Server,
    effort: &Effort,
    table: &mut Table,
) -> Result<()> {
    let project = account.project("Small files").await?;
    let content = Content::random(SIZE)?;
    let (mut slowest, mut round) = (Vec::new(), 0);
    let size = usize::try_from(SIZE)?;
    let series = Series::take(
        effort.rounds,
        async || {
            round += 1;
            let folder = account.folder(&project, &format!("Round {round}")).await?;
            let make = |number| {
                let path = upload(&project, &folder, &format!("{number}.bin"));
                account.request(Method::POST, &path, content.clone())
            };
            let shown = load(account, CONNECTIONS, effort.round, StatusCode::CREATED, make).await?;
            slowest.push(shown.p99);
            Ok(shown.rate)
        },
        async || disk::small_files(place.folder("floor"), CONNECTIONS, size, effort.round).await,
    )
    .await?;
    let targets = [Target::Least(640.0), Target::Share(0.35)];
    table.compared("small PUT, 10 KiB, durable", "/s", &series, "write+fsync+rename+fsync", &targets);
    table.alone("  p99", "ms", median(&slowest), &[]);

    let nginx = peers::nginx(place).await?;
    let mut rates = Vec::new();
    for round in 0..effort.rounds {
        let make =
            |number| nginx.server.request(Method::PUT, &format!("/put-{round}/{number}"), content.clone());
        rates.push(load(&nginx.server, CONNECTIONS, effort.round, StatusCode::CREATED, make).await?.rate);
    }
    table.alone("  nginx's, which syncs nothing", "/s", median(&rates), &[]);
    get(account, &nginx, &project, effort, table).await
}

async fn get(
    account: &Server,
    nginx: &Peer,
    project: &str,
    effort: &Effort,
    table: &mut Table,
) -> Result<()> {
    let paths = files(account, project).await?;
    let mut bytes = vec![0; usize::try_from(SIZE)?];
    getrandom::fill(&mut bytes)?;
    for number in 0..FILES {
        fs::write(nginx.root.join(number.to_string()), &bytes)?;
    }
    let mut slowest = Vec::new();
    let series = Series::take(
        effort.rounds,
        async || {
            let shown = read(account, &paths, effort).await?;
            slowest.push(shown.p99);
            Ok(shown.rate)
        },
        async || {
            let make = |number: u64| nginx.server.request(Method::GET, &nth(number), Content::empty());
            Ok(load(&nginx.server, CONNECTIONS, effort.round, StatusCode::OK, make).await?.rate)
        },
    )
    .await?;
    let targets = [Target::Least(5000.0), Target::Share(0.15)];
    table.compared("small GET, 10 KiB, opened", "/s", &series, "nginx", &targets);
    table.alone("  p99", "ms", median(&slowest), &[]);
    Ok(())
}

fn nth(number: u64) -> String {
    format!("/{}", number % FILES as u64)
}

/// Uploads the files that are read, and gives the paths of their content.
pub(crate) async fn files(account: &Server, project: &str) -> Result<Vec<String>> {
    let folder = account.folder(project, "To read").await?;
    let content = Content::random(SIZE)?;
    let mut paths = Vec::new();
    for number in 0..FILES {
        let id = account.upload(project, &folder, &format!("{number}.bin"), content.clone()).await?;
        paths.push(format!("/api/v1/files/{id}/content"));
    }
    Ok(paths)
}

/// Reads these in turn.
pub(crate) async fn read(
    account: &Server,
    paths: &[String],
    effort: &Effort,
) -> Result<crate::client::Shown> {
    let make = |number: u64| {
        let path = &paths[usize::try_from(number)? % paths.len()];
        account.request(Method::GET, path, Content::empty())
    };
    load(account, CONNECTIONS, effort.round, StatusCode::OK, make).await
}
