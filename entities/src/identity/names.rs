//! What users, tokens and tenants may be called.

use super::IdentityError;

/// The longest name of a user or a token, in characters.
pub const MAX_NAME_CHARS: usize = 100;

/// The longest name of a tenant, in characters.
pub const MAX_TENANT_NAME_CHARS: usize = 200;

/// A name without the spaces around it.
///
/// # Errors
/// If it is empty, longer than `most` characters, or has control characters.
pub(super) fn checked(name: &str, most: usize) -> Result<&str, IdentityError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > most || name.chars().any(char::is_control) {
        let why = format!("must be 1 to {most} characters, without control characters");
        return Err(IdentityError::invalid("name", why));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_printable() {
        assert_eq!(checked("  Ann ", 100).unwrap(), "Ann");
        assert_eq!(checked(&"ü".repeat(100), 100).unwrap().chars().count(), 100);
        for bad in ["", "  ", "a\nb", "a\0", &"ü".repeat(101)] {
            assert!(checked(bad, 100).is_err(), "{bad:?}");
        }
    }
}
