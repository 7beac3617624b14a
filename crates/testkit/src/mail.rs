//! A mail server: SMTP (RFC 5321) as a client of the tests needs it, on this machine.

use app::notifications::{PostConfig, Tls};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{
    collections::VecDeque,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

/// A mail that the server took.
#[derive(Clone, Debug)]
pub struct Received {
    /// The address of its envelope.
    pub to: String,
    /// Header and body, as they came.
    pub text: String,
    /// Whether it came by TLS.
    pub sealed: bool,
}

impl Received {
    /// What it says as plain text.
    pub fn body(&self) -> String {
        self.part("text/plain; charset=utf-8")
    }

    /// What it says as HTML.
    pub fn html(&self) -> String {
        self.part("text/html; charset=utf-8")
    }

    /// The one part of this kind, decoded from quoted-printable, base64 or 7bit (RFC 2045, section 6).
    fn part(&self, kind: &str) -> String {
        let (head, body) = self.text.split_once("\r\n\r\n").unwrap();
        let boundary = head.split_once("boundary=\"").unwrap().1.split('"').next().unwrap();
        let between = format!("--{boundary}");
        let mut parts = body.split(&between).filter_map(|part| part.split_once("\r\n\r\n"));
        let (head, body) = parts.find(|(head, _)| head.contains(kind)).unwrap();
        let body = body.strip_suffix("\r\n").unwrap(); // it belongs to the boundary
        let bytes = if head.contains("quoted-printable") {
            from_quoted(&body.replace("=\r\n", ""))
        } else if head.contains("base64") {
            STANDARD.decode(body.replace("\r\n", "")).unwrap()
        } else {
            body.as_bytes().to_vec()
        };
        String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
    }
}

fn from_quoted(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next().unwrap()).to_digit(16).unwrap();
        bytes.push(if byte == b'=' { u8::try_from(digit() * 16 + digit()).unwrap() } else { byte });
    }
    bytes
}

#[derive(Default)]
struct Book {
    mails: Vec<Received>,
    /// What the server says instead of its usual answer: to the next command that begins so, or to a whole mail (`.`).
    answers: VecDeque<(&'static str, &'static str)>,
    commands: Vec<String>,
}

/// A mail server that runs until it is dropped.
pub struct MailServer {
    address: SocketAddr,
    book: Arc<Mutex<Book>>,
    certificate: Option<TempDir>,
    running: JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl MailServer {
    /// One that speaks in clear.
    pub async fn start() -> Self {
        Self::run(SocketAddr::from(([127, 0, 0, 1], 0)), None).await
    }

    /// One that speaks in clear, where another was.
    pub async fn start_at(address: SocketAddr) -> Self {
        Self::run(address, None).await
    }

    /// One that offers STARTTLS, with a certificate for `localhost`.
    pub async fn start_sealed() -> Self {
        Self::run(SocketAddr::from(([127, 0, 0, 1], 0)), Some(tempfile::tempdir().unwrap())).await
    }

    async fn run(address: SocketAddr, certificate: Option<TempDir>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let book = Arc::new(Mutex::new(Book::default()));
        let acceptor = certificate.as_ref().map(|folder| acceptor(folder.path()));
        let kept = Arc::clone(&book);
        let running = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // A client that hangs up is not the server's trouble.
                tokio::spawn(serve(stream, acceptor.clone(), Arc::clone(&kept)));
            }
        });
        Self { address, book, certificate, running }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The PEM file of its certificate.
    pub fn certificate(&self) -> Option<PathBuf> {
        self.certificate.as_ref().map(|folder| folder.path().join("server.crt"))
    }

    /// How to reach it.
    pub fn config(&self) -> PostConfig {
        PostConfig {
            host: "localhost".to_owned(),
            port: self.address.port(),
            tls: if self.certificate.is_some() { Tls::Starttls } else { Tls::None },
            authorities: self.certificate(),
            user: None,
            from: "Palisade <palisade@palisade.test>".to_owned(),
        }
    }

    /// Has it answer otherwise, once, to a command that begins so, or to a whole mail (`.`).
    pub fn answer(&self, command: &'static str, answer: &'static str) {
        self.book.lock().unwrap().answers.push_back((command, answer));
    }

    /// What it took.
    pub fn mails(&self) -> Vec<Received> {
        self.book.lock().unwrap().mails.clone()
    }

    /// What it was told.
    pub fn commands(&self) -> Vec<String> {
        self.book.lock().unwrap().commands.clone()
    }
}

/// Makes a certificate for `localhost` that vouches for itself.
fn acceptor(folder: &Path) -> TlsAcceptor {
    let (certificate, key) = (folder.join("server.crt"), folder.join("server.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "30"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_file(&certificate).unwrap()],
            PrivateKeyDer::from_pem_file(&key).unwrap(),
        )
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    book: Arc<Mutex<Book>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let greeting = book.lock().unwrap().special("").unwrap_or("220 localhost");
    stream.write_all(format!("{greeting}\r\n").as_bytes()).await?;
    let offered = acceptor.is_some();
    if converse(&mut stream, &book, offered, false).await? == End::StartTls
        && let Some(acceptor) = acceptor
    {
        let mut sealed = BufReader::new(acceptor.accept(stream.into_inner()).await?);
        converse(&mut sealed, &book, false, true).await?;
        sealed.shutdown().await?;
    }
    Ok(())
}

#[derive(PartialEq)]
enum End {
    Over,
    StartTls,
}

impl Book {
    fn special(&mut self, command: &str) -> Option<&'static str> {
        let at = self.answers.iter().position(|(begin, _)| match *begin {
            "" => command.is_empty(),
            begin => command.starts_with(begin),
        })?;
        self.answers.remove(at).map(|(_, answer)| answer)
    }
}

async fn converse<S>(
    stream: &mut BufReader<S>,
    book: &Mutex<Book>,
    offers: bool,
    sealed: bool,
) -> std::io::Result<End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut to = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(End::Over);
        }
        let command = line.trim_end().to_owned();
        let special = {
            let mut book = book.lock().unwrap();
            book.commands.push(command.clone());
            book.special(&command)
        };
        let usual = match command.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" if offers => "250-localhost\r\n250-STARTTLS\r\n250 AUTH PLAIN",
            "EHLO" => "250-localhost\r\n250 AUTH PLAIN",
            "AUTH" => "235 welcome",
            "STARTTLS" => "220 go on",
            "MAIL" | "RCPT" => "250 so be it",
            "DATA" => "354 go on",
            "QUIT" => "221 goodbye",
            _ => "502 what?",
        };
        stream.write_all(format!("{}\r\n", special.unwrap_or(usual)).as_bytes()).await?;
        match command.split([' ', ':']).next().unwrap_or_default() {
            "RCPT" => to = command["RCPT TO:<".len()..].split('>').next().unwrap_or_default().to_owned(),
            "STARTTLS" => return Ok(End::StartTls),
            "QUIT" => return Ok(End::Over),
            "DATA" if special.is_none() => {
                let text = data(stream).await?;
                let answer = {
                    let mut book = book.lock().unwrap();
                    let special = book.special(".");
                    if special.is_none() {
                        book.mails.push(Received { to: to.clone(), text, sealed });
                    }
                    special.unwrap_or("250 taken")
                };
                stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
            }
            _ => {}
        }
    }
}

/// A mail up to the line that is a dot alone.
async fn data<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
