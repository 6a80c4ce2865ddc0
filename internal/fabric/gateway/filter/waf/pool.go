package waf

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"
	"time"
	"weak"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/engine"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// guard is an engine, and the room for bodies that are inspected by it at once.
// Filters of equal specs have the same one.
type guard struct {
	engine *engine.Engine
	bodies chan struct{}
	// wait is how long a body waits for others to be inspected.
	wait time.Duration
}

// maxWait is how long a body waits for others to be inspected.
const maxWait = 5 * time.Second

// enter waits for room for a body; false is that there was none in time.
func (g *guard) enter(ctx context.Context) bool {
	select {
	case g.bodies <- struct{}{}:
		return true
	default:
	}
	late := time.NewTimer(g.wait)
	defer late.Stop()
	select {
	case g.bodies <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	case <-late.C:
		return false
	}
}

func (g *guard) leave() { <-g.bodies }

// recent is how many guards live on without a filter: those of a policy that is
// checked and then put to use, and of a table that takes the place of another.
const recent = 4

// pool finds guards by the digest of their spec. One is compiled at a time.
type pool struct {
	mu     sync.Mutex
	guards map[[sha256.Size]byte]weak.Pointer[guard]
	last   []*guard
}

func (p *pool) guard(ctx context.Context, name string, s Spec) (*guard, error) {
	content, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("digest of a policy: %w", err)
	}
	digest := sha256.Sum256(content)
	p.mu.Lock()
	defer p.mu.Unlock()
	if g := p.guards[digest].Value(); g != nil {
		p.keep(g)
		return g, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("compile policy %s: %w", name, err)
	}
	e, err := compile(s.config())
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "policy %s is not valid", name).
			WithProblems(kernel.Problem{Path: "rules", Message: "the rules cannot be compiled together: " + err.Error()})
	}
	g := &guard{engine: e, bodies: make(chan struct{}, s.Body.Concurrency), wait: maxWait}
	if p.guards == nil {
		p.guards = map[[sha256.Size]byte]weak.Pointer[guard]{}
	}
	for d, w := range p.guards {
		if w.Value() == nil {
			delete(p.guards, d)
		}
	}
	p.guards[digest] = weak.Make(g)
	p.keep(g)
	return g, nil
}

// keep makes g the youngest of those that live on.
func (p *pool) keep(g *guard) {
	kept := []*guard{g}
	for _, old := range p.last {
		if old != g && len(kept) < recent {
			kept = append(kept, old)
		}
	}
	p.last = kept
}

// compile turns a defect of the parser, which reads what users wrote, into an error.
func compile(c engine.Config) (e *engine.Engine, err error) {
	defer func() {
		if defect := recover(); defect != nil {
			e, err = nil, fmt.Errorf("the parser of rules failed on them: %v", defect)
		}
	}()
	return engine.New(c) //nolint:wrapcheck // told as a problem
}
