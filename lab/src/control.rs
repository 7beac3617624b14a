//! What is said to a lab and what it says, over a socket in its folder: a line of JSON each.

use crate::{Result, drill, figures::Figures, refill, stress};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    sync::mpsc::UnboundedSender,
};

/// Where the socket is.
pub(crate) fn socket(folder: &Path) -> PathBuf {
    folder.join("control.sock")
}

/// What a lab is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// A drill.
    Drill(drill::Order),
    /// The return of a site that missed many files.
    Refill(refill::Order),
    /// A count of takeovers that nobody needed.
    Stress(stress::Order),
}

/// What a lab says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Said {
    /// How far it is.
    Line(String),
    /// What a drill showed.
    Figures(Box<Figures>),
    /// Nothing more: whether all was well, or why it broke off.
    End(std::result::Result<bool, String>),
}

/// Where a lab says something.
#[derive(Clone, Debug)]
pub(crate) struct Say(pub(crate) UnboundedSender<Said>);

impl Say {
    /// Says how far it is. That nobody listens any more is no reason to stop.
    pub(crate) fn line(&self, text: &str) {
        let _ = self.0.send(Said::Line(text.to_owned()));
    }
}

/// Asks the lab in this folder, and prints what it says; the figures, where it has some, and whether all was well.
pub(crate) async fn ask(folder: &Path, request: &Request) -> Result<(Option<Figures>, bool)> {
    let stream = UnixStream::connect(socket(folder)).await;
    let stream = stream.map_err(|error| format!("no lab answers at {}: {error}", folder.display()))?;
    let mut stream = BufReader::new(stream);
    stream.write_all(format!("{}\n", serde_json::to_string(request)?).as_bytes()).await?;
    let (mut figures, mut line) = (None, String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err("the lab went away".into());
        }
        match serde_json::from_str(&line)? {
            Said::Line(text) => crate::say(&text),
            Said::Figures(found) => figures = Some(*found),
            Said::End(end) => return Ok((figures, end?)),
        }
    }
}
