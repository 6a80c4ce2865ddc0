package vaultsync

import (
	"context"
	"strconv"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// The tags of what Terrace writes into a vault.
const (
	tagManaged = "managed-by"
	tagTenant  = "terrace-tenant"
	tagProject = "terrace-project"
	tagStage   = "terrace-stage"
	tagName    = "terrace-name"
	tagKey     = "terrace-key"
	tagVersion = "terrace-version"

	managedBy = "terrace"
)

// tags say of a secret in a vault what of Terrace it is.
func tags(scope kernel.Scope, r secretref.Reference, version int) map[string]string {
	t := map[string]string{
		tagManaged: managedBy, tagTenant: scope.Tenant, tagProject: scope.Project, tagStage: scope.Stage,
		tagName: r.Name, tagVersion: strconv.Itoa(version),
	}
	if r.Key != "" {
		t[tagKey] = r.Key
	}
	return t
}

// sameTags reports whether all that Terrace says is there; others may have added more.
func sameTags(wanted, there map[string]string) bool {
	for name, value := range wanted {
		if there[name] != value {
			return false
		}
	}
	return wanted[tagKey] == there[tagKey]
}

// ofTerrace reports whether the tags are Terrace's, of whatever stage.
func ofTerrace(t map[string]string) bool { return t[tagManaged] == managedBy }

// named returns what of a stage a secret in the vault is, by its tags. Tags that somebody
// has copied onto another name say nothing.
func named(scope kernel.Scope, e Entry) (secretref.Reference, bool) {
	t := e.Tags
	if !ofTerrace(t) || t[tagTenant] != scope.Tenant || t[tagProject] != scope.Project || t[tagStage] != scope.Stage {
		return secretref.Reference{}, false
	}
	r := secretref.Reference{Name: t[tagName], Key: t[tagKey]}
	if name, err := secretref.VaultName(r); err != nil || name != e.Name {
		return secretref.Reference{}, false
	}
	return r, true
}

// owned reports whether a secret in the vault is what a reference of the stage means there:
// its newest version, or one before that somebody has written another over.
func (j *job) owned(ctx context.Context, e Entry, r secretref.Reference) (bool, error) {
	if got, ok := named(j.sync.Scope, e); ok {
		return got == r, nil
	}
	if ofTerrace(e.Tags) {
		return false, nil // of another stage, or another secret whose name differs in case alone
	}
	versions, err := j.vault.Versions(ctx, e.Name)
	if err != nil {
		return false, err
	}
	for _, v := range versions {
		if got, ok := named(j.sync.Scope, v); ok && got == r {
			return true, nil
		}
	}
	return false, nil
}

// whose says in words what a secret in the vault is, if it is not the stage's.
func whose(t map[string]string) string {
	if !ofTerrace(t) {
		return "which Terrace has not made"
	}
	if t[tagName] == "" {
		return "which is that of a certificate of " + t[tagProject] + " on " + t[tagStage]
	}
	return "which is secret " + t[tagName] + " of " + t[tagProject] + " on " + t[tagStage]
}
