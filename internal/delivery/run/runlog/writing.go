package runlog

import (
	"container/list"
	"sync"
)

// keptOpen is how many files stay open, those that were written last: a run writes line
// after line.
const keptOpen = 64

// writing are the parts that this process writes, by run.
type writing struct {
	mu    sync.Mutex
	parts map[string]*live
	// open are those whose files are open, the one that was written last in front.
	open   list.List
	places map[*live]*list.Element
}

func newWriting() writing {
	return writing{parts: map[string]*live{}, places: map[*live]*list.Element{}}
}

func (w *writing) of(run string) *live {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.parts[run]
}

func (w *writing) all() []*live {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]*live, 0, len(w.parts))
	for _, p := range w.parts {
		all = append(all, p)
	}
	return all
}

// put has p written for its run, or what another has put there before.
func (w *writing) put(p *live) *live {
	w.mu.Lock()
	defer w.mu.Unlock()
	if known := w.parts[p.run]; known != nil {
		return known
	}
	w.parts[p.run] = p
	return p
}

// touch notes that p was written, and returns one whose file is to be closed; nil for none.
func (w *writing) touch(p *live) (old *live) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if place := w.places[p]; place != nil {
		w.open.MoveToFront(place)
		return nil
	}
	if w.parts[p.run] != p {
		return nil // it was frozen meanwhile
	}
	w.places[p] = w.open.PushFront(p)
	if w.open.Len() <= keptOpen {
		return nil
	}
	last := w.open.Back()
	old, _ = w.open.Remove(last).(*live)
	delete(w.places, old)
	return old
}

func (w *writing) forget(p *live) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.parts[p.run] == p {
		delete(w.parts, p.run)
	}
	if place := w.places[p]; place != nil {
		w.open.Remove(place)
		delete(w.places, p)
	}
}
