//! Names that look like one that does not exist, for an error that helps.

/// The most names suggested.
const MAX_SUGGESTIONS: usize = 3;

/// How alike two names must be to be suggested: the Jaro-Winkler similarity, from 0 to 1.
const LEAST_SIMILARITY: f64 = 0.8;

/// At most three of `names` that look like `wanted` whatever their case, the most alike first.
pub fn near<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut alike: Vec<(f64, &str)> = names
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), name))
        .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    alike.into_iter().take(MAX_SUGGESTIONS).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_looks_alike_best_first() {
        let names = ["main", "master", "Feature/login", "feature/logout", "release-1"];
        assert_eq!(near("mian", names.into_iter()), ["main"]);
        assert_eq!(near("FEATURE/LOGIN", names.into_iter()), ["Feature/login", "feature/logout"]);
        assert_eq!(near("zzz", names.into_iter()), [""; 0]);
        let many: Vec<String> = (0..9).map(|n| format!("topic-{n}")).collect();
        assert_eq!(near("topic", many.iter().map(String::as_str)), ["topic-0", "topic-1", "topic-2"]);
    }
}
