//! What the same things cost when there is more of everything.

use crate::{
    Result,
    client::{Content, Server, load},
    figure::{Effort, Table, Target, median, say},
    json::{self, listing},
    node::upload,
    small::{self, CONNECTIONS},
};
use http::{Method, StatusCode};
use serde_json::json;

/// How many of the many files lie in one folder.
const IN_A_FOLDER: usize = 1_000;

/// The figures that are compared, each in seconds a request.
struct Costs {
    put: f64,
    get: f64,
    list: f64,
    projects: f64,
}

pub(crate) async fn measure(account: &Server, effort: &Effort, table: &mut Table) -> Result<()> {
    let project = account.project("Growth").await?;
    let folder = account.filled_folder(&project, "First", IN_A_FOLDER).await?;
    let paths = small::files(account, &project).await?;
    let before = costs(account, &project, &folder, &paths, effort, "before").await?;
    // Files of their own first, in the one folder that their blobs share; then copies of a folder, which are as many
    // rows as uploads would be, and come in one transaction each.
    let own = effort.files / 10;
    say(&format!("growing to {} files", effort.files));
    account.filled_folder(&project, "Many", own).await?;
    for number in 1..=(effort.files - own) / IN_A_FOLDER {
        let draft = json!({ "parent": null, "name": format!("Copy {number}") });
        account.json(Method::POST, &format!("/api/v1/files/{folder}/copies"), Some(&draft)).await?;
    }
    let after = costs(account, &project, &folder, &paths, effort, "after").await?;
    let most = [Target::Most(1.5)];
    for (name, before, after) in [
        ("small PUT", before.put, after.put),
        ("small GET", before.get, after.get),
        ("listing of 1000", before.list, after.list),
        ("list of projects", before.projects, after.projects),
    ] {
        table.alone(&format!("{name}, cost at {} files", effort.files), "times", after / before, &most);
    }
    Ok(())
}

async fn costs(
    account: &Server,
    project: &str,
    folder: &str,
    paths: &[String],
    effort: &Effort,
    when: &str,
) -> Result<Costs> {
    let list = listing(project, folder);
    let content = Content::random(small::SIZE)?;
    let (mut puts, mut gets, mut lists, mut projects) = (vec![], vec![], vec![], vec![]);
    for round in 0..effort.rounds {
        let into = account.folder(project, &format!("Put {when} {round}")).await?;
        let make = |number| {
            let path = upload(project, &into, &format!("{number}.bin"));
            account.request(Method::POST, &path, content.clone())
        };
        puts.push(1.0 / load(account, CONNECTIONS, effort.round, StatusCode::CREATED, make).await?.rate);
        gets.push(1.0 / small::read(account, paths, effort).await?.rate);
        lists.push(1.0 / json::read(account, &list, StatusCode::OK, effort).await?.rate);
        projects.push(1.0 / json::read(account, "/api/v1/projects", StatusCode::OK, effort).await?.rate);
    }
    Ok(Costs { put: median(&puts), get: median(&gets), list: median(&lists), projects: median(&projects) })
}
