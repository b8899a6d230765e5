//! The functions of an organization's table take a transaction of one organization.
async fn every_source(tx: &mut store::SystemTx) {
    let _ = store::source::list(tx).await;
}

fn main() {}
