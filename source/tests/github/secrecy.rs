//! The token is sent to the API and to git's own protocol, and shows nowhere else.

use std::{
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex},
};

use project_sync_source::{
    SourceContext,
    settings::{SourceSettings, Transfer},
};
use testkit::github::{Access, Fault, Origin};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::support::{Fixture, Told, contents, files, rest, snapshot, with_token};

/// Writes every field of every event and span, of every level and crate, into one text.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

struct Writer<'a>(&'a mut String);

impl Visit for Writer<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0, "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Writer(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Writer(&mut self.0.lock().unwrap()));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut Writer(&mut self.0.lock().unwrap()));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn the_token_shows_in_no_log_error_notice_or_url() {
    let everything = Everything::default();
    let _guard = tracing::subscriber::set_default(everything.clone());
    let fixture = Fixture::new(&files(120)).await;
    fixture.server.edit_repository("o", "n", |options| options.private = true);
    fixture.server.set_token("hush-hush", Access::Everything);
    let told = Told::new();
    for transfer in [Transfer::Rest, Transfer::Git] {
        let settings = with_token("hush-hush", SourceSettings { transfer, ..rest() });
        assert!(!format!("{settings:?}").contains("hush-hush"));
        fixture.server.fault_on("/branches/", 1, Fault::Reset);
        fixture.server.fault_on("legacy.tar.gz", 1, Fault::ResetAfter(100));
        let (_, opened) = snapshot(&*fixture.open(&settings), &told.context).await.unwrap();
        contents(&*opened, &told.context).await.unwrap();
        for status in [401, 403, 404, 451, 500] {
            let settings = SourceSettings { attempts: 1, ..settings.clone() };
            fixture.server.fault_on("o/n", 1, Fault::Status(status));
            let error = snapshot(&*fixture.open(&settings), &SourceContext::quiet()).await.err();
            if status != 404 {
                let error = error.unwrap();
                assert!(!format!("{error} {error:?}").contains("hush-hush"), "{error:?}");
            }
        }
    }
    assert!(!told.notices().is_empty() && !format!("{:?}", told.notices()).contains("hush-hush"));
    let logs = everything.0.lock().unwrap();
    assert!(!logs.is_empty(), "nothing was logged at all");
    for secret in ["hush-hush", "ONE-TIME-TICKET", "Basic "] {
        assert!(!logs.contains(secret), "{logs}");
    }
    for request in fixture.server.log() {
        assert!(!request.path.contains("hush-hush"));
        assert_eq!(request.authorization.is_some(), request.origin != Origin::Codeload, "{request:?}");
    }
}
