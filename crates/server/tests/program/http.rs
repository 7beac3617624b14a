//! HTTP/1.1 as a client of the tests needs it: one request on each connection, so that an answer is whole or is an error.

use crate::node::{EMAIL, PASSWORD};
use serde_json::{Value, json};
use std::{
    fmt,
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

/// Longer than anything here takes, shorter than a test may hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client that is signed in at one account.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) port: u16,
    pub(crate) host: String,
    /// The lines of each request's head that prove who sends it, and what else is the same in all.
    pub(crate) proof: String,
}

/// An answer that came whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Its head, in lower case.
    head: String,
    pub(crate) body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(500)]);
        write!(f, "{} {text}", self.status)
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{} {error}: {}", self.status, String::from_utf8_lossy(&self.body))
        })
    }

    /// A header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    }

    /// The code of a failure: `name-taken`.
    pub(crate) fn problem(&self) -> String {
        let kind = self.json()["type"].as_str().unwrap_or_default().to_owned();
        kind.rsplit(':').next().unwrap_or_default().to_owned()
    }
}

impl Client {
    /// The same, with one more line in the head of each request.
    pub(crate) fn saying(&self, line: &str) -> Self {
        Self { proof: format!("{}\r\n{line}", self.proof), ..self.clone() }
    }

    /// Sends a request, and reads its answer to the end.
    pub(crate) fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> io::Result<Answer> {
        let mut stream = self.begin(method, path, kind, body.len())?;
        // A node that refuses answers before it has read everything: what counts is the answer, if one comes.
        let sent = stream.write_all(body);
        answer(stream).map_err(|error| sent.err().unwrap_or(error))
    }

    /// Sends the head of a request, and leaves the body to whoever asked.
    pub(crate) fn begin(&self, method: &str, path: &str, kind: &str, length: usize) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let Self { host, proof, .. } = self;
        // What is deleted is meant whatever its version.
        let proof = if method == "DELETE" { &format!("{proof}\r\nIf-Match: *") } else { proof };
        let head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {host}\r\n{proof}\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes())?;
        Ok(stream)
    }

    /// The same person, signed in as with a browser: what an app password may not do.
    pub(crate) fn in_person(&self) -> Self {
        let proof = json!({ "email": EMAIL, "password": PASSWORD });
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let (host, body) = (&self.host, proof.to_string());
        let head = format!(
            "PUT /api/v1/session HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let cookie = answer
            .lines()
            .find_map(|line| line.to_ascii_lowercase().starts_with("set-cookie: ").then(|| &line[12..]));
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).unwrap_or_else(|| panic!("{answer}"));
        Self {
            port: self.port,
            host: host.clone(),
            proof: format!("Cookie: {cookie}\r\nOrigin: http://{host}"),
        }
    }

    pub(crate) fn get(&self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, "application/json", &[])
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> io::Result<Answer> {
        self.send("POST", path, "application/json", body.to_string().as_bytes())
    }

    pub(crate) fn delete(&self, path: &str) -> io::Result<Answer> {
        self.send("DELETE", path, "application/json", &[])
    }

    /// Uploads content under a name, over a file of that name if there is one.
    pub(crate) fn upload(&self, folder: &Folder, name: &str, content: &[u8]) -> io::Result<Answer> {
        self.send("POST", &folder.upload(name), "application/octet-stream", content)
    }

    /// Everything in a list, page after page.
    pub(crate) fn list(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{cursor}")).unwrap();
            assert_eq!(page.status, 200, "{path}: {page:?}");
            let mut page = page.json();
            items.append(page["items"].as_array_mut().unwrap());
            let Some(next) = page["next"].as_str() else { return items };
            cursor = format!("{}cursor={next}", if path.contains('?') { '&' } else { '?' });
        }
    }
}

/// A folder of a project.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) project: String,
    pub(crate) id: String,
}

impl Folder {
    /// Where its list is.
    pub(crate) fn files(&self) -> String {
        format!("/projects/{}/files?parent={}", self.project, self.id)
    }

    /// Where uploads under this name go.
    pub(crate) fn upload(&self, name: &str) -> String {
        format!("{}&name={name}&on_conflict=version", self.files())
    }
}

/// Reads an answer. One that was cut is an error: a node that is killed has acknowledged only what came whole.
pub(crate) fn answer(mut stream: TcpStream) -> io::Result<Answer> {
    let cut = |what: &str| io::Error::new(io::ErrorKind::UnexpectedEof, what.to_owned());
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else { return Err(read.err().unwrap_or_else(|| cut("no whole head"))) };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let body = bytes.split_off(end + 4);
    if length.is_some_and(|length: usize| length != body.len()) {
        return Err(cut("fewer bytes than were announced"));
    }
    Ok(Answer { status: status.ok_or_else(|| cut("no status"))?, head, body })
}
