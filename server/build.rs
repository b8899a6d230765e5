//! A release build embeds the site, so it is made again when the site changed; without one (`cargo check`) it embeds an empty
//! folder. A debug build reads the folder while it runs and does not wait for it.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=../target/site");
    }
    if let Err(error) = std::fs::create_dir_all("../target/site") {
        println!("cargo:warning=cannot make target/site: {error}");
    }
}
