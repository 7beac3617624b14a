//! The pages and the API beside each other: what is asked of the wrong address is told so.

use crate::node::{Node, Place};
use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// The head of an answer, in lower case.
fn ask(node: &Node, method: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", node.port)).unwrap();
    let host = "Host: palisade.localhost\r\nAccept-Language: fr; q=0.9";
    write!(stream, "{method} {path} HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    answer.split_once("\r\n\r\n").unwrap().0.to_owned()
}

#[test]
fn what_is_asked_of_the_wrong_address_is_a_problem_and_no_page() {
    let place = Place::new();
    let node = place.serve(&place.data());
    for (method, path, status) in [
        ("GET", "/", "200"),
        ("HEAD", "/projects", "200"),
        ("GET", "/api", "200"),
        ("POST", "/nothing", "405"),
        ("PUT", "/healthz", "405"),
        ("POST", "/api", "405"),
        ("DELETE", "/openapi.json", "405"),
        ("DELETE", "/api/v2/x", "404"),
        ("GET", "/api/v2/x", "404"),
        ("GET", "/api/v1/", "404"),
        ("GET", "/api/", "404"),
        ("GET", "/api/v1/nothing", "404"),
    ] {
        let head = ask(&node, method, path);
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{method} {path}: {head}");
        let problem = head.contains("content-type: application/problem+json");
        assert_eq!(
            problem && head.contains("content-language: fr"),
            status != "200",
            "{method} {path}: {head}"
        );
        assert_eq!(
            head.lines().filter(|line| line.starts_with("allow: get")).count() == 1,
            status == "405",
            "{head}"
        );
    }
}
