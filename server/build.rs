//! The site is embedded at compile time; a build without it (tests, `cargo check`) embeds an empty folder.
fn main() {
    println!("cargo:rerun-if-changed=../target/site");
    if let Err(error) = std::fs::create_dir_all("../target/site") {
        println!("cargo:warning=cannot make target/site: {error}");
    }
}
