//! What must not compile. `TRYBUILD=overwrite cargo test -p service compile` writes the expected messages anew.

#[test]
fn what_the_types_forbid_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
