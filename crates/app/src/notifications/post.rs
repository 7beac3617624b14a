//! The post: how a mail leaves the installation, by SMTP (RFC 5321) to the operator's mail server.
//!
//! What a mail says is in memory only while it is sent. No error and no log line repeats what the server answered: an
//! answer may name the address.

use super::Mail;
use kernel::{Error, Kind, MailId, Result, Timestamp};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart, MultiPartKind, SinglePart,
        header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0},
    },
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters, TlsParametersBuilder},
        commands::{Data, Mail as MailFrom, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use std::{
    fmt,
    net::IpAddr,
    path::PathBuf,
    time::{Duration, SystemTime},
};
use tokio::time::timeout;

/// How long the server may take to be reached.
const CONNECT: Duration = Duration::from_secs(20);
/// How long the whole of a mail may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// The answer to an address that the server cannot write down (RFC 5321, section 4.2.3).
const NOT_ALLOWED: u16 = 553;

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Not at all: for a server on this machine, and no other.
    None,
    /// It begins in clear and goes on in TLS (RFC 3207), or not at all.
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Tls,
}

/// The operator's mail server.
#[derive(Clone)]
pub struct PostConfig {
    /// Its host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// A PEM file of the authorities that may vouch for it; none for those of the system.
    pub authorities: Option<PathBuf>,
    /// As whom it is spoken to, and their password.
    pub user: Option<(String, String)>,
    /// Whom mails are from: `Palisade <palisade@example.org>`.
    pub from: String,
}

// By hand: there is a password.
impl fmt::Debug for PostConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// The way to the mail server. A connection is made for each mail.
#[derive(Clone)]
pub struct Post {
    server: (String, u16),
    tls: Tls,
    parameters: TlsParameters,
    credentials: Option<Credentials>,
    from: Mailbox,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("server", &self.server).field("tls", &self.tls).finish_non_exhaustive()
    }
}

/// What became of a mail that need not be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The server has it.
    Delivered,
    /// The server will never take it; its code.
    Refused(u16),
}

type Smtp<T> = std::result::Result<T, lettre::transport::smtp::Error>;

/// It may be tried again.
pub(super) fn unsent(cause: impl Into<String>) -> Error {
    Error::new(Kind::Unavailable, "mail-unsent").because(cause.into())
}

/// The cause without what the server said.
fn without_words(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {}", u16::from(code)),
        None if error.is_response() => "the mail server's answer is none of SMTP".to_owned(),
        None => error.to_string(),
    }
}

impl Post {
    /// The way to this server, which is not spoken to yet.
    ///
    /// # Errors
    /// Where the configuration cannot be: a bad sender, authorities that cannot be read, clear text over a network.
    pub fn open(config: PostConfig) -> Result<Self> {
        let bad = |field: &'static str, cause: String| Error::internal(cause).field(field);
        let PostConfig { host, port, tls, authorities, user, from } = config;
        if tls == Tls::None && !is_here(&host) {
            return Err(bad("tls", format!("{host} is another machine: mail goes there by TLS alone")));
        }
        let mut parameters = TlsParametersBuilder::new(host.clone());
        if let Some(path) = authorities {
            let at = |cause: &dyn fmt::Display| bad("authorities", format!("{}: {cause}", path.display()));
            let pem = std::fs::read(&path).map_err(|error| at(&error))?;
            let authorities = Certificate::from_pem(&pem).map_err(|error| at(&error))?;
            parameters =
                parameters.certificate_store(CertificateStore::None).add_root_certificate(authorities);
        }
        Ok(Self {
            server: (host, port),
            tls,
            parameters: parameters.build_rustls().map_err(|error| bad("tls", error.to_string()))?,
            credentials: user.map(|(user, password)| Credentials::new(user, password)),
            from: from.parse().map_err(|error| bad("from", format!("{from}: {error}")))?,
        })
    }

    /// Whether the server answers, and knows us.
    ///
    /// # Errors
    /// `mail-unsent`, with the cause.
    pub async fn check(&self, host: &str) -> Result<()> {
        let mut connection = self.connect(host).await?;
        let _ = timeout(CONNECT, connection.quit()).await; // it has answered already
        Ok(())
    }

    async fn connect(&self, host: &str) -> Result<AsyncSmtpConnection> {
        timeout(CONNECT, self.dial(host))
            .await
            .map_err(|_late| unsent("the mail server did not answer in time"))?
            .map_err(|error| unsent(without_words(&error)))
    }

