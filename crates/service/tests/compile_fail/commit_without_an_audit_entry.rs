//! A write transaction ends only with an audit entry.
use domain::permission::SourceWrite;

async fn page(cx: &service::Cx<SourceWrite>) {
    if let Ok(tx) = cx.write().await {
        let _ = tx.commit().await;
    }
}

fn main() {}
