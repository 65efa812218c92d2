//! The OpenAPI document.

use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, ResponseBuilder,
    path::{Operation, PathItem},
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    tag::TagBuilder,
};

use crate::{problem::PROBLEM_JSON, routes};

/// The names of the ways to show who one is.
const BEARER: &str = "bearer";
const COOKIE: &str = "session";

/// The document, as `/openapi.json` answers it where these routes are served, too.
pub fn openapi(more: OpenApi) -> OpenApi {
    let mut document = routes::described().into_openapi();
    document.merge(more);
    finished(document)
}

/// What stands above the operations.
pub(crate) fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Project Sync")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Keeps what a team knows about its code in step with the code itself. Whatever is refused is a problem \
             (RFC 9457) with a stable `type`.",
        ))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build()))
        .build();
    let tag =
        |name: &str, description: &str| TagBuilder::new().name(name).description(Some(description)).build();
    let tags = [
        tag("projects", "Repositories that are connected."),
        tag("sync", "Syncs: asking for them, following them, their history."),
        tag("content", "Files and memory as a sync left them."),
        tag("events", "Syncs as they happen, as server-sent events."),
        tag("identity", "Logging in, tokens, members, and who did what."),
        tag("admin", "What operators do."),
        tag("about", "What the service tells about itself."),
    ];
    OpenApiBuilder::new().info(info).tags(Some(tags)).build()
}

/// The document with what every operation has in common.
pub(crate) fn finished(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            let problem = ResponseBuilder::new()
                .description("A problem that any request may end with, such as `unauthorized` or `internal`.")
                .content(
                    PROBLEM_JSON,
                    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build(),
                )
                .build();
            operation.responses.responses.insert("default".to_owned(), problem.into());
        }
    }
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("ps_session")));
    if let Some(components) = &mut document.components {
        components.add_security_scheme(BEARER, bearer);
        components.add_security_scheme(COOKIE, cookie);
    }
    // Nothing is required where the installation is open to its machine.
    let by = |name: &str| SecurityRequirement::new(name, [] as [String; 0]);
    document.security = Some(vec![SecurityRequirement::default(), by(BEARER), by(COOKIE)]);
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten()
}
