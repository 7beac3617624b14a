//! The account that the clients work in.

use crate::{
    Result,
    clients::Server,
    lab::{Lab, secret},
    plan::HOST,
    services::node,
};
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

const NAME: &str = "lab";
const EMAIL: &str = "ines@lab.example";

/// A project in an account, and a person who may write there.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// The person, at the entry.
    pub(crate) entry: Server,
    project: String,
}

impl Account {
    /// Opens the account, by the commands of an operator.
    pub(crate) async fn open(lab: &Lab) -> Result<Self> {
        let node = *lab.plan.all_nodes().first().ok_or("a lab without nodes")?;
        let owner = ["--owner-name", "Inès", "--owner-email", EMAIL, "--password-stdin"];
        let password = format!("{}\n", secret()?);
        node::command(lab, node, &[&["account", "create", NAME][..], &owner].concat(), &password).await?;
        let words = ["app-password", "create", "--account", NAME, "--person", EMAIL, "--label", "drill"];
        let secret = node::command(lab, node, &words, "").await?;
        let host = format!("{NAME}.{HOST}:{}", lab.plan.port);
        let entry = lab.front(lab.plan.entry()).signed_in(host, EMAIL, &secret);
        let draft = Bytes::from_static(br#"{"name":"Drill"}"#);
        let answer =
            entry.post("/api/v1/projects", "application/json", "the project of the drill", draft).await;
        let answer = answer.map_err(|failure| format!("no project: {failure:?}"))?;
        if answer.status != StatusCode::CREATED {
            return Err(
                format!("no project: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into()
            );
        }
        let project: Value = serde_json::from_slice(&answer.body)?;
        Ok(Self { entry, project: project["id"].as_str().ok_or("a project without an id")?.to_owned() })
    }

    /// Where files are uploaded; names here need no escape.
    pub(crate) fn uploads(&self, name: &str) -> String {
        format!("/api/v1/projects/{}/files?name={name}", self.project)
    }

    /// Where folders are made.
    pub(crate) fn folders(&self) -> String {
        format!("/api/v1/projects/{}/folders", self.project)
    }
}
