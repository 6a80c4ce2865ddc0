package vaultsync

import (
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// told is what came of the pieces of one secret, for its facts.
type told struct{ written, deleted, recovered, changed, missing []string }

func names(entries []Entry) []string {
	all := make([]string, len(entries))
	for n, e := range entries {
		all[n] = e.Name
	}
	return all
}

func driftReason(t told) string {
	if len(t.changed) > 0 {
		return fmt.Sprintf("%v was changed in the vault", t.changed)
	}
	return fmt.Sprintf("%v was deleted in the vault", t.missing)
}

func (t told) facts(y Sync, name string, version int) []kernel.Fact {
	var all []kernel.Fact
	add := func(what string, names []string, more map[string]any) {
		if len(names) > 0 {
			more["names"] = names
			all = append(all, fact(y, what, name, more))
		}
	}
	add("secret.sync.drifted", t.changed, map[string]any{"how": "changed"})
	add("secret.sync.drifted", t.missing, map[string]any{"how": "deleted"})
	add("secret.sync.recovered", t.recovered, map[string]any{})
	add("secret.sync.written", t.written, map[string]any{"version": version})
	add("secret.sync.deleted", t.deleted, map[string]any{})
	return all
}
