package live

import (
	"context"
	"slices"
	"sync"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// mostProposed is how many proposals are kept compiled: those that are evaluated in
// turns are not compiled for each input again.
const mostProposed = 4

// proposed has what was proposed last: a proposal is evaluated over many inputs.
type proposed struct {
	mu sync.Mutex
	// sets are compiled, the one that was asked for last at the end.
	sets []proposal
}

type proposal struct {
	digest string
	set    *rego.Set
}

func (p *proposed) compile(ctx context.Context, library policy.Folder, folders []policy.Folder) (*rego.Set, error) {
	digest := ""
	for _, f := range folders {
		digest += digestOf(f)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.IndexFunc(p.sets, func(one proposal) bool { return one.digest == digest }); i >= 0 {
		one := p.sets[i]
		p.sets = append(slices.Delete(p.sets, i, i+1), one)
		return one.set, nil
	}
	set, err := rego.Compile(ctx, library, folders...)
	if err != nil {
		return nil, err
	}
	if len(p.sets) == mostProposed {
		p.sets = slices.Delete(p.sets, 0, 1)
	}
	p.sets = append(p.sets, proposal{digest, set})
	return set, nil
}
