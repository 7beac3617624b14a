//! The log: whatever is asked of it, it holds nothing that a person typed.

use crate::{
    http::Folder,
    node::{Place, folder, project},
};
use serde_json::json;

const CANARY: &str = "CanaryBird";

#[test]
fn what_people_typed_is_in_no_log_however_much_is_logged() {
    for level in ["debug", "trace"] {
        let place = Place::new();
        let node = place.serve_logging(level, &["--data", place.data().to_str().unwrap()]);
        let client = place.sign_up(&place.data(), &node);
        let project = project(&client);
        let folder: Folder = folder(&client, &project, CANARY);
        let folders = format!("/projects/{project}/folders");
        let again = client.post(&folders, &json!({ "parent": null, "name": CANARY })).unwrap();
        assert_eq!((again.status, again.problem().as_str()), (409, "name-taken"));
        assert!(again.json().to_string().contains(CANARY), "whoever asked is told");
        let dots = client.post(&folders, &json!({ "parent": null, "name": format!("{CANARY} ") })).unwrap();
        assert_eq!((dots.status, dots.problem().as_str()), (422, "name-reserved"));
        assert_eq!(client.upload(&folder, CANARY, CANARY.as_bytes()).unwrap().status, 201);
        let twice = format!("{}&name={CANARY}", folder.files());
        assert_eq!(client.send("POST", &twice, "text/plain", b"x").unwrap().status, 409);
        for malformed in [json!({ "parent": null, "name": "a", CANARY: 1 }), json!({ "name": { CANARY: 1 } })]
        {
            let refused = client.post(&folders, &malformed).unwrap();
            assert_eq!(refused.status, 400, "{refused:?}");
        }
        let word = format!("/projects/{project}/files?sort={CANARY}");
        assert_eq!(client.get(&word).unwrap().status, 400);
        drop(node);
        let said = place.said();
        assert!(said.contains("name-taken") && said.contains("DEBUG"), "the refusals were logged: {said}");
        let line = said.lines().find(|line| line.contains(CANARY) || line.contains("ines@"));
        assert_eq!(line, None, "{level}");
    }
}
