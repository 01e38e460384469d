//! `ferry serve`: receives webhooks.

mod followers;

use std::sync::Arc;

use anyhow::{Context, Result};
use crm::{Crm, Inbox};
use crossing::{Progress, open_ledger};
use model::ContactKey;
use plan::Plan;
use results::ReplayResult;
use serve::{Certificate, CrmStore, Limits, Listen, Serving, Status, forward_targets, start_message, webhooks_of};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use crate::cli::ServeArgs;
use crate::commands::notification;
use crate::commands::serve::followers::{Followers, Forwarding};
use crate::exit::Exit;
use crate::output::{Output, print_message};

pub(crate) async fn run(args: &ServeArgs, progress: &Progress, output: Output) -> Result<Exit> {
    let plan = Arc::new(Plan::read(&args.plan.path())?);
    if args.replay {
        let (crm, key) = open_ledger(&plan, progress).await?;
        return replay(crm, &key, output).await;
    }
    serve(args, &plan, progress).await
}

async fn replay(crm: Crm, key: &ContactKey, output: Output) -> Result<Exit> {
    let derived = crm.derive_anew(key).await?;
    crm.close().await;
    let value = ReplayResult::of(&derived);
    output.print(&value, || format!("derived anew from {} events; nothing was sent\n", value.events))?;
    Ok(Exit::Done)
}

/// Serves the webhooks of a plan until SIGTERM or Ctrl-C. Then it takes no more, commits what waits, and answers it.
async fn serve(args: &ServeArgs, plan: &Arc<Plan>, progress: &Progress) -> Result<Exit> {
    let webhooks = webhooks_of(plan)?;
    let target = match notification::target(args.notify.as_deref())? {
        None => plan.notify()?,
        target => target,
    };
    let targets = forward_targets(plan)?;
    let bound = listen(args).bind().await?;
    let (crm, key) = open_ledger(plan, progress).await?;
    begin_confirmations(plan, &crm).await;
    let limits = Limits::default();
    let n_connections = serve::allow_connections(limits.n_connections);
    let admin =
        bound.admin.as_ref().map(|it| it.local_addr()).transpose().context("the admin listener has no address")?;
    // Whoever reads the message may stop the server at once: the signals must be known by then.
    let stop = stopped()?;
    print_message(&start_message(&plan.webhooks, &bound.reach, admin));
    let status = Status::new(limits.most_lag);
    let stored = Arc::new(Notify::new());
    let store = CrmStore::new(Inbox::new(crm.clone(), key.clone(), plan.words()), plan, Arc::clone(&stored));
    let serving = Serving {
        listener: bound.listener,
        admin: bound.admin,
        tls: bound.tls,
        webhooks,
        limits: Limits { n_connections, ..limits },
    };
    let forwarding = Forwarding { targets, wake: store.wake() };
    let followers = Followers::start(plan, &crm, key, &status, stored, forwarding, target);
    let served = serve::serve(serving, store, status, stop).await;
    followers.end().await;
    crm.close().await;
    served?;
    print_message("stopped: everything that was answered with 200 is stored");
    Ok(Exit::Done)
}

/// Lets confirmations begin before the first STOP can come. What fails here is tried again by the task that confirms.
async fn begin_confirmations(plan: &Plan, crm: &Crm) {
    let confirms = plan.sending.as_ref().is_some_and(|it| it.confirm_stop.is_some());
    if confirms && let Err(error) = crm.begin_confirmations().await {
        tracing::error!(%error, "stops are not confirmed now");
    }
}

fn listen(args: &ServeArgs) -> Listen {
    let certificate = args.certificate.clone().zip(args.key.clone());
    Listen {
        address: args.listen,
        admin: args.admin,
        certificate: certificate.map(|(certificate, key)| Certificate { certificate, key }),
        behind_proxy: args.behind_proxy.clone(),
    }
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
