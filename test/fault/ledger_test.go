package fault_test

import (
	"maps"
	"slices"
	"sync"
)

// ledger is what the API has acknowledged with a 2xx answer: what must be there
// whatever happens.
type ledger struct {
	mu        sync.Mutex
	runs      map[string]bool
	releases  map[string]bool
	approvals map[string]string // dossiers by run
	artifacts map[string]bool
	refused   int
	// unknown counts requests without an answer: they may or may not have counted.
	unknown int
	// uploading counts the uploads under way.
	uploading int
}

func newLedger() *ledger {
	return &ledger{runs: map[string]bool{}, releases: map[string]bool{}, approvals: map[string]string{}, artifacts: map[string]bool{}}
}

func (l *ledger) run(r run) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs[r.ID], l.releases[r.Release.ID] = true, true
}

func (l *ledger) approval(r run) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.approvals[r.ID] = r.Dossier
}

func (l *ledger) artifact(digest string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.artifacts[digest] = true
}

func (l *ledger) upload(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.uploading += n
}

// uploads returns how many uploads are under way.
func (l *ledger) uploads() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.uploading
}

// not counts a request that was not acknowledged.
func (l *ledger) not(status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if status == 0 {
		l.unknown++
	} else {
		l.refused++
	}
}

// acknowledged returns copies, for the checks.
func (l *ledger) acknowledged() (runs, releases, artifacts []string, approvals map[string]string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.runs)), slices.Sorted(maps.Keys(l.releases)), slices.Sorted(maps.Keys(l.artifacts)), maps.Clone(l.approvals)
}
