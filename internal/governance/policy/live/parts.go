package live

import (
	"context"
	"maps"
	"sync"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// parts compiles of a source that has an index what the documents ask for that
// come: a platform uses few of the types that the shipped policies look at.
type parts struct {
	library, folder policy.Folder
	index           policy.Index

	mu    sync.Mutex
	files map[string]bool // that set was compiled from
	set   *rego.Set
}

// need returns a set that has the wanted policies. Whoever asks for one that has
// to be compiled waits.
func (p *parts) need(ctx context.Context, wanted func(policy.Policy) bool) (*rego.Set, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	files := p.index.Files(wanted)
	missing := p.set == nil
	for f := range files {
		missing = missing || !p.files[f]
	}
	if !missing {
		return p.set, nil
	}
	maps.Copy(files, p.files)
	set, err := rego.Compile(ctx, p.library, p.folder.Only(files))
	if err != nil {
		return nil, err
	}
	p.set, p.files = set, files
	return set, nil
}
