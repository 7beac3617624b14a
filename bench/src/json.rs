//! JSON: lists, the check of a session, and a small durable change.

use crate::{
    Result,
    client::{Content, Server, Shown, load},
    disk,
    figure::{Effort, Series, Table, Target, median},
    node::Place,
    peers::{self, Peer},
    small::CONNECTIONS,
};
use http::{Method, StatusCode, header};
use serde_json::json;
use std::fs;

pub(crate) async fn measure(
    place: &Place,
    account: &Server,
    effort: &Effort,
    table: &mut Table,
) -> Result<()> {
    let bare = peers::bare(place).await?;
    let project = account.project("Lists").await?;
    let small = listing(&project, &account.filled_folder(&project, "Ten", 10).await?);
    let (series, _) = beside_bare(account, &bare, &small, effort).await?;
    table.compared("JSON read of 10 entries", "/s", &series, "bare axum", &[Target::Share(0.15)]);
    let read = 1.0 / series.ours();
    check(account, &project, read, effort, table).await?;

    for (entries, least) in [(1_000, 450.0), (10_000, 0.0)] {
        let folder = account.filled_folder(&project, &format!("With {entries}"), entries).await?;
        let path = listing(&project, &folder);
        let (series, slowest) = beside_bare(account, &bare, &path, effort).await?;
        let targets = if least > 0.0 { vec![Target::Least(least)] } else { vec![] };
        table.compared(&format!("listing of {entries} entries"), "/s", &series, "bare axum", &targets);
        let most = if entries == 1_000 { vec![Target::Most(25.0)] } else { vec![] };
        table.alone("  p99", "ms", slowest, &most);
        let nginx = propfind(place, entries, effort).await?;
        table.alone("  nginx's PROPFIND, of one user's plain files", "/s", nginx, &[]);
    }
    create(place, account, &project, effort, table).await
}

/// The list of a whole folder.
pub(crate) fn listing(project: &str, folder: &str) -> String {
    format!("/api/v1/projects/{project}/files?parent={folder}&limit=10000")
}

/// Reads a path over several connections.
pub(crate) async fn read(server: &Server, path: &str, status: StatusCode, effort: &Effort) -> Result<Shown> {
    let make = |_| server.request(Method::GET, path, Content::empty());
    load(server, CONNECTIONS, effort.round, status, make).await
}

/// Reads a path beside a bare answer of as many bytes; and how long the slowest in a hundred took.
async fn beside_bare(account: &Server, bare: &Peer, path: &str, effort: &Effort) -> Result<(Series, f64)> {
    let as_long = format!("/{}", account.get(path).await?.len());
    let mut slowest = Vec::new();
    let series = Series::take(
        effort.rounds,
        async || {
            let shown = read(account, path, StatusCode::OK, effort).await?;
            slowest.push(shown.p99);
            Ok(shown.rate)
        },
        async || Ok(read(&bare.server, &as_long, StatusCode::OK, effort).await?.rate),
    )
    .await?;
    Ok((series, median(&slowest)))
}

/// The same list by WebDAV from nginx, which knows no people and no keys.
async fn propfind(place: &Place, entries: usize, effort: &Effort) -> Result<f64> {
    let nginx = peers::nginx(place).await?;
    let path = format!("/listed-{entries}/");
    let folder = nginx.root.join(path.trim_matches('/'));
    fs::create_dir_all(&folder)?;
    for number in 0..entries {
        fs::write(folder.join(format!("Report {number}.txt")), "a small file")?;
    }
    let mut rates = Vec::new();
    for _ in 0..effort.rounds {
        let make = |_| {
            let method = Method::from_bytes(b"PROPFIND")?;
            let mut request = nginx.server.request(method, &path, Content::empty())?;
            request.headers_mut().insert("depth", "1".parse()?);
            Ok(request)
        };
        let shown = load(&nginx.server, CONNECTIONS, effort.round, StatusCode::MULTI_STATUS, make);
        rates.push(shown.await?.rate);
    }
    Ok(median(&rates))
}

/// What it costs to find out who asks: a request that names nothing, at a place where one must be signed in, less one at a
/// place where nobody asks. Both are answered alike, and nothing else is done for either.
async fn check(
    account: &Server,
    project: &str,
    read_takes: f64,
    effort: &Effort,
    table: &mut Table,
) -> Result<()> {
    let known = format!("/api/v1/projects/not-{project}/files");
    let series = Series::take(
        effort.rounds,
        async || Ok(1.0 / read(account, &known, StatusCode::NOT_FOUND, effort).await?.rate),
        async || Ok(1.0 / read(account, "/api/v1/nothing", StatusCode::NOT_FOUND, effort).await?.rate),
    )
    .await?;
    let share = (series.ours() - series.floor()) / read_takes;
    table.alone("session check, of that JSON read", "%", share * 100.0, &[Target::Most(5.0)]);
    Ok(())
}

/// A change of one row, which is on the disk before it is answered.
async fn create(
    place: &Place,
    account: &Server,
    project: &str,
    effort: &Effort,
    table: &mut Table,
) -> Result<()> {
    let path = format!("/api/v1/projects/{project}/folders");
    let (mut round, mut slowest) = (0, Vec::new());
    let series = Series::take(
        effort.rounds,
        async || {
            round += 1;
            let parent = account.folder(project, &format!("Folders {round}")).await?;
            let make = |number| {
                let draft = json!({ "parent": parent, "name": format!("Folder {number}") });
                let mut request = account.request(Method::POST, &path, Content::of(draft.to_string()))?;
                request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse()?);
                Ok(request)
            };
            let shown = load(account, CONNECTIONS, effort.round, StatusCode::CREATED, make).await?;
            slowest.push(shown.p99);
            Ok(shown.rate)
        },
        async || disk::commits(place.folder("floor"), effort.round).await,
    )
    .await?;
    let targets = [Target::Share(0.3)];
    table.compared("folder create, durable", "/s", &series, "SQLite FULL commits", &targets);
    table.alone("  p99", "ms", median(&slowest), &[]);
    Ok(())
}
