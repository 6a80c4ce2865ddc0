// Package ownership says who keeps documents as they are, a source in a repository or a
// workload's Terraform, and who else may change them.
//
// It owns the rules, which are the same for what the gateway does and for the mesh. Which
// documents there are, and whose, those rooms know.
package ownership

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Terraform owns what workloads' Terraform has made.
const Terraform = "terraform"

// git begins the owner of what is kept in a repository.
const git = "git/"

// Git is the owner of what a source keeps in a repository.
func Git(source string) string { return git + source }

// InRepository tells the source of an owner that is one.
func InRepository(owner string) (source string, ok bool) { return strings.CutPrefix(owner, git) }

// Keeping says who keeps documents, and of what scope all of them are. A nil one is a person's
// change by hand.
type Keeping struct {
	// Scope is a project, or a tenant for what is of all its projects.
	Scope kernel.Scope
	// Owner is Git of the source.
	Owner string
	// Commit is the one that says so.
	Commit string
	// Prune deletes what the owner has kept in the scope and the documents no longer have.
	Prune bool
	// DryRun only tells what would change.
	DryRun bool
}

// Prunes tells whether what an owner keeps in a scope is deleted once no document has it.
func (k *Keeping) Prunes(owner string, scope kernel.Scope) bool {
	return k != nil && k.Prune && owner == k.Owner && scope.Tenant == k.Scope.Tenant && scope.Project == k.Scope.Project
}

// Keeper is whose a thing is after a change.
func (k *Keeping) Keeper(before string) string {
	if k != nil {
		return k.Owner
	}
	return before
}

// Reason is why a thing is changed: the commit that it comes from, where there is one.
func (k *Keeping) Reason() string {
	if k == nil {
		return ""
	}
	return "commit " + k.Commit + " of " + strings.TrimPrefix(k.Owner, git)
}

// Change decides about a change of what an owner keeps: the owner itself goes on, nobody else's
// source takes it over, and by hand it is said that it is meant. The note is what is to be known
// of a change that is.
func (k *Keeping) Change(what, owner string, meant bool) (note string, err error) {
	switch {
	case owner == "" || k != nil && k.Owner == owner:
		return "", nil
	case k != nil && owner == Terraform:
		return "", kernel.Errorf(kernel.Conflict, "%s is kept as it is by a workload's Terraform", what).
			WithFix("choose another name, or leave it to the workload's Score file")
	case k != nil:
		return "", kernel.Errorf(kernel.Conflict, "%s is kept by the source %s", what, strings.TrimPrefix(owner, git)).
			WithFix("keep it in one of the two")
	}
	keeper, where, again := "a workload's Terraform", "the workload's Score file", "the workload's next run"
	if source, ok := InRepository(owner); ok {
		keeper, where, again = "the source "+source, "the file in its repository", "the source's next reconciliation"
	}
	if !meant {
		return "", kernel.Errorf(kernel.Refused, "%s is kept as it is by %s", what, keeper).
			WithFix("change %s; or change it here with --owned, and %s changes it back", where, again)
	}
	return keeper + " keeps it: " + again + " changes it back", nil
}
