package waf

import (
	"context"
	"encoding/json"
	"time"
)

// Occupy takes all the room for bodies of the engine of a spec, and has others
// wait for it as long as is said.
func (k *Kind) Occupy(ctx context.Context, spec string, wait time.Duration) (release func(), err error) {
	s, err := read("guard", json.RawMessage(spec))
	if err != nil {
		return nil, err
	}
	g, err := k.pool.guard(ctx, "guard", s)
	if err != nil {
		return nil, err
	}
	g.wait = wait
	for range cap(g.bodies) {
		g.bodies <- struct{}{}
	}
	return g.leave, nil
}

// Engines is how many engines there are.
func (k *Kind) Engines() (n int) {
	k.pool.mu.Lock()
	defer k.pool.mu.Unlock()
	for _, g := range k.pool.guards {
		if g.Value() != nil {
			n++
		}
	}
	return n
}
