//! What commands do, inside the process that has the data open.

use crate::{config::Config, keys};
use app::{Palisade, accounts, files::held, notifications, people, sessions};
use kernel::MailId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What a command asks for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Opens an account.
    CreateAccount {
        name: String,
        title: String,
        owner_name: String,
        owner_email: String,
        #[serde(default)]
        language: web::Language,
        password: String,
    },
    /// Lists all accounts.
    ListAccounts { json: bool },
    /// Writes the key mirror anew.
    MirrorKeys,
    /// Compares the key sites and the key mirror with each other.
    VerifyKeys { code: String },
    /// Lists the sites.
    ListSites { json: bool },
    /// Has all copies at a site brought again that are not there.
    RefillSite { site: String },
    /// Forgets what is noted of a site that is gone.
    ForgetSite { site: String },
    /// Makes an app password.
    CreateAppPassword { account: String, person: String, label: String },
    /// Lists the mail that waits.
    ListMail { account: Option<String>, json: bool },
    /// Prints a mail that waits.
    ShowMail { id: MailId },
    /// Makes a link to a new password.
    MakeResetLink { account: String, email: String },
    /// Checks everything.
    Doctor { json: bool },
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
        Request::CreateAccount { name, title, owner_name, owner_email, language, password } => {
            let owner = people::Introduction::new(owner_name, owner_email, password, language);
            let draft = accounts::NewAccount { name, title, owner };
            let opened =
                accounts::open(palisade, web::Client::HERE, draft).await.map_err(|error| say(&error))?;
            Ok(opened.address.into())
        }
        Request::ListAccounts { json } => {
            let accounts = accounts::list(palisade).await.map_err(|error| say(&error))?;
            Ok(listing(&accounts, json)?.into())
        }
        Request::MirrorKeys => keys::mirror(palisade, config).await,
        Request::ListSites { json } => {
            let standings = held::overview(palisade).await.map_err(|error| say(&error))?;
            Ok(crate::sites::listing(&standings, json)?.into())
        }
        Request::RefillSite { site } => {
            let copies =
                held::refill(palisade, &site).await.map_err(|error| crate::sites::refused(&error))?;
            Ok(format!("{copies} copies at {site} are compared or brought again: palisade sites tells how far that is").into())
        }
        Request::ForgetSite { site } => {
            let rows = held::forget(palisade, &site).await.map_err(|error| crate::sites::refused(&error))?;
            Ok(format!("{rows} notes on {site} are forgotten").into())
        }
        Request::VerifyKeys { code } => keys::verify(palisade, config, &Zeroizing::new(code)).await,
        Request::CreateAppPassword { account, person, label } => {
            let host = palisade.address.host_of(&account);
            let secret = sessions::app_password_for(palisade, &host, &person, label).await;
            Ok(secret.map_err(|error| say(&error))?.into())
        }
        Request::Doctor { json } => {
            let checks = examine(palisade, config).await;
            let well = checks.iter().all(|check| check.well);
            Ok(Answer { text: report(&checks, json)?, well })
        }
        Request::ListMail { account, json } => {
            let host = account.map(|account| palisade.address.host_of(&account));
            let waiting = notifications::waiting(palisade, host.as_deref()).await;
            Ok(mail_listing(&waiting.map_err(|error| say(&error))?, json)?.into())
        }
        Request::ShowMail { id } => {
            let mail = notifications::show(palisade, id).await.map_err(|error| say(&error))?;
            let notifications::Mail { to, subject, body, .. } = mail;
            Ok(format!("To: {to}\nSubject: {subject}\n\n{body}").into())
        }
        Request::MakeResetLink { account, email } => {
            let host = palisade.address.host_of(&account);
            let link = people::resets::link_for(palisade, &host, &email).await;
            Ok(link.map_err(|error| say(&error))?.into())
        }
    }
}

