//! A slow link. Kernels without netem cannot delay packets, so a proxy of ours delays what connections carry: rules of the
//! packet filter lead every connection of the site through it, in and out.

use crate::{
    Result,
    faults::DELAY,
    lab::Lab,
    plan::{Site, inside},
    process::{self, at, run, start_at},
};
use rustix::net::sockopt::ip_original_dst;
use std::{io, net::Ipv4Addr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// Where the proxy listens at its site: a port that nothing else has.
pub(crate) const PORT: u16 = 7;
/// The name by which its process is known.
const NAME: &str = "slow";
/// How many pieces are on their way at most; then the sender waits, as at the window of a long link.
const WINDOW: usize = 64;
/// The largest piece, in bytes.
const PIECE: usize = 64 << 10;

/// Starts the proxy at a site. It alone runs as root, which is how the packet filter knows its connections.
pub(crate) async fn start(lab: &Lab, site: Site) -> Result<()> {
    let mut command = at(site, None, inside::lab());
    command.arg("slow").arg("--delay-ms").arg(DELAY.as_millis().to_string());
    start_at(&lab.plan, site, "slow", command)?;
    let sport = format!("sport = :{PORT}");
    let listening = ["netns", "exec", site.name, "ss", "-Hltn", &sport];
    process::wait_for("the slow link's proxy", process::SOON, async || {
        run("ip", &listening).await.is_ok_and(|lines| !lines.is_empty()).then_some(())
    })
    .await
}

/// Stops it.
pub(crate) async fn stop(site: Site) -> Result<()> {
    process::kill_named(site, NAME).await
}

/// Becomes the proxy.
pub(crate) async fn serve(delay: std::time::Duration) -> Result<()> {
    std::fs::write("/proc/self/comm", NAME)?;
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    loop {
        let (near, _) = listener.accept().await?;
        tokio::spawn(async move {
            // Whoever is not reached sees a connection that ends.
            let _ = carry(near, delay).await;
        });
    }
}

async fn carry(near: TcpStream, delay: std::time::Duration) -> io::Result<()> {
    let far = TcpStream::connect(std::net::SocketAddr::from(ip_original_dst(&near)?)).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (near, far) = (near.into_split(), far.into_split());
    tokio::try_join!(pass(near.0, far.1, delay), pass(far.0, near.1, delay))?;
    Ok(())
}

/// Passes on what is read, each piece as much later.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: std::time::Duration) -> io::Result<()> {
    let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(WINDOW);
    let read = async move {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            if from.read_buf(&mut piece).await? == 0
                || sender.send((Instant::now() + delay, piece)).await.is_err()
            {
                return io::Result::Ok(());
            }
        }
    };
    let write = async move {
        while let Some((at, piece)) = receiver.recv().await {
            sleep_until(at).await;
            to.write_all(&piece).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(read, write).map(drop)
}
