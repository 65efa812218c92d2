//! Paths that lead out of where they should.

use crate::{Victim, statuses};

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_to_a_file_of_the_machine() {
    let victim = Victim::start().await;
    let out = "../../../../../../../../../../etc/passwd";
    let encoded = out.replace('.', "%2e");
    let paths = [
        format!("/{out}"),
        format!("/assets/{out}"),
        format!("/docs/{out}"),
        format!("/{encoded}"),
        format!("/assets/{encoded}"),
        format!("/docs/{encoded}"),
        format!("/{}", out.replace('/', "%2f")),
        format!("/assets/{}", out.replace('/', "%5c")),
        format!("/{}", out.replace("..", "..%c0%af")),
        "//etc/passwd".to_owned(),
        "/assets//etc/passwd".to_owned(),
        "/etc/passwd%00.html".to_owned(),
        "/assets/index.js%00".to_owned(),
        "/file:///etc/passwd".to_owned(),
        "/.git/config".to_owned(),
        "/assets/%".to_owned(),
        "/%ff%fe".to_owned(),
    ];
    for path in paths {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = victim.say(request.as_bytes()).await;
        assert!(!answer.contains("root:"), "{path}");
        let is_page = answer.contains("content-type: text/html");
        let status = statuses(&answer);
        // An address within the dashboard shows its one page, whatever it is.
        assert!(
            matches!(status[..], [400 | 404 | 301 | 303 | 307 | 308]) || (is_page && status == [200]),
            "{path}: {status:?}"
        );
    }
    victim.must_serve().await;
}
