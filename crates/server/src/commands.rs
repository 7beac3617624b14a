//! What commands do, inside the process that has the data open.

use crate::{config::Config, keys};
use app::{Palisade, accounts, people, sessions};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What a command asks for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Opens an account.
    CreateAccount { name: String, title: String, owner_name: String, owner_email: String, password: String },
    /// Lists all accounts.
    ListAccounts { json: bool },
    /// Writes the key mirror anew.
    MirrorKeys,
    /// Compares the key mirror with the keys.
    VerifyKeys { code: String },
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
pub(crate) async fn carry_out(
    palisade: &Palisade,
    config: &Config,
    request: Request,
) -> Result<Answer, String> {
    match request {
        Request::CreateAccount { name, title, owner_name, owner_email, password } => {
            let owner = people::Introduction::new(owner_name, owner_email, password);
            let draft = accounts::NewAccount { name, title, owner };
            let opened = accounts::open(palisade, draft).await.map_err(|error| say(&error))?;
            Ok(opened.address.into())
        }
        Request::ListAccounts { json } => {
            let accounts = accounts::list(palisade).await.map_err(|error| say(&error))?;
            Ok(listing(&accounts, json)?.into())
        }
        Request::MirrorKeys => keys::mirror(palisade, config).await,
        Request::VerifyKeys { code } => keys::verify(palisade, config, &Zeroizing::new(code)).await,
        Request::CreateAppPassword { account, person, label } => {
            let host = palisade.address.host_of(&account);
            let secret = sessions::app_password_for(palisade, &host, &person, label).await;
            Ok(secret.map_err(|error| say(&error))?.into())
        }
        Request::Doctor => Ok(examine(palisade, config).await),
    }
}

fn listing(accounts: &[accounts::Listed], json: bool) -> Result<String, String> {
    if json {
        return serde_json::to_string_pretty(accounts).map_err(|error| error.to_string());
    }
    let lines = accounts.iter().map(|account| {
        let address = account.address.as_deref().unwrap_or("(its key was destroyed)");
        format!("{}  {}  {address}", account.id, account.created_at)
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// An error in words, with its cause: whoever uses the command line is the operator.
pub(crate) fn say(error: &kernel::Error) -> String {
    let title = web::Problem::new(error, web::Language::English).title;
    match error.kind() {
        kernel::Kind::Internal | kernel::Kind::Unavailable => format!("{title} ({error})"),
        _ => title,
    }
}

async fn examine(palisade: &Palisade, config: &Config) -> Answer {
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
    let keys = keys::examine(config);
    well &= keys.well;
    lines.push(keys.text);
    Answer { text: lines.join("\n"), well: well && palisade.sites.suffice(&health) }
}
