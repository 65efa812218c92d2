//! A repository's branches and its HEAD, however they were learned.

use entities::ObjectId;

use crate::{BranchHead, MAX_BRANCHES, SourceError, near::near};

/// What HEAD is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum HeadRef {
    /// It points at this branch, which need not exist yet.
    Branch(String),
    /// It points at a commit, or at something that is no branch.
    Detached,
    /// There is none, or the server does not tell.
    Absent,
}

/// HEAD and branches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct RefList {
    /// What HEAD is.
    pub(super) head: HeadRef,
    /// Names without `refs/heads/`, with their commits.
    pub(super) branches: Vec<(String, ObjectId)>,
}

impl RefList {
    /// The branch that `wanted` names, or the one that HEAD points at.
    pub(super) fn pick(&self, wanted: Option<&str>) -> Result<(String, ObjectId), SourceError> {
        let name = match (wanted, &self.head) {
            (Some(wanted), _) => wanted,
            (None, HeadRef::Branch(name)) => name,
            (None, HeadRef::Detached) => return Err(SourceError::DetachedHead),
            (None, HeadRef::Absent) => "HEAD",
        };
        // A branch may be called HEAD, but that is not what is meant where there is no HEAD.
        let is_named = wanted.is_some() || self.head != HeadRef::Absent;
        let found = self.branches.iter().find(|(branch, _)| is_named && branch == name);
        if let Some(found) = found {
            return Ok(found.clone());
        }
        if self.branches.is_empty() {
            return Err(SourceError::EmptyRepository);
        }
        let names = self.branches.iter().map(|(branch, _)| branch.as_str());
        Err(SourceError::BranchNotFound { branch: name.to_owned(), near: near(name, names) })
    }

    /// The branches as they are listed: the default one first, then by name, cut at [`MAX_BRANCHES`].
    pub(super) fn into_branches(mut self) -> Vec<BranchHead> {
        self.branches.sort();
        let mut list: Vec<BranchHead> = self
            .branches
            .into_iter()
            .map(|(name, commit)| {
                let is_default = self.head == HeadRef::Branch(name.clone());
                BranchHead { name, commit, is_default }
            })
            .collect();
        list.sort_by_key(|branch| !branch.is_default);
        list.truncate(MAX_BRANCHES);
        list
    }
}

/// A branch's name from a full reference name. `None` for other references and for names that are not UTF-8.
pub(super) fn branch_name(reference: &[u8]) -> Option<&str> {
    std::str::from_utf8(reference.strip_prefix(b"refs/heads/")?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(head: HeadRef, names: &[&str]) -> RefList {
        RefList { head, branches: names.iter().map(|name| ((*name).to_owned(), ObjectId([1; 20]))).collect() }
    }

    #[test]
    fn the_default_branch_comes_first_and_the_list_is_cut() {
        let names: Vec<String> = (0..MAX_BRANCHES + 5).map(|n| format!("b{n:06}")).collect();
        let mut all: Vec<&str> = names.iter().rev().map(String::as_str).collect();
        all.push("zz");
        let branches = list(HeadRef::Branch("zz".into()), &all).into_branches();
        assert_eq!(branches.len(), MAX_BRANCHES);
        assert_eq!((branches[0].name.as_str(), branches[0].is_default), ("zz", true));
        assert_eq!((branches[1].name.as_str(), branches[1].is_default), ("b000000", false));
    }

    #[test]
    fn what_cannot_be_picked_is_told_apart() {
        let main = HeadRef::Branch("main".into());
        assert_eq!(list(main.clone(), &["main"]).pick(None).unwrap().0, "main");
        assert!(matches!(list(main.clone(), &[]).pick(None), Err(SourceError::EmptyRepository)));
        assert!(matches!(list(main.clone(), &[]).pick(Some("x")), Err(SourceError::EmptyRepository)));
        assert!(matches!(list(HeadRef::Detached, &["main"]).pick(None), Err(SourceError::DetachedHead)));
        let unborn = list(main, &["maim"]).pick(None).unwrap_err();
        assert_eq!(unborn.to_string(), "no branch named 'main'; did you mean maim?");
        assert!(matches!(
            list(HeadRef::Absent, &["HEAD"]).pick(None),
            Err(SourceError::BranchNotFound { branch, .. }) if branch == "HEAD"
        ));
    }
}
