//! A read transaction is not taken where something is written.
async fn change(tx: &mut store::ReadTx, source: &domain::source::Source) {
    let _ = store::source::update(tx, source).await;
}

fn main() {}
