package cache

import (
	"slices"
	"strings"
	"sync"
)

// Purge names what is dropped: one key, or all that has every one of tag, prefix
// and part, or everything.
type Purge struct {
	Key string `json:"key,omitempty"`
	Tag string `json:"tag,omitempty"`
	// Prefix is what keys begin with, Part what they have in them.
	Prefix string `json:"prefix,omitempty"`
	Part   string `json:"part,omitempty"`
	All    bool   `json:"all,omitempty"`
	// Soft makes entries old instead of dropping them, where the cache can; the
	// shared tier drops them all the same.
	Soft bool `json:"soft,omitempty"`
}

// names tells that a purge is for an entry.
func (p Purge) names(key string, tags []string) bool {
	switch {
	case p.All:
		return true
	case p.Key != "":
		return key == p.Key
	case p.Tag == "" && p.Prefix == "" && p.Part == "":
		return false
	}
	return p.keys(key) && (p.Tag == "" || slices.Contains(tags, p.Tag))
}

// keys tells that a key has the prefix and the part.
func (p Purge) keys(key string) bool {
	return strings.HasPrefix(key, p.Prefix) && strings.Contains(key, p.Part)
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
	return p.named(mark, key, tags)
}

// named is since with mu held.
func (p *purges) named(mark Mark, key string, tags []string) bool {
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
