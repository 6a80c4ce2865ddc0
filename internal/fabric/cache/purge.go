package cache

import (
	"slices"
	"strings"
	"sync"
)

// Purge names what is dropped: one key, all with a tag, all whose key begins
// with a prefix, or everything.
type Purge struct {
	Key    string `json:"key,omitempty"`
	Tag    string `json:"tag,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	All    bool   `json:"all,omitempty"`
}

// names tells that a purge is for an entry.
func (p Purge) names(key string, tags []string) bool {
	switch {
	case p.All:
		return true
	case p.Key != "":
		return key == p.Key
	case p.Prefix != "":
		return strings.HasPrefix(key, p.Prefix)
	}
	return p.Tag != "" && slices.Contains(tags, p.Tag)
}

// remembered is how many purges are known one by one; what is older than all of
// them counts as purged.
const remembered = 512

// purges are the last purges: what was being read while they came must not be kept.
type purges struct {
	mu    sync.Mutex
	count uint64
	last  [remembered]Purge
}

func (p *purges) mark() Mark {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Mark(p.count)
}

func (p *purges) add(one Purge) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last[p.count%remembered] = one
	p.count++
}

// since tells that an entry was purged after a mark.
func (p *purges) since(mark Mark, key string, tags []string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count-uint64(mark) > remembered {
		return true
	}
	for n := uint64(mark); n < p.count; n++ {
		if p.last[n%remembered].names(key, tags) {
			return true
		}
	}
	return false
}
