//! An upload whose node is killed, over and over: it goes on where it was, and is the same byte for byte.

use crate::{
    http::{Answer, Client},
    ledger::{Content, Dice},
    node::{Place, eventually, files_under, project},
};
use std::{io, thread, time::Duration};

const MIB: usize = 1 << 20;
const PART: usize = 16 * MIB;

/// With `PALISADE_LONG=1` as long a file, and as many kills, as the release is measured by.
#[test]
fn an_upload_survives_the_death_of_its_node() {
    let (length, kills) =
        if std::env::var_os("PALISADE_LONG").is_some() { (1024 * MIB + 7, 5) } else { (70 * MIB + 7, 2) };
    let place = Place::new();
    let data = place.data();
    let mut node = place.serve(&data);
    let client = place.sign_up(&data, &node).saying("Tus-Resumable: 1.0.0");
    let project = project(&client);
    let mut dice = Dice(u64::from(std::process::id()));
    let whole = Content { seed: dice.roll(), length }.bytes();
    let creator = client.saying(&format!("Upload-Length: {length}"));
    let uploads = format!("/projects/{project}/uploads?name=film.mov");
    let created = creator.send("POST", &uploads, "text/plain", &[]).unwrap();
    assert_eq!(created.status, 201, "{created:?}");
    let upload = created.header("location").unwrap().strip_prefix("/api/v1").unwrap().to_owned();

    let (mut reached, mut resumed) = (0, Vec::new());
    for _ in 0..kills {
        let client = node.client(&client);
        let moment = Duration::from_millis(150 + dice.below(400));
        let rest = &whole[reached..];
        thread::scope(|scope| {
            let sending = scope.spawn(|| patch(&client, &upload, reached, rest));
            thread::sleep(moment);
            node.kill();
            // It may just have been told that all is there.
            drop(sending.join().unwrap());
        });
        node = place.serve(&data);
        let now = offset(&node.client(&client), &upload);
        assert!(now >= reached, "what was received is there: {now} after {reached}");
        assert!(now == length || now.is_multiple_of(PART), "whole parts: {now}");
        reached = now;
        resumed.push(now / MIB);
    }
    let client = node.client(&client);
    let done = patch(&client, &upload, reached, &whole[reached..]).unwrap();
    assert_eq!(done.status, 204, "{done:?}");
    let file = done.header("content-location").unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    let back = client.get(&format!("{file}/content")).unwrap();
    assert!(back.body == whole, "byte for byte");

    // What was sent under numbers that do not count, also in part, is deleted by the node itself.
    let parts = || files_under(&data.join("blobs"));
    assert!(eventually(Duration::from_secs(10), || parts() == length.div_ceil(PART)), "{} parts", parts());
    eprintln!("{} MiB, kills {kills}, went on from {resumed:?} MiB, parts {}", length / MIB, parts());
}

fn offset(client: &Client, upload: &str) -> usize {
    let state = client.send("HEAD", upload, "text/plain", &[]).unwrap();
    assert_eq!(state.status, 200, "{state:?}");
    state.header("upload-offset").unwrap().parse().unwrap()
}

fn patch(client: &Client, upload: &str, from: usize, body: &[u8]) -> io::Result<Answer> {
    let client = client.saying(&format!("Upload-Offset: {from}"));
    client.send("PATCH", upload, "application/offset+octet-stream", body)
}
