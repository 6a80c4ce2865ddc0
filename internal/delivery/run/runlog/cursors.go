package runlog

import (
	"container/list"
	"slices"
	"sync"
	"time"
)

const (
	// keptCursors is how many readers may read on where they were, keptCursor how long.
	keptCursors = 256
	keptCursor  = time.Minute
)

// place is how far somebody has read.
type place struct {
	run    string
	offset int64
}

// cursors are the places to which logs were read last.
type cursors struct {
	mu sync.Mutex
	at map[place][]*cursor
	// used has them in the order of their use, the last one first.
	used list.List
}

func newCursors() cursors { return cursors{at: map[place][]*cursor{}} }

// take takes a place for who reads on from there, nil where none is known.
func (k *cursors) take(id string, offset int64) *cursor {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := k.at[place{id, offset}]
	if len(all) == 0 {
		return nil
	}
	c := all[len(all)-1]
	k.drop(c)
	return c
}

// put remembers a place, and forgets the oldest beyond the bound.
func (k *cursors) put(c *cursor, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := place{c.run, c.offset}
	c.used = now
	c.place = k.used.PushFront(c)
	k.at[at] = append(k.at[at], c)
	if k.used.Len() > keptCursors {
		k.forget()
	}
}

// sweep forgets the places that nobody reads on from.
func (k *cursors) sweep(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for last := k.used.Back(); last != nil; last = k.used.Back() {
		if c, ok := last.Value.(*cursor); ok && now.Sub(c.used) < keptCursor {
			return
		}
		k.forget()
	}
}

// forget forgets the oldest; it is called with the lock held.
func (k *cursors) forget() {
	if c, ok := k.used.Back().Value.(*cursor); ok {
		k.drop(c)
		c.close()
	}
}

// drop is called with the lock held.
func (k *cursors) drop(c *cursor) {
	at := place{c.run, c.offset}
	k.used.Remove(c.place)
	k.at[at] = slices.DeleteFunc(k.at[at], func(other *cursor) bool { return other == c })
	if len(k.at[at]) == 0 {
		delete(k.at, at)
	}
}
