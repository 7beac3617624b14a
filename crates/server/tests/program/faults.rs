//! Data that is not as it should be: each is refused with what to do, and nothing of it is changed.

use crate::node::{Node, Place};
use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};
use rustix::process::Signal;
use serde_json::Value;
use std::{
    fs,
    io::Write,
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

/// That a command failed with 1, and what it said at last.
fn refused(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty() && !said.contains("panicked"), "{output:?}");
    said.lines().last().unwrap_or_default().to_owned()
}

fn serve(place: &Place, more: &[&str]) -> Output {
    let data = place.data();
    let words = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    place.run(&[&words, more].concat())
}

fn stop(node: Node) {
    node.signal(Signal::TERM);
    assert!(node.wait(Duration::from_secs(5)).unwrap().success());
}

/// A data folder with an account, of a node that was stopped.
fn stopped() -> Place {
    let place = Place::new();
    let node = place.serve(&place.data());
    place.sign_up(&place.data(), &node);
    stop(node);
    place
}

/// What a folder holds, but for its lock: each file with its bytes.
fn holds(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut held = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            held.extend(holds(&path));
        } else if path.is_file() && !path.ends_with("lock") {
            held.push((path.to_string_lossy().into_owned(), fs::read(&path).unwrap()));
        }
    }
    held.sort();
    held
}

#[test]
fn a_folder_that_was_mistyped_begins_no_installation() {
    let place = Place::new();
    let mistyped = place.folder.path().join("dtaa").join("palisade");
    let said = refused(&place.run(&["serve", "--data", mistyped.to_str().unwrap()]));
    assert!(said.contains(mistyped.to_str().unwrap()) && said.contains("there is no folder"), "{said}");
    assert!(!mistyped.parent().unwrap().exists());
    // The folder that stands without a word is made where one is.
    let create = ["account", "create", "mirabel", "--owner-name", "Inès", "--owner-email", "i@x.example"];
    let mut create: Command = place.program(&[&create[..], &["--password-stdin"]].concat());
    let mut child = create.current_dir(place.folder.path()).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"correct horse battery staple\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert!(place.data().join("palisade.db").exists());
}

#[test]
fn a_database_of_a_newer_program_is_left_alone() {
    let place = stopped();
    let path = place.data().join("palisade.db");
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    assert_eq!(sql_query(newer).execute(&mut conn).unwrap(), 1);
    drop(conn);
    let before = holds(&place.data());
    for _ in 0..2 {
        let said = refused(&serve(&place, &[]));
        assert!(said.contains("newer version") && said.contains("9999"), "{said}");
        assert!(said.contains(place.data().to_str().unwrap()), "{said}");
    }
    let data = place.data();
    refused(&place.run(&["account", "list", "--data", data.to_str().unwrap()]));
    assert!(holds(&data) == before, "something was changed");
}

#[test]
fn where_the_keys_are_gone_none_are_made() {
    let place = stopped();
    let (data, away) = (place.data(), place.folder.path().join("away"));
    fs::create_dir(&away).unwrap();
    for gone in [&["keys", "root"][..], &["keys"], &["root"]] {
        for folder in gone {
            fs::rename(data.join(folder), away.join(folder)).unwrap();
        }
        let said = refused(&serve(&place, &[]));
        assert!(said.contains("keys are gone") && said.contains("palisade keys recover --from"), "{said}");
        for folder in gone {
            assert!(said.contains(&format!("`{folder}`")), "{said}");
            assert!(holds(&data.join(folder)).is_empty(), "{folder} was made");
            let _ = fs::remove_dir(data.join(folder)); // an empty one is none
            fs::rename(away.join(folder), data.join(folder)).unwrap();
        }
    }
    // A new database does not make it better.
    fs::rename(data.join("keys"), away.join("keys")).unwrap();
    refused(&serve(&place, &["--new-database"]));
    fs::rename(away.join("keys"), data.join("keys")).unwrap();
    stop(place.serve(&data));
}

#[test]
fn where_the_database_is_gone_an_empty_one_is_begun_on_purpose_alone() {
    let place = stopped();
    let data = place.data();
    for file in ["palisade.db", "palisade.db-wal", "palisade.db-shm"] {
        let _ = fs::remove_file(data.join(file)); // a node that was stopped left but the first
    }
    let before = holds(&data);
    let said = refused(&serve(&place, &[]));
    assert!(said.contains("their database is gone") && said.contains("--new-database"), "{said}");
    assert!(holds(&data) == before && !data.join("palisade.db").exists(), "something was made");
    let node = place.serve_with(&["--data", data.to_str().unwrap(), "--new-database"]);
    let listed = place.run(&["account", "list", "--data", data.to_str().unwrap()]);
    assert_eq!((listed.status.code(), listed.stdout.trim_ascii()), (Some(0), b"".as_slice()), "{listed:?}");
    stop(node);
    stop(place.serve(&data)); // without a word, now that there is one
}

