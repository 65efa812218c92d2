//! Prints the OpenAPI document: `cargo run -p project-sync-api --example openapi > api/openapi.json`.

fn main() -> Result<(), serde_json::Error> {
    println!("{}", project_sync_api::openapi(gateway::openapi()).to_pretty_json()?);
    Ok(())
}