    async fn dial(&self, host: &str) -> Smtp<AsyncSmtpConnection> {
        let (server, port) = &self.server;
        let hello = ClientId::Domain(host.to_owned());
        let wrapped = (self.tls == Tls::Tls).then(|| self.parameters.clone());
        let address = (server.as_str(), *port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT), &hello, wrapped, None).await?;
        if self.tls == Tls::Starttls {
            connection.starttls(self.parameters.clone(), &hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        Ok(connection)
    }

    /// Hands a mail to the server. It is known by its id, so that one that is sent twice, where a node stops in between,
    /// is seen to be one.
    ///
    /// # Errors
    /// `mail-unsent`, where it may be tried again: also where the server refuses us rather than the mail.
    pub(super) async fn send(&self, host: &str, id: MailId, mail: &Mail, now: Timestamp) -> Result<Sent> {
        let Ok(to) = mail.to.parse::<Address>() else { return Ok(Sent::Refused(NOT_ALLOWED)) };
        let letter = self.letter(host, id, mail, to.clone(), now)?;
        let mut connection = self.connect(host).await?;
        let handed = timeout(PATIENCE, self.hand_over(&mut connection, to, &letter)).await;
        let sent = handed.map_err(|_late| unsent("the mail server did not answer in time"))?;
        let _ = timeout(CONNECT, connection.quit()).await; // the mail is there, or was refused
        match sent {
            Ok(sent) => Ok(sent),
            Err(error) => Err(unsent(without_words(&error))),
        }
    }

    /// The mail as it goes over the wire (RFC 5322).
    fn letter(&self, host: &str, id: MailId, mail: &Mail, to: Address, now: Timestamp) -> Result<Vec<u8>> {
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted"); // RFC 3834
        // A header is one line, whatever a name was made of.
        let subject: String = mail.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let head = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .date(SystemTime::UNIX_EPOCH + Duration::from_millis(now.millis()))
            .message_id(Some(format!("<{id}@{host}>")))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
        let plain = mail.body.clone();
        let letter = if mail.html.is_empty() {
            head.header(MIME_VERSION_1_0).header(ContentType::TEXT_PLAIN).body(plain)
        } else {
            // No line of an encoded part begins so (RFC 2045, section 6.7), and nobody knew the id when they typed.
            let parts = MultiPart::builder().kind(MultiPartKind::Alternative).boundary(format!("=_{id}"));
            // The last is the one that is liked most (RFC 2046, section 5.1.4).
            head.multipart(
                parts.singlepart(SinglePart::plain(plain)).singlepart(SinglePart::html(mail.html.clone())),
            )
        };
        Ok(letter.map_err(Error::internal)?.formatted())
    }

    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        to: Address,
        letter: &[u8],
    ) -> Smtp<Sent> {
        let mut options = Vec::new();
        let server = connection.server_info();
        if !AsRef::<str>::as_ref(&to).is_ascii() {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                return Ok(Sent::Refused(NOT_ALLOWED));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        if !letter.is_ascii() {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        // Who may not send at all is for the operator to mend: the mail waits.
        connection.command(MailFrom::new(Some(self.from.email.clone()), options)).await?;
        let taken = match connection.command(Rcpt::new(to, vec![])).await {
            Ok(_) => match connection.command(Data).await {
                Ok(_) => connection.message(letter).await,
                refused => refused,
            },
            refused => refused,
        };
        match taken {
            Ok(_) => Ok(Sent::Delivered),
            Err(error) => match error.status().filter(|_| error.is_permanent()) {
                Some(code) => Ok(Sent::Refused(code.into())),
                None => Err(error),
            },
        }
    }
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> PostConfig {
        let (host, from) = ("mail.example".to_owned(), "Palisade <palisade@cloud.example>".to_owned());
        PostConfig { host, port: 587, tls: Tls::Starttls, authorities: None, user: None, from }
    }

    fn letter(subject: &str, body: &str) -> String {
        let html = format!("<p>{body}</p>");
        let mail = Mail { to: "ines@acme.example".into(), subject: subject.into(), body: body.into(), html };
        let (to, at) = (mail.to.parse().unwrap(), Timestamp::from_micros(1_795_000_000_000_000));
        let post = Post::open(config()).unwrap();
        String::from_utf8(post.letter("cloud.example", MailId::from_bytes([7; 16]), &mail, to, at).unwrap())
            .unwrap()
    }

    #[test]
    fn a_letter_says_who_when_and_that_no_person_wrote_it() {
        let letter = letter("Café “Été”", "Bonjour !\n\nÀ bientôt");
        let (head, _) = letter.split_once("\r\n\r\n").unwrap();
        for line in [
            "From: Palisade <palisade@cloud.example>",
            "To: ines@acme.example",
            "Date: Wed, 18 Nov 2026 11:06:40 +0000",
            "Message-ID: <07070707-0707-0707-0707-070707070707@cloud.example>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: multipart/alternative;",
        ] {
            assert!(head.lines().any(|other| other == line), "{line}: {head}");
        }
        assert!(letter.is_ascii(), "it passes any server: {letter}");
    }

    #[test]
    fn no_name_makes_a_header() {
        for subject in [
            "a\r\nBcc: evil@example.org",
            "a\nBcc: evil@example.org\n\nbody",
            "é\r\nBcc: evil@example.org",
            "a\rBcc: evil@example.org",
            "a\0\u{85}Bcc: evil@example.org",
        ] {
            let letter = letter(subject, "Hello\r\n.\r\nRCPT TO:<evil@example.org>");
            let (head, _) = letter.split_once("\r\n\r\n").unwrap();
            let names: Vec<_> = head
                .split("\r\n")
                .filter(|line| !line.starts_with([' ', '\t']))
                .map(|line| line.split(':').next().unwrap())
                .collect();
            let mut sorted = names.clone();
            sorted.sort_unstable();
            let expected = [
                "Auto-Submitted",
                "Content-Type",
                "Date",
                "From",
                "MIME-Version",
                "Message-ID",
                "Subject",
                "To",
            ];
            assert_eq!(sorted, expected, "{letter}");
            assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "{head:?}");
        }
        for to in ["a@b.example\r\nBcc: evil@example.org", "a@b.example>\r\nRCPT TO:<evil@example.org"] {
            assert!(to.parse::<Address>().is_err(), "{to}");
        }
    }

    #[test]
    fn mail_leaves_this_machine_by_tls_alone() {
        let clear = |host: &str| PostConfig { host: host.to_owned(), tls: Tls::None, ..config() };
        assert!(Post::open(clear("mail.example")).is_err());
        assert!(Post::open(clear("10.0.0.1")).is_err());
        for here in ["localhost", "127.0.0.1", "127.0.0.53", "::1"] {
            assert!(Post::open(clear(here)).is_ok(), "{here}");
        }
        assert!(Post::open(PostConfig { from: "nobody".to_owned(), ..config() }).is_err());
    }
}
