package workload

import (
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// SecretUse is a place where a workload refers to a secret of its stage.
type SecretUse struct {
	// Path is what the value is a part of, such as containers.main.variables.KEY.
	Path      string
	Reference secretref.Reference
	At        Position
}

// SecretUses returns where the workload refers to secrets, by container, variables before
// files.
func (w *Workload) SecretUses() []SecretUse {
	var uses []SecretUse
	add := func(path string, t Template) {
		for _, p := range t.Parts {
			if r, err := secretref.Parse(p.Secret); err == nil { // anything else was refused with its place
				uses = append(uses, SecretUse{Path: path, Reference: r, At: p.At})
			}
		}
	}
	for _, name := range w.ContainerNames() {
		c := w.Containers[name]
		for _, variable := range sortedKeys(c.Variables) {
			add("containers."+name+".variables."+variable, c.Variables[variable])
		}
		for _, target := range sortedKeys(c.Files) {
			add("containers."+name+".files."+target, c.Files[target].Content)
		}
	}
	return uses
}
