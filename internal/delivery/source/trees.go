package source

import (
	"sync"
	"time"
)

// keepTree is how long a tree is kept that nobody asks for: a source may have been
// removed by another daemon.
const keepTree = time.Hour

// trees are those that were read, by the source's id.
type trees struct {
	mu  sync.Mutex
	all map[string]keptTree
}

type keptTree struct {
	tree *tree
	used time.Time
}

// get returns the tree of a source where it is that of a commit and a folder.
func (t *trees) get(n Source, commit string, now time.Time) (*tree, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, known := t.all[n.ID]
	if !known || k.tree.commit != commit || k.tree.path != n.Path {
		return nil, false
	}
	t.all[n.ID] = keptTree{k.tree, now}
	return k.tree, true
}

func (t *trees) put(n Source, read *tree, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all[n.ID] = keptTree{read, now}
}

func (t *trees) drop(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, id)
}

// tidy lets go of those that nobody has asked for in a while.
func (t *trees) tidy(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, k := range t.all {
		if now.Sub(k.used) > keepTree {
			delete(t.all, id)
		}
	}
}
