//! The object store of a site: a server of S3 over a folder, one a site, as one cluster of Garage a site would be.
//!
//! The folder lies on a small disk of its own in memory, so that a full disk can be had without filling this machine's.

use crate::{
    Result,
    lab::Lab,
    plan::{Site, inside},
    process::{at, start_at},
};
use http::{Request, header};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use rustix::mount::{MountFlags, mount};
use s3s::{Body, auth::SimpleAuth, service::S3ServiceBuilder};
use std::{
    collections::BTreeSet,
    env,
    ffi::CString,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    net::SocketAddrV4,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    net::TcpListener,
    sync::{Mutex, MutexGuard},
};

/// Where the server of a site listens.
const PORT: u16 = 3900;
/// Who signs the requests.
pub(crate) const ACCESS_KEY: &str = "palisade";
/// Where the server finds their secret.
const SECRET: &str = "LAB_STORE_SECRET";
/// The room of a site's disk. A drill of hours takes some hundred megabytes.
const DISK: &str = "size=1g,mode=755";

/// The bucket of a site's blobs, as `deploy/palisade/site.toml` names it.
fn bucket(site: Site) -> String {
    format!("palisade-{}", site.name)
}

/// The bucket of its keyring.
fn keys(site: Site) -> String {
    format!("palisade-keys-{}", site.name)
}

/// The disk of a site's store.
pub(crate) fn disk(lab: &Lab, site: Site) -> PathBuf {
    lab.data_of(site).join("store")
}

/// Makes the disk of a site, with empty buckets.
pub(crate) fn make(lab: &Lab, site: Site) -> Result<()> {
    let disk = disk(lab, site);
    fs::create_dir(&disk)?;
    mount("lab", &disk, "tmpfs", MountFlags::empty(), Some(CString::new(DISK)?.as_c_str()))?;
    lab.user.own(&disk)?;
    lab.user.make_folder(&disk.join(keys(site)))?;
    lab.user.make_folder(&disk.join(bucket(site)))
}

/// Starts the server of a site.
pub(crate) fn start(lab: &Lab, site: Site) -> Result<()> {
    let mut command = at(site, Some(lab.user), inside::lab());
    command.args(["store", "--listen", &SocketAddrV4::new(site.address(), PORT).to_string(), "--root"]);
    command.arg(disk(lab, site)).env(SECRET, &lab.secrets.store);
    start_at(&lab.plan, site, "store", command).map(drop)
}

/// What the store of a site holds, by the names of the objects: read from its disk, so it is known of a dead site too.
pub(crate) fn objects(lab: &Lab, site: Site) -> Result<BTreeSet<PathBuf>> {
    let bucket = disk(lab, site).join(bucket(site));
    let (mut objects, mut folders) = (BTreeSet::new(), vec![bucket.clone()]);
    while let Some(folder) = folders.pop() {
        // What goes away meanwhile is not there.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let hidden = entry.file_name().to_str().is_none_or(|name| name.starts_with('.'));
            if path.is_dir() {
                folders.push(path);
            } else if !hidden {
                objects.insert(path.strip_prefix(&bucket)?.to_owned());
            }
        }
    }
    Ok(objects)
}

/// How large these objects are together, in bytes; what is not there counts nothing.
pub(crate) fn size(lab: &Lab, site: Site, objects: &BTreeSet<PathBuf>) -> u64 {
    let bucket = disk(lab, site).join(bucket(site));
    objects.iter().filter_map(|object| Some(fs::metadata(bucket.join(object)).ok()?.len())).sum()
}

/// Becomes the server. The secret of whoever signs comes by the environment, where other users do not see it.
pub(crate) async fn serve(listen: SocketAddrV4, root: &Path) -> Result<()> {
    let secret = env::var(SECRET)?;
    let files = s3s_fs::FileSystem::new(root).map_err(|error| format!("{}: {error:?}", root.display()))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, secret));
    let store = builder.build();
    let turns = Arc::new(Turns::new());
    let service = service_fn(move |request: Request<Incoming>| {
        let (store, turns) = (store.clone(), Arc::clone(&turns));
        async move {
            let _turn = turns.wait(&request).await;
            store.call(request.map(Body::from)).await
        }
    });
    let listener = TcpListener::bind(listen).await?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let serving = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(socket), service.clone());
        tokio::spawn(serving);
    }
}

/// Whose turn it is. The library looks whether a condition holds, and writes then: of two conditional puts at once both could win.
/// A keyring rests on that one does not, as it is in the stores that people use.
struct Turns([Mutex<()>; TURNS]);

/// Among how many turns objects are spread.
const TURNS: usize = 64;

impl Turns {
    fn new() -> Self {
        Self([const { Mutex::const_new(()) }; TURNS])
    }

    /// Waits until no other conditional request for the same object is under way.
    async fn wait(&self, request: &Request<Incoming>) -> Option<MutexGuard<'_, ()>> {
        let conditional =
            [header::IF_MATCH, header::IF_NONE_MATCH].iter().any(|name| request.headers().contains_key(name));
        if request.method().is_safe() || !conditional {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        request.uri().path().hash(&mut hasher);
        let turn = hasher.finish() % TURNS as u64;
        Some(self.0[usize::try_from(turn).unwrap_or(0)].lock().await)
    }
}
