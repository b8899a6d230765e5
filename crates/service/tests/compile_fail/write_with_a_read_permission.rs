//! Only a permission that lets its holder write opens a write transaction.
use domain::permission::SourceRead;

async fn page(cx: &service::Cx<SourceRead>) {
    let _ = cx.write().await;
}

fn main() {}