fn listing(accounts: &[accounts::Listed], json: bool) -> Result<String, String> {
    if json {
        return serde_json::to_string_pretty(accounts).map_err(|error| error.to_string());
    }
    let lines = accounts.iter().map(|account| {
        let address = account.address.as_deref().unwrap_or("(its key was destroyed)");
        let accounts::Listed { id, created_at, people, bytes, .. } = account;
        format!("{id}  {created_at}  {people} people  {bytes} bytes  {address}")
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn mail_listing(waiting: &[notifications::Waiting], json: bool) -> Result<String, String> {
    if json {
        return serde_json::to_string_pretty(waiting).map_err(|error| error.to_string());
    }
    let lines = waiting.iter().map(|mail| {
        let account = mail.account.as_deref().unwrap_or("(its key was destroyed)");
        let standing = mail.standing.as_ref();
        let state = match standing.and_then(|standing| standing.error.as_deref()) {
            Some(error) => {
                format!("  {error} after {} tries", standing.map_or(0, |standing| standing.attempts))
            }
            None => String::new(),
        };
        format!("{}  {}  {account}{state}", mail.id, mail.queued_at)
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

/// One thing that the doctor looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    /// What: `database`, `site home`, `keys`, `accounts`.
    what: String,
    /// Whether nothing needs to be done.
    well: bool,
    /// How it is, and what to do.
    says: String,
}

impl Check {
    pub(crate) fn new(what: impl Into<String>, well: bool, says: impl Into<String>) -> Self {
        Self { what: what.into(), well, says: says.into() }
    }
}

fn report(checks: &[Check], json: bool) -> Result<String, String> {
    if json {
        return serde_json::to_string_pretty(checks).map_err(|error| error.to_string());
    }
    let lines = checks.iter().map(|check| format!("{}: {}", check.what, check.says));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

async fn examine(palisade: &Palisade, config: &Config) -> Vec<Check> {
    let mut checks = vec![match palisade.db.check().await {
        Ok(health) => {
            let mut says = if health.durable {
                format!("{} {} takes writes", health.engine, health.version)
            } else {
                format!(
                    "{} {} takes writes, but may lose the last of them with the power: turn its durable commits on again",
                    health.engine, health.version
                )
            };
            says.extend(crate::sites::skew(health.ahead));
            Check::new("database", health.durable && crate::sites::is_in_time(health.ahead), says)
        }
        Err(error) if palisade.db.is_short() => {
            let says = format!("the disk is full, and only what frees room is written: make room ({error})");
            Check::new("database", false, says)
        }
        Err(error) => Check::new("database", false, error.to_string()),
    }];
    let findings = palisade.db.examine().await.into_iter();
    checks
        .extend(findings.map(|found| Check::new(format!("database {}", found.what), found.well, found.says)));
    checks.extend(crate::sites::examine(palisade).await);
    let keys = keys::examine(config);
    checks.push(Check::new("keys", keys.well, keys.text));
    for (site, Answer { text, well }) in keys::examine_sites(palisade, config).await {
        checks.push(Check::new(format!("keys at {site}"), well, text));
    }
    checks.push(match accounts::unopened(palisade).await {
        Ok((all, unopened)) if unopened.is_empty() => {
            Check::new("accounts", true, format!("all {all} open with their keys"))
        }
        Ok((_, unopened)) => Check::new("accounts", false, unopened.join("; ")),
        Err(error) => Check::new("accounts", false, error.to_string()),
    });
    checks.push(examine_mail(palisade).await);
    checks
}

/// Whether the mail server answers. That there is none is no fault.
async fn examine_mail(palisade: &Palisade) -> Check {
    match &palisade.post {
        None => Check::new("mail", true, "no mail server. Whoever invites is shown the link."),
        Some(post) => match post.check(&palisade.address.host).await {
            Ok(()) => Check::new("mail", true, "the mail server answers"),
            Err(error) => Check::new("mail", false, error.to_string()),
        },
    }
}
