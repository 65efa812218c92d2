//! What the numbers of all sections may be.

use super::Settings;
use crate::error::CliError;

impl Settings {
    /// Refuses numbers that are out of their bounds: everything else may rely on them.
    ///
    /// # Errors
    /// [`CliError::Usage`] with the key and what it may be.
    pub(super) fn check_numbers(&self) -> Result<(), CliError> {
        let sections = [
            ("database", self.database.numbers()),
            ("source", self.source.numbers()),
            ("memory", self.memory.numbers()),
            ("sync", self.sync.numbers()),
            ("worker", self.worker.numbers()),
            ("queue", self.queue.numbers()),
            ("relay", self.relay.numbers()),
            ("webhooks", self.webhooks.numbers()),
            ("api", self.api.numbers()),
            ("gateway", self.gateway.numbers()),
            ("triggers", self.triggers.numbers()),
            ("retention", self.retention.numbers()),
            ("telemetry", self.telemetry.numbers()),
        ];
        for (section, numbers) in sections {
            if let Some((key, _, bounds)) = numbers.iter().find(|(_, value, bounds)| !bounds.contains(value))
            {
                let (least, most) = (bounds.start(), bounds.end());
                let message = format!("settings: {section}.{key} must be from {least} to {most}");
                return Err(CliError::usage(message));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DEFAULT_FILE, tests::load};

    /// A number of the documented defaults, or of their examples.
    struct Number {
        section: &'static str,
        key: &'static str,
        /// What it may be, as it is documented.
        least: u64,
        most: u64,
    }

    /// All of them. Another test sees to it that every setting is there.
    fn documented() -> Vec<Number> {
        let (mut section, mut numbers) = ("", Vec::new());
        for line in DEFAULT_FILE.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name;
            }
            let line = line.strip_prefix("# ").unwrap_or(line);
            let Some((key, value)) = line.split_once(" = ") else { continue };
            let (value, bounds) = value.split_once(" # ").unwrap_or((value, ""));
            if key.contains(' ') || value.parse::<f64>().is_err() {
                continue;
            }
            let bounds = bounds.split_once(" to ").unwrap_or_else(|| panic!("no bounds: {section}.{line}"));
            let [least, most] = [bounds.0, bounds.1].map(|bound| bound.parse().unwrap());
            numbers.push(Number { section, key, least, most });
        }
        numbers
    }

    #[test]
    fn every_number_is_refused_beyond_its_documented_bounds() {
        let numbers = documented();
        assert!(numbers.len() > 70, "they were found");
        for Number { section, key, least, most } in &numbers {
            let with = |value: &str| load(&format!("[{section}]\n{key} = {value}\n"), &[]);
            let refusal = format!("settings: {section}.{key} must be from {least} to {most}");
            let beyond = [least.checked_sub(1), most.checked_add(1)];
            for value in beyond.into_iter().flatten() {
                let error = with(&value.to_string()).unwrap_err();
                assert_eq!(error.to_string(), refusal, "{value}");
                assert_eq!(error.exit_code(), 2, "{error}");
            }
            let negative = with("-1").unwrap_err().to_string();
            assert!(negative.contains(&format!("{section}.{key}")), "{negative}");
            for value in [least, most] {
                // A broker is given more time than two signs of life take, whatever each of them may be alone.
                let refused = with(&value.to_string()).err().map(|error| error.to_string());
                let is_of_another = |error: &String| *section == "relay" && error.contains("more than twice");
                assert!(refused.as_ref().is_none_or(is_of_another), "{value}: {refused:?}");
            }
        }
    }

    #[test]
    fn numbers_of_the_environment_are_bounded_too() {
        let error = load("", &[("PROJECT_SYNC__TRIGGERS__MAX_LOOKS", "1000")]).unwrap_err();
        assert!(error.to_string().contains("triggers.max_looks must be from"), "{error}");
    }
}
