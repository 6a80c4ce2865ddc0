package run

import "sync"

// active are the executions of this process by run.
type active struct {
	sync.Mutex
	runs map[string]*activeRun
}

// activeRun is an execution with the fence that it holds; 0 before it has one.
type activeRun struct {
	execution *execution
	fence     int64
}

// reserve adds an execution unless the run has one.
func (a *active) reserve(id string, e *execution) bool {
	a.Lock()
	defer a.Unlock()
	if a.runs[id] != nil {
		return false
	}
	a.runs[id] = &activeRun{execution: e}
	return true
}

// hold notes the fence of a reserved execution. It is called before the lease
// is committed, so that no one sees the lease without its holder.
func (a *active) hold(id string, fence int64) {
	a.Lock()
	defer a.Unlock()
	a.runs[id].fence = fence
}

func (a *active) remove(id string) {
	a.Lock()
	defer a.Unlock()
	delete(a.runs, id)
}

// holds reports whether an execution of this process holds the lease.
func (a *active) holds(l Lease) bool {
	a.Lock()
	defer a.Unlock()
	r := a.runs[l.Run]
	return r != nil && r.fence == l.Fence
}

func (a *active) get(id string) (*execution, bool) {
	a.Lock()
	defer a.Unlock()
	r := a.runs[id]
	if r == nil {
		return nil, false
	}
	return r.execution, true
}
