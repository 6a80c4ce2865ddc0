package event

import "sync"

// The bounds of what is kept in memory of the log's end.
const (
	endEvents = 256
	// endBody is the largest event of it, in bytes.
	endBody = 16 << 10
)

// end is what this process has committed last, by its place: who follows the log
// rarely has to ask for it. What is not there is in the log all the same.
type end struct {
	mu     sync.RWMutex
	events [endEvents]Event
}

// put takes a committed event. They may come in any order.
func (n *end) put(r recorded) {
	if len(r.body) > endBody {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if at := &n.events[r.Sequence%endEvents]; at.Sequence < r.Sequence {
		*at = r.Event
	}
}

// at returns the event at a place, if it is known.
func (n *end) at(sequence uint64) (Event, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	e := n.events[sequence%endEvents]
	return e, sequence > 0 && e.Sequence == sequence
}

// forget empties it.
func (n *end) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = [endEvents]Event{}
}
