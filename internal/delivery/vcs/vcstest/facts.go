package vcstest

import (
	"context"
	"slices"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Facts are what was recorded.
type Facts struct {
	mu     sync.Mutex
	all    []kernel.Fact
	causes []string
	fails  bool
}

// Fail has nothing recorded from here on, or all again.
func (f *Facts) Fail(fails bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = fails
}

// Record keeps a fact.
func (f *Facts) Record(ctx context.Context, fact kernel.Fact) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails {
		return kernel.Errorf(kernel.Unavailable, "the journal fails, as the test told it to")
	}
	f.all, f.causes = append(f.all, fact), append(f.causes, kernel.CauseFrom(ctx))
	return nil
}

// Causes returns what has caused the facts of a type.
func (f *Facts) Causes(kind string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for i, fact := range f.all {
		if fact.Type == kind {
			out = append(out, f.causes[i])
		}
	}
	return out
}

// Of returns the facts of a type.
func (f *Facts) Of(kind string) []kernel.Fact {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.all), func(k kernel.Fact) bool { return k.Type != kind })
}
