//! What commands do, inside the process that has the data open.

use app::{Palisade, accounts, people, sessions};
use serde::{Deserialize, Serialize};

/// What a command asks for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Opens an account.
    CreateAccount { name: String, title: String, owner_name: String, owner_email: String, password: String },
    /// Makes an app password.
    CreateAppPassword { account: String, person: String, label: String },
    /// Checks everything.
    Doctor,
}

/// What a command prints.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// For standard output.
    pub(crate) text: String,
    /// Whether all is well; else the program says so by its exit code.
    pub(crate) well: bool,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self { text, well: true }
    }
}

/// Does what a command asks for. An error is for people.
pub(crate) async fn carry_out(palisade: &Palisade, request: Request) -> Result<Answer, String> {
    match request {
        Request::CreateAccount { name, title, owner_name, owner_email, password } => {
            let owner = people::Introduction::new(owner_name, owner_email, password);
            let draft = accounts::NewAccount { name, title, owner };
            let opened = accounts::open(palisade, draft).await.map_err(|error| say(&error))?;
            Ok(opened.address.into())
        }
        Request::CreateAppPassword { account, person, label } => {
            let host = palisade.address.host_of(&account);
            let secret = sessions::app_password_for(palisade, &host, &person, label).await;
            Ok(secret.map_err(|error| say(&error))?.into())
        }
        Request::Doctor => Ok(examine(palisade).await),
    }
}

/// An error in words, with its cause: whoever uses the command line is the operator.
fn say(error: &kernel::Error) -> String {
    let title = web::Problem::new(error, web::Language::English).title;
    match error.kind() {
        kernel::Kind::Internal | kernel::Kind::Unavailable => format!("{title} ({error})"),
        _ => title,
    }
}

async fn examine(palisade: &Palisade) -> Answer {
    let mut lines = Vec::new();
    let mut well = true;
    match palisade.db.check().await {
        Ok(_) => lines.push("database: takes writes".to_owned()),
        Err(error) => {
            well = false;
            lines.push(format!("database: {error}"));
        }
    }
    let health = palisade.sites.check(&palisade.source).await;
    for site in &health {
        let state = match (&site.fault, site.free) {
            (Some(fault), _) => fault.clone(),
            (None, Some(free)) => format!("takes blobs, {} GiB free", free >> 30),
            (None, None) => "takes blobs".to_owned(),
        };
        well &= site.is_well();
        lines.push(format!("site {}: {state}", site.site));
    }
    lines.push("keys: one key site and no mirror. Losing this data folder loses everything.".to_owned());
    Answer { text: lines.join("\n"), well: well && palisade.sites.suffice(&health) }
}
