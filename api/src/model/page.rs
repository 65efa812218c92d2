//! Pages.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, ObjectBuilder, Ref, RefOr,
        schema::{Schema, SchemaType, Type},
    },
};

use super::{
    DeadJobDto, DeliveryDto, FileDto, InstalledRepositoryDto, JobDto, MemoryDto, ProjectDto, SyncDto,
    WebhookDeliveryDto, WebhookDto,
};

/// A page of projects.
pub type ProjectPage = Page<ProjectDto>;
/// A page of syncs.
pub type SyncPage = Page<SyncDto>;
/// A page of files.
pub type FilePage = Page<FileDto>;
/// A page of memory.
pub type MemoryPage = Page<MemoryDto>;
/// A page of jobs.
pub type JobPage = Page<JobDto>;
/// A page of dead jobs.
pub type DeadJobPage = Page<DeadJobDto>;
/// A page of webhooks.
pub type WebhookPage = Page<WebhookDto>;
/// A page of deliveries to a webhook.
pub type WebhookDeliveryPage = Page<WebhookDeliveryDto>;

/// A page of what a host sent.
pub type DeliveryPage = Page<DeliveryDto>;

/// A page of repositories that an installation reaches.
pub type InstalledRepositoryPage = Page<InstalledRepositoryDto>;

/// A page of a list.
#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items, at most as many as `limit` says.
    pub items: Vec<T>,
    /// What to send as `cursor` to get the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

// Written out, because the derived one would repeat the whole item in each page instead of naming it.
impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new()
            .items(Ref::from_schema_name(T::name()))
            .description(Some("The items, at most as many as `limit` says."));
        let next = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some("What to send as `cursor` to get the next page. Absent on the last page."));
        ObjectBuilder::new()
            .description(Some("A page of a list."))
            .property("items", items)
            .required("items")
            .property("nextCursor", next)
            .into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}
