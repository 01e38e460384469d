use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::PlannedArgs;

/// The arguments of `ferry serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) plan: PlannedArgs,
    /// Address to listen on; port 0 picks a free port and prints it
    ///
    /// Plain HTTP is for this machine. To be reached from elsewhere, give a certificate, or listen on 127.0.0.1 behind a
    /// proxy that speaks HTTPS
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    pub(crate) listen: SocketAddr,
    /// Address on this machine for `/metrics` in the format of Prometheus, and for `/health`
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) admin: Option<SocketAddr>,
    /// Public address of the proxy in front, such as https://hooks.example.com
    #[arg(long, value_name = "URL", conflicts_with = "certificate")]
    pub(crate) behind_proxy: Option<String>,
    /// PEM file with the certificate for HTTPS, then the certificates that lead to its root
    ///
    /// Read once: restart the server after a renewal. A restart loses nothing, because platforms send again
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) certificate: Option<PathBuf>,
    /// PEM file with the private key of the certificate
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) key: Option<PathBuf>,
    /// Address or command to notify when something begins or ends that somebody should hear of
    ///
    /// The server is ill, parts of bodies cannot be read, people wait for an answer, a program takes no bodies, the platform
    /// restricts a number, an account or a template. Each is told once until it is over. An address gets JSON by POST, a
    /// command gets it on standard input, and FERRY_STATUS in its environment [default: notify in the plan]
    #[arg(long, value_name = "URL|COMMAND", conflicts_with = "replay")]
    pub(crate) notify: Option<String>,
    /// Derive all state anew from the stored events, and end
    ///
    /// Receives nothing, and sends, forwards and tells nothing. Do it after an update of Ferry that reads events better, or to
    /// see that nothing has changed
    #[arg(long, conflicts_with_all = ["admin", "behind_proxy", "certificate"])]
    pub(crate) replay: bool,
}
