package runner

import (
	"cmp"
	"context"
	"io"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/confine"
)

// Limits bound what the tool may take, with the providers and all else that it
// starts. 0 is the limit of the runner, and there none.
type Limits struct {
	// Memory is in bytes; what processes share counts for each.
	Memory int64 `json:"memory,omitempty"`
	// Processes is how many there may be at once.
	Processes int `json:"processes,omitempty"`
	// Disk is what may be in the folders of one command of the tool, in bytes.
	Disk int64 `json:"disk,omitempty"`
	// Output is what one command of the tool may print, in bytes.
	Output int64 `json:"output,omitempty"`
	// Time is how long one command of the tool may take.
	Time time.Duration `json:"time,omitempty"`
}

// or takes what is not limited from the others.
func (l Limits) or(others Limits) Limits {
	return Limits{
		Memory: cmp.Or(l.Memory, others.Memory), Processes: cmp.Or(l.Processes, others.Processes), Disk: cmp.Or(l.Disk, others.Disk),
		Output: cmp.Or(l.Output, others.Output), Time: cmp.Or(l.Time, others.Time),
	}
}

// watch measures the tree until done is closed, and tells when it takes too much.
func (l Limits) watch(tree confine.Tree, done <-chan struct{}, exceed context.CancelCauseFunc) {
	confine.Bounds{Memory: l.Memory, Processes: l.Processes}.Watch(tree, done, exceed)
}

// meter counts the output of a process, both streams of it.
type meter struct {
	mu     sync.Mutex
	left   int64
	max    int64
	exceed context.CancelCauseFunc
}

// read returns r up to the limit. What is beyond it is read and dropped, so that
// the process can end in order.
func (m *meter) read(r io.Reader) io.Reader {
	if m.max == 0 {
		return r
	}
	return metered{m, r}
}

type metered struct {
	*meter

	r io.Reader
}

// Read implements io.Reader.
func (m metered) Read(p []byte) (int, error) {
	for {
		n, err := m.r.Read(p)
		if m.take(n) || err != nil {
			return n, err
		}
	}
}

func (m *meter) take(n int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left -= int64(n); m.left >= 0 {
		return true
	}
	m.exceed(&confine.Overrun{What: "it printed more than " + confine.Size(m.max), Limit: "output"})
	return false
}
