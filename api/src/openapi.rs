//! The OpenAPI document.

use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, Response, ResponseBuilder,
    path::{Operation, PathItem},
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    tag::TagBuilder,
};

use crate::{problem::PROBLEM_JSON, routes};

/// The names of the ways to show who one is.
const BEARER: &str = "bearer";
const COOKIE: &str = "session";

/// The operations that do not pass the gate.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// How the gate answers whoever does not come in.
const AT_THE_GATE: [(&str, &str); 3] = [
    ("401", "`unauthorized`: nobody is known by what was sent"),
    ("403", "`forbidden`: a right is missing; `foreign-origin`: the request comes from elsewhere"),
    ("429", "`too-many-requests`: Retry-After tells when to come again"),
];

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
        tag("triggers", "What asks for syncs by itself: hooks, schedules, polling."),
        tag("content", "Files and memory as a sync left them."),
        tag("events", "Syncs as they happen, as server-sent events."),
        tag("webhooks", "Where a tenant is told over HTTP what happened."),
        tag("identity", "Logging in, tokens, members, and who did what."),
        tag("admin", "What operators do."),
        tag("about", "What the service tells about itself."),
    ];
    OpenApiBuilder::new().info(info).tags(Some(tags)).build()
}

/// The document with what every operation has in common.
pub(crate) fn finished(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            let answers = &mut operation.responses.responses;
            let any = "A problem that any request may end with, such as `internal`.";
            answers.insert("default".to_owned(), problem(any).into());
            if PROBES.contains(&path.as_str()) {
                continue;
            }
            for (status, description) in AT_THE_GATE {
                answers.entry(status.to_owned()).or_insert_with(|| problem(description).into());
            }
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

/// A problem, in these words.
fn problem(description: &str) -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content(PROBLEM_JSON, body).build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten()
}
