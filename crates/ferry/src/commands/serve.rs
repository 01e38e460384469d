use anyhow::{Context, Result};
use plan::Plan;
use serve::{Certificate, Limits, Listen, Serving, Status, Store, TwilioCheck, start_message, webhooks_of};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::ServeArgs;
use crate::exit::Exit;
use crate::output::print_message;

/// Serves the webhooks of a plan until SIGTERM or Ctrl-C. Then it takes no more, commits what waits, and answers it.
pub(crate) async fn serve<S: Store>(
    args: &ServeArgs,
    plan: &Plan,
    twilio: TwilioCheck,
    store: S,
    status: Status,
) -> Result<Exit> {
    let webhooks = webhooks_of(plan, twilio)?;
    let listen = Listen {
        address: args.listen,
        admin: args.admin,
        certificate: args
            .certificate
            .clone()
            .zip(args.key.clone())
            .map(|(certificate, key)| Certificate { certificate, key }),
        behind_proxy: args.behind_proxy.clone(),
    };
    let bound = listen.bind().await?;
    let limits = Limits::default();
    let n_connections = serve::allow_connections(limits.n_connections);
    let admin =
        bound.admin.as_ref().map(|it| it.local_addr()).transpose().context("the admin listener has no address")?;
    // Whoever reads the message may stop the server at once: the signals must be known by then.
    let stop = stopped()?;
    print_message(&start_message(&plan.webhooks, &bound.reach, admin));
    let serving = Serving {
        listener: bound.listener,
        admin: bound.admin,
        tls: bound.tls,
        webhooks,
        limits: Limits { n_connections, ..limits },
    };
    serve::serve(serving, store, status, stop).await?;
    print_message("stopped: everything that was answered with 200 is stored");
    Ok(Exit::Done)
}

/// Ends at the first SIGTERM or SIGINT.
fn stopped() -> Result<impl Future<Output = ()>> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    })
}
