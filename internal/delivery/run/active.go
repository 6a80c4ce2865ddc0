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
	// again is true when the run was to be advanced while the execution was there.
	again bool
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

// note remembers that the run was to be advanced while an execution of it is
// there, which may be leaving already, and reports whether there is one.
func (a *active) note(id string) bool {
	a.Lock()
	defer a.Unlock()
	r := a.runs[id]
	if r == nil {
		return false
	}
	r.again = true
	return true
}

// count returns how many executions there are, of remote runners or of this process.
func (a *active) count(remote bool) int {
	a.Lock()
	defer a.Unlock()
	n := 0
	for _, r := range a.runs {
		if r.execution.remote == remote {
			n++
		}
	}
	return n
}

// hold notes the fence of a reserved execution. It is called before the lease
// is committed, so that no one sees the lease without its holder.
func (a *active) hold(id string, fence int64) {
	a.Lock()
	defer a.Unlock()
	a.runs[id].fence = fence
}

// Carries reports whether this process carries the run on.
func (s *Service) Carries(run string) bool {
	_, ok := s.active.get(run)
	return ok
}

// remove ends an execution; again reports whether the run was to be advanced
// in the meantime.
func (a *active) remove(id string) (again bool) {
	a.Lock()
	defer a.Unlock()
	again = a.runs[id].again
	delete(a.runs, id)
	return again
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
