//! Where an installation begins: by `serve` or with its first account, and nowhere by mistake.

use crate::node::Place;
use std::{
    fs,
    path::Path,
    process::{Output, Stdio},
};

const ID: &str = "00000000-0000-7000-8000-000000000000";

/// What a command said that failed.
fn refused(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty() && !said.contains("panicked"), "{output:?}");
    said
}

#[test]
fn a_command_begins_no_installation_in_a_folder_that_was_mistyped() {
    let place = Place::new();
    let (missing, empty) = (place.folder.path().join("missing"), place.folder.path().join("empty"));
    fs::create_dir(&empty).unwrap();
    for folder in [&missing, &empty] {
        let data = folder.to_str().unwrap();
        for command in [
            &["account", "list"][..],
            &["doctor"],
            &["doctor", "--json"],
            &["mail", "list"],
            &["mail", "show", ID],
            &["keys", "mirror"],
            &["keys", "verify"],
            &["person", "reset-link", "--account", "mirabel", "ines@mirabel.example"],
            &["app-password", "create", "--account", "mirabel", "--person", "i@x.example", "--label", "l"],
        ] {
            let said = refused(&place.run(&[command, &["--data", data]].concat()));
            assert!(
                said.contains(data) && said.contains("there is no installation here"),
                "{command:?}: {said}"
            );
            assert!(said.contains("palisade serve"), "what to do: {said}");
            assert!(!missing.exists(), "{command:?}");
            assert_eq!(fs::read_dir(&empty).unwrap().count(), 0, "{command:?}");
        }
    }
}

#[test]
fn a_first_start_that_was_cut_short_is_gone_on_with_by_a_start_alone() {
    let place = Place::new();
    let node = place.serve(&place.data());
    node.kill();
    for folder in ["keys", "root"] {
        fs::remove_dir_all(place.data().join(folder)).unwrap();
    }
    let doctor = ["doctor", "--data", place.data().to_str().unwrap()].map(str::to_owned);
    let doctor: Vec<&str> = doctor.iter().map(String::as_str).collect();
    assert!(refused(&place.run(&doctor)).contains("there is no installation here"));
    assert!(!place.data().join("keys").exists() && !place.data().join("root").exists());
    drop(place.serve(&place.data()));
    assert!(place.run(&doctor).status.success());
}

/// A configuration with this in it, refused by everything that may begin an installation.
fn assert_begins_nothing(place: &Place, text: &str, line: usize, words: &str) {
    let path = place.folder.path().join("palisade.toml");
    fs::write(&path, text).unwrap();
    let (config, data) = (path.to_str().unwrap(), place.data());
    let create = ["account", "create", "mirabel", "--owner-name", "I", "--owner-email", "i@x.example"];
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &[&create[..], &["--password-stdin"]].concat()]
    {
        let place_of = ["--config", config, "--data", data.to_str().unwrap()];
        let output = place.program(&[command, &place_of].concat()).stdin(Stdio::null()).output().unwrap();
        let said = refused(&output);
        assert!(said.contains(&format!("{config}, line {line}: ")) && said.contains(words), "{said}");
        assert!(!data.exists(), "{text}: something was made");
    }
}

#[test]
fn mail_and_sites_that_are_wrong_are_refused_by_line_before_anything_is_made() {
    let place = Place::new();
    let mail = "[mail]\nhost = \"mail.example\"\nfrom = ";
    assert_begins_nothing(&place, &format!("{mail}\"nobody\"\n"), 3, "mail.from: nobody: ");
    let file = format!("{mail}\"a@b.example\"\nuser = \"p\"\npassword-file = \"/nowhere/secret\"\n");
    assert_begins_nothing(&place, &file, 5, "mail.password-file: /nowhere/secret: ");
    let tls = format!("{mail}\"a@b.example\"\ntls = \"none\"\n");
    assert_begins_nothing(&place, &tls, 4, "another machine");
    let authorities = format!("{mail}\"a@b.example\"\nauthorities = \"/nowhere/ca.pem\"\n");
    assert_begins_nothing(&place, &authorities, 4, "mail.authorities: /nowhere/ca.pem: ");

    let good = place.folder.path().join("blobs");
    let site = |blobs: &str| {
        let good = good.display();
        format!(
            "[[site]]\nname = \"paris\"\nblobs = \"file://{good}\"\n\n[[site]]\nname = \"lyon\"\n{blobs}\n"
        )
    };
    for (blobs, line, words) in [
        ("blobs = \"/srv/blobs\"", 7, "site.blobs: site “lyon”: relative URL"),
        ("blobs = \"ftp://lyon\"", 7, "ftp:// is none of file:// and s3://"),
        ("# none", 5, "site.blobs: site “lyon”: "),
    ] {
        assert_begins_nothing(&place, &site(blobs), line, words);
    }
    let file = place.folder.path().join("palisade.toml");
    let within_a_file = format!("blobs = \"file://{}/blobs\"", file.display());
    assert_begins_nothing(&place, &site(&within_a_file), 7, "is no directory");
    assert!(!good.exists(), "nor is the folder of a site that is right made");
}

#[test]
fn a_path_that_is_too_long_for_a_socket_is_said_before_anything_is_made() {
    let place = Place::new();
    let long = place.folder.path().join("a".repeat(120));
    let serve =
        |data: &Path| place.run(&["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]);
    let said = refused(&serve(&long));
    assert!(said.contains("too long for the control socket") && said.contains("symbolic link"), "{said}");
    assert!(!long.exists());
    // What it says to do is good.
    fs::create_dir(&long).unwrap();
    std::os::unix::fs::symlink(&long, place.data()).unwrap();
    drop(place.serve(&place.data()));
    assert!(long.join("palisade.db").exists());
}
