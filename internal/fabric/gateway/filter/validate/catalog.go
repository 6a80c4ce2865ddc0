package validate

import (
	"sync"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Catalog has what stands on every stage, compiled once per document. It is read
// without a lock and swapped whole.
type Catalog struct {
	table  atomic.Pointer[map[place]*contract]
	change sync.Mutex
	made   map[string]*document
}

type place struct {
	scope        kernel.Scope
	api, version string
}

// contract is one version on one stage, ready to be asked.
type contract struct {
	Contract

	doc *document
}

// Knows tells that a document need not be given again.
func (c *Catalog) Knows(digest string) bool {
	c.change.Lock()
	defer c.change.Unlock()
	return c.made[digest] != nil
}

// Set makes all what stands. A document that cannot be compiled is told, and what
// stood in its place stays.
func (c *Catalog) Set(all []Contract) (failed map[string]error) {
	c.change.Lock()
	defer c.change.Unlock()
	before, made := map[place]*contract{}, map[string]*document{}
	if t := c.table.Load(); t != nil {
		before = *t
	}
	table := make(map[place]*contract, len(all))
	for _, one := range all {
		at := place{one.Scope, one.API, one.Version}
		doc := made[one.Digest]
		if doc == nil {
			doc = c.made[one.Digest]
		}
		if doc == nil {
			var err error
			if doc, err = compile(one.Document); err != nil {
				if failed == nil {
					failed = map[string]error{}
				}
				failed[one.Scope.String()+" "+one.API+" "+one.Version] = err
				if old := before[at]; old != nil {
					table[at], made[old.Digest] = old, old.doc
				}
				continue
			}
		}
		one.Document = nil
		made[one.Digest] = doc
		table[at] = &contract{Contract: one, doc: doc}
	}
	c.made = made
	c.table.Store(&table)
	return failed
}

// of returns what stands, or nil.
func (c *Catalog) of(scope kernel.Scope, api, version string) *contract {
	t := c.table.Load()
	if t == nil {
		return nil
	}
	return (*t)[place{scope, api, version}]
}

// stands tells whether a version is published on a stage within a scope, which may be a
// whole project or tenant.
func (c *Catalog) stands(within kernel.Scope, api, version string) bool {
	t := c.table.Load()
	if t == nil {
		return false
	}
	if within.Stage != "" {
		return (*t)[place{within, api, version}] != nil
	}
	for at := range *t {
		if at.api == api && at.version == version && at.scope.Tenant == within.Tenant && (within.Project == "" || at.scope.Project == within.Project) {
			return true
		}
	}
	return false
}
