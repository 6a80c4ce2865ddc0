package tail

import (
	"sync"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
)

// ahead is how many lines may wait for who watches, on each replica.
const ahead = 1000

// Hub has the lines of this process reach those who watch. Nothing of it costs a
// request more than a look where nobody does.
type Hub struct {
	// tenants are those whose routes are watched, by how many.
	tenants atomic.Pointer[map[string]int]

	mu      sync.RWMutex
	watches map[*watch]struct{}
}

// watch is one who watches.
type watch struct {
	filter Filter
	lines  chan accesslog.Line
	// left counts the lines for which there was no room.
	left atomic.Int64
}

// Watched implements proxy.Tail.
func (h *Hub) Watched(tenant string) bool {
	t := h.tenants.Load()
	return t != nil && (*t)[tenant] > 0
}

// Show implements proxy.Tail.
func (h *Hub) Show(l *accesslog.Line) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for w := range h.watches {
		if !w.filter.holds(l) {
			continue
		}
		select {
		case w.lines <- *l:
		default:
			w.left.Add(1)
		}
	}
}

// begin has somebody watch.
func (h *Hub) begin(f Filter) *watch {
	w := &watch{filter: f, lines: make(chan accesslog.Line, ahead)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watches == nil {
		h.watches = map[*watch]struct{}{}
	}
	h.watches[w] = struct{}{}
	h.count()
	return w
}

// end has somebody watch no more.
func (h *Hub) end(w *watch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watches, w)
	h.count()
}

func (h *Hub) count() {
	tenants := map[string]int{}
	for w := range h.watches {
		tenants[w.filter.tenant()]++
	}
	h.tenants.Store(&tenants)
}

// of returns how many watch a tenant.
func (h *Hub) of(tenant string) int {
	t := h.tenants.Load()
	if t == nil {
		return 0
	}
	return (*t)[tenant]
}

// taken returns the lines that wait, and how many were left out since the last time.
func (w *watch) taken() (lines []accesslog.Line, left int64) {
	for len(lines) < ahead {
		select {
		case l := <-w.lines:
			lines = append(lines, l)
			continue
		default:
		}
		break
	}
	return lines, w.left.Swap(0)
}