#[test]
fn an_address_that_is_taken_is_said_before_anything_is_made() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = place.data();
    let data = data.to_str().unwrap();
    for words in [
        &["serve", "--data", data, "--listen", &address][..],
        &["serve", "--data", data, "--listen", "127.0.0.1:0", "--metrics", &address],
    ] {
        let said = refused(&place.run(words));
        assert!(said.contains(&address) && said.contains("another program listens there"), "{said}");
    }
    let said = refused(&place.run(&["serve", "--data", data, "--listen", "192.0.2.1:8080"]));
    assert!(said.contains("192.0.2.1:8080") && said.contains("no such address"), "{said}");
    assert!(!place.data().exists());
}

#[test]
fn a_value_that_makes_no_sense_is_named_with_its_line() {
    let place = Place::new();
    let path = place.folder.path().join("palisade.toml");
    let config = path.to_str().unwrap();
    for (text, line, word) in [
        ("\nhost = \"https://cloud.example\"\n", "line 2: host", "without scheme"),
        (
            "host = \"cloud.example\"\n[public]\nscheme = \"http\"\n",
            "line 3: public.scheme",
            "sign in over http",
        ),
        ("[database]\nurl = \"host=db\"\n", "line 2: database.url", "system-url, owner-url"),
        ("[durability]\n\ncopies = 3\n", "line 3: durability.copies", "3 copies at 1 sites"),
    ] {
        fs::write(&path, text).unwrap();
        let said = refused(&serve(&place, &["--config", config]));
        for part in [config, line, word] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    let said = refused(&serve(&place, &["--host", "cloud.example:443"]));
    assert!(said.contains("--host") && said.contains("without a port"), "{said}");
    assert!(!place.data().exists());
}

/// JSON, whatever the exit code.
fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn listings_are_json_where_it_is_wanted_and_exit_codes_say_how_it_went() {
    let place = stopped();
    let data = place.data();
    let run = |words: &[&str]| place.run(&[words, &["--data", data.to_str().unwrap()]].concat());

    let listed = run(&["account", "list", "--json"]);
    assert_eq!(listed.status.code(), Some(0));
    let account = &json(&listed)[0];
    assert_eq!((account["name"].as_str(), account["people"].as_i64()), (Some("mirabel"), Some(1)));
    assert_eq!(account["bytes"].as_i64(), Some(0));
    assert!(account["address"].as_str().unwrap().contains("://mirabel.palisade.localhost"));
    assert!(account["created_at"].as_str().unwrap().starts_with("20"));
    let lines = String::from_utf8(run(&["account", "list"]).stdout).unwrap();
    assert!(lines.contains("1 people  0 bytes  http://mirabel"), "{lines}");

    let doctor = run(&["doctor", "--json"]);
    assert_eq!(doctor.status.code(), Some(0), "{doctor:?}");
    let checks = json(&doctor);
    let what: Vec<_> =
        checks.as_array().unwrap().iter().map(|check| check["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["database", "site home", "copies", "keys", "accounts", "mail"]);
    assert!(checks.as_array().unwrap().iter().all(|check| check["well"] == true), "{checks}");

    // The account's key is gone, and with it all that it sealed: not well, and it is said of which.
    fs::rename(data.join("keys/account"), place.folder.path().join("account")).unwrap();
    let doctor = run(&["doctor", "--json"]);
    assert_eq!(doctor.status.code(), Some(1), "{doctor:?}");
    let checks = json(&doctor);
    assert_eq!((&checks[4]["what"], &checks[4]["well"]), (&"accounts".into(), &false.into()), "{checks}");
    assert!(checks[4]["says"].as_str().unwrap().contains(account["id"].as_str().unwrap()), "{checks}");
    assert!(String::from_utf8_lossy(&doctor.stderr).contains("not all is well"));
    let unknown =
        run(&["app-password", "create", "--account", "nobody", "--person", "a@b.example", "--label", "l"]);
    assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
    assert_eq!(run(&["account", "list", "--xml"]).status.code(), Some(2));
}
