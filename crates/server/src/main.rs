//! The `palisade` program: commands, configuration, wiring.
//!
//! A command works beside a running node through the node's control socket, or opens the data itself where none runs
//! ([`control`]). Exit codes: 0 done, 1 failed, 2 bad usage.

mod commands;
mod config;
mod connections;
mod control;
mod held;
mod keys;
mod memory;
mod metrics;
mod mistakes;
mod node;
mod pages;
mod serve;
mod sites;

use clap::{Args, Parser, Subcommand};
use config::Config;
use kernel::MailId;
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};
use zeroize::Zeroizing;

/// Palisade: a private workspace cloud for groups.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// Where an installation is.
#[derive(Args, Clone, Debug)]
struct Place {
    /// The configuration file.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// The data folder.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// The installation's host name.
    #[arg(long, global = true)]
    host: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs one node.
    Serve {
        /// Where it listens.
        #[arg(long)]
        listen: Option<SocketAddr>,
        /// Where it shows its metrics to the operator.
        #[arg(long, value_name = "ADDR")]
        metrics: Option<SocketAddr>,
        /// Begins an empty database though there are keys, whose database is given up.
        #[arg(long)]
        new_database: bool,
    },
    /// Accounts.
    #[command(subcommand)]
    Account(AccountCommand),
    /// The keys, and the mirror that keeps them a second time.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The sites: what each holds, what is on its way to it, and which may go.
    Sites {
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        command: Option<SitesCommand>,
    },
    /// Secrets for programs.
    #[command(subcommand)]
    AppPassword(AppPasswordCommand),
    /// Mail that waits to be sent.
    #[command(subcommand)]
    Mail(MailCommand),
    /// People.
    #[command(subcommand)]
    Person(PersonCommand),
    /// The configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Prints the description of the API (OpenAPI 3.1).
    Openapi,
    /// Checks the installation and says what to do.
    Doctor {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum AccountCommand {
    /// Opens an account.
    Create {
        /// Its name, which becomes its address.
        name: String,
        /// What the group calls itself; the name where none is given.
        #[arg(long)]
        title: Option<String>,
        /// The owner's name.
        #[arg(long)]
        owner_name: String,
        /// The owner's e-mail address.
        #[arg(long)]
        owner_email: String,
        /// The language that the owner reads: en or fr.
        #[arg(long, default_value = "en")]
        language: web::Language,
        /// Reads the owner's password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Lists all accounts.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Writes the whole mirror anew.
    Mirror,
    /// Compares the key sites with each other; where there is a mirror, reads its recovery code from standard input and
    /// compares it with the keys.
    Verify,
    /// Reads the recovery code from standard input and brings all keys back into a data folder that has none.
    Recover {
        /// The mirror.
        #[arg(long)]
        from: PathBuf,
    },
}

#[derive(Subcommand)]
enum SitesCommand {
    /// Has every blob looked for at a site that was emptied or replaced, and what is missing brought to it.
    Refill {
        /// The site.
        site: String,
    },
    /// Forgets all that is noted of a site that is gone for good, and that the configuration does not name any more.
    Forget {
        /// The site.
        site: String,
        /// Does not ask for its name.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Subcommand)]
enum AppPasswordCommand {
    /// Makes one, and prints its secret once.
    Create {
        /// The account's name.
        #[arg(long)]
        account: String,
        /// The person's e-mail address.
        #[arg(long)]
        person: String,
        /// What its owner will know it by.
        #[arg(long)]
        label: String,
    },
}

#[derive(Subcommand)]
enum MailCommand {
    /// Lists it, without what it says.
    List {
        /// The name of an account; without it, all accounts.
        #[arg(long)]
        account: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints one mail, with the link that it carries.
    Show {
        /// Its id, as it is listed.
        id: MailId,
    },
}

#[derive(Subcommand)]
enum PersonCommand {
    /// Prints a link by which a person chooses a new password, good once and for an hour or as `limits` say.
    ResetLink {
        /// The account's name.
        #[arg(long)]
        account: String,
        /// The person's e-mail address.
        email: String,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Prints a complete configuration with comments.
    Example,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            #[expect(clippy::print_stderr, reason = "what a command says when it fails")]
            {
                eprintln!("palisade: {message}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), String> {
    if let Command::Config(ConfigCommand::Example) = cli.command {
        print(config::EXAMPLE);
        return Ok(());
    }
    if let Command::Openapi = cli.command {
        print(&app::description::TEXT);
        return Ok(());
    }
    let mut config = Config::load(&cli.place)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let request = match cli.command {
        Command::Serve { listen, metrics, new_database } => {
            config.new_database = new_database;
            config.listen = listen.unwrap_or(config.listen);
            config.metrics = metrics.or(config.metrics);
            return runtime.block_on(serve::serve(config));
        }
        Command::Doctor { json } => commands::Request::Doctor { json },
        Command::Account(AccountCommand::Create {
            name, title, owner_name, owner_email, language, ..
        }) => {
            let password = read_secret()?;
            commands::Request::CreateAccount {
                title: title.unwrap_or_else(|| name.clone()),
                name,
                owner_name,
                owner_email,
                language,
                password,
            }
        }
        Command::Account(AccountCommand::List { json }) => commands::Request::ListAccounts { json },
        Command::Keys(KeysCommand::Mirror) => commands::Request::MirrorKeys,
        Command::Keys(KeysCommand::Verify) => {
            let code = if keys::needs_code(&config) { read_secret()? } else { String::new() };
            commands::Request::VerifyKeys { code }
        }
        Command::Sites { json, command: None } => commands::Request::ListSites { json },
        Command::Sites { command: Some(SitesCommand::Refill { site }), .. } => {
            commands::Request::RefillSite { site }
        }
        Command::Sites { command: Some(SitesCommand::Forget { site, yes }), .. } => {
            if !yes {
                print(&format!(
                    "What still lies at {site}, nobody deletes any more. Type its name to go on:"
                ));
                if read_secret()? != site {
                    return Err("that is not its name; nothing was done".to_owned());
                }
            }
            commands::Request::ForgetSite { site }
        }
        Command::Keys(KeysCommand::Recover { from }) => {
            let code = Zeroizing::new(read_secret()?);
            print(&runtime.block_on(keys::recover(&config, &from, &code))?);
            return Ok(());
        }
        Command::AppPassword(AppPasswordCommand::Create { account, person, label }) => {
            commands::Request::CreateAppPassword { account, person, label }
        }
        Command::Mail(MailCommand::List { account, json }) => commands::Request::ListMail { account, json },
        Command::Mail(MailCommand::Show { id }) => commands::Request::ShowMail { id },
        Command::Person(PersonCommand::ResetLink { account, email }) => {
            commands::Request::MakeResetLink { account, email }
        }
        Command::Config(_) | Command::Openapi => return Ok(()),
    };
    let answer = runtime.block_on(control::ask(&config, request))?;
    print(&answer.text);
    if answer.well { Ok(()) } else { Err("not all is well".to_owned()) }
}

/// The first line of standard input: a password, or a recovery code.
fn read_secret() -> Result<String, String> {
    let mut secret = String::new();
    std::io::stdin().read_line(&mut secret).map_err(|error| format!("standard input: {error}"))?;
    Ok(secret.trim_end_matches(['\r', '\n']).to_owned())
}

/// What a command was asked for goes to standard output.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(text: &str) {
    println!("{}", text.trim_end());
}
