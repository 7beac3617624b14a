//! The keeper: it lives in namespaces of the lab's own, builds the lab there, and does what is asked of it.
//!
//! Network, mounts and processes are seen by nobody outside, so nothing of a lab can be left behind, and labs do not meet. The
//! kernel takes all of it away with the first process, however that ends.

use crate::{
    Result,
    control::{self, Request, Said, Say},
    drill::{self, Clients},
    lab::Lab,
    plan::{Plan, inside},
    refill, stress,
};
use rustix::mount::{MountFlags, mount, mount_bind};
use std::{
    fs::{self, File},
    path::Path,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::mpsc::unbounded_channel,
};

/// Builds the lab that is planned in this folder, and does what is asked of it.
pub(crate) async fn run(folder: &Path) -> Result<()> {
    let outside: Plan = serde_json::from_slice(&fs::read(folder.join("plan.json"))?)?;
    enter(&outside)?;
    let plan = Plan { folder: inside::folder(), ..outside };
    let lab = Lab::build(plan, crate::say).await?;
    let clients = Clients::open(&lab).await?;
    let listener = UnixListener::bind(control::socket(&lab.plan.folder))?;
    crate::say("the lab stands");
    loop {
        let (stream, _) = listener.accept().await?;
        if let Err(error) = answer(&lab, &clients, stream).await {
            crate::say(&format!("whoever asked went away: {error}"));
        }
    }
}

/// Puts what the lab uses where its services find it, on a `/run` that only the lab sees.
fn enter(plan: &Plan) -> Result<()> {
    mount("lab", "/run", "tmpfs", MountFlags::empty(), Some(c"mode=755"))?;
    fs::create_dir("/run/netns")?;
    for folder in [inside::root().to_owned(), inside::folder(), inside::python()] {
        fs::create_dir(folder)?;
    }
    for file in [inside::program(), inside::lab()] {
        File::create(file)?;
    }
    mount_bind(&plan.folder, inside::folder())?;
    mount_bind(&plan.python, inside::python())?;
    mount_bind(&plan.program, inside::program())?;
    mount_bind(std::env::current_exe()?, inside::lab())?;
    Ok(())
}

async fn answer(lab: &Lab, clients: &Clients, stream: UnixStream) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let request: Request = serde_json::from_str(&line)?;
    let (sender, mut said) = unbounded_channel();
    let say = Say(sender);
    let work = async {
        let end = carry_out(lab, clients, &request, &say).await.map_err(|error| error.to_string());
        let _ = say.0.send(Said::End(end));
        drop(say);
    };
    // What was begun is brought to its end though nobody listens any more: a fault that is not undone would stay.
    let tell = async {
        let mut heard = Ok(());
        while let Some(said) = said.recv().await {
            if let Said::Line(text) = &said {
                crate::say(text);
            }
            if heard.is_ok() {
                heard = stream.write_all(format!("{}\n", serde_json::to_string(&said)?).as_bytes()).await;
            }
        }
        Ok(heard?)
    };
    let ((), told) = tokio::join!(work, tell);
    told
}

async fn carry_out(lab: &Lab, clients: &Clients, request: &Request, say: &Say) -> Result<bool> {
    match request {
        Request::Drill(order) => {
            let figures = drill::run(lab, clients, order, say).await?;
            say.line(&format!("\n{}", figures.table()));
            let good = figures.are_good();
            let _ = say.0.send(Said::Figures(Box::new(figures)));
            Ok(good)
        }
        Request::Refill(order) => refill::run(lab, clients, order, say).await,
        Request::Stress(order) => stress::run(lab, clients, order, say).await,
    }
}
