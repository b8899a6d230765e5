//! The proof of one permission is not the proof of another.
use domain::permission::SourceRead;

async fn page(cx: &service::Cx<SourceRead>) {
    let _ = service::members::list(cx).await;
}

fn main() {}
