//! A use-case takes the proof of a permission, not the services.
async fn page(services: &service::Services) {
    let _ = service::sources::list(services).await;
}

fn main() {}
