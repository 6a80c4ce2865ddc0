package local

import (
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const tailLines = 20

// tail keeps the last lines of an instance.
type tail struct {
	mu    sync.Mutex
	lines []kernel.Problem
}

func (t *tail) add(source, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, kernel.Problem{Path: "log " + source, Message: text})
	if len(t.lines) > tailLines {
		t.lines = append([]kernel.Problem(nil), t.lines[1:]...)
	}
}

func (t *tail) last() []kernel.Problem {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]kernel.Problem(nil), t.lines...)
}
