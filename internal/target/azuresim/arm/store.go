package arm

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Record is one thing that a journal keeps. A nil Value means it is gone.
type Record struct {
	// Space is "resource", "data" or "cloud".
	Space string
	// Key is unique in its space: a resource's id, a record's owner and name.
	Key   string
	Value []byte
}

// Journal keeps records across restarts. Write keeps all of them or none.
type Journal interface {
	Load(ctx context.Context) ([]Record, error)
	Write(ctx context.Context, changed []Record, entries []Entry) error
	Entries(ctx context.Context) ([]Entry, error)
}

// The spaces of a journal.
const (
	spaceResource = "resource"
	spaceData     = "data"
)

// store holds everything in memory and writes what changes to the journal first.
// Transactions follow one another; readers see whole transactions only.
type store struct {
	mu        sync.RWMutex
	resources map[string]*Resource
	data      map[string]map[string][]byte
	journal   Journal
}

// stored is how a resource is written to the journal.
type stored struct {
	ID string `json:"id"`
	*Resource
}

func openStore(ctx context.Context, journal Journal) (*store, error) {
	s := &store{resources: map[string]*Resource{}, data: map[string]map[string][]byte{}, journal: journal}
	if journal == nil {
		return s, nil
	}
	records, err := journal.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the simulated cloud: %w", err)
	}
	for _, r := range records {
		if err := s.load(r); err != nil {
			return nil, fmt.Errorf("read the simulated cloud: %s: %w", r.Key, err)
		}
	}
	return s, nil
}

func (s *store) load(r Record) error {
	switch r.Space {
	case spaceResource:
		var got stored
		if err := json.Unmarshal(r.Value, &got); err != nil {
			return err
		}
		id, err := ParseID(got.ID)
		if err != nil {
			return err
		}
		got.Resource.ID = id
		s.resources[id.Key()] = got.Resource
	case spaceData:
		owner, name, _ := strings.Cut(r.Key, "\n")
		s.record(owner, name, r.Value)
	}
	return nil
}

func (s *store) record(owner, name string, value []byte) {
	if value == nil {
		delete(s.data[owner], name)
		if len(s.data[owner]) == 0 {
			delete(s.data, owner)
		}
		return
	}
	if s.data[owner] == nil {
		s.data[owner] = map[string][]byte{}
	}
	s.data[owner][name] = value
}

// read runs fn on what is stored; fn must not write.
func (s *store) read(fn func(t *tx) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return fn(&tx{store: s, readOnly: true})
}

// write runs fn and stores what it changed, all of it or, on an error, nothing.
func (s *store) write(ctx context.Context, fn func(t *tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &tx{store: s, resources: map[string]*Resource{}, data: map[[2]string][]byte{}}
	if err := fn(t); err != nil {
		return err
	}
	return t.commit(ctx)
}

// tx is one transaction: what it changed over what is stored. A nil entry is a removal.
type tx struct {
	store     *store
	readOnly  bool
	resources map[string]*Resource
	data      map[[2]string][]byte
}

func (t *tx) get(key string) *Resource {
	if r, changed := t.resources[key]; changed {
		return r
	}
	return t.store.resources[key]
}

func (t *tx) put(key string, r *Resource) {
	if !t.readOnly {
		t.resources[key] = r
	}
}

// all returns what matches, sorted by key.
func (t *tx) all(match func(key string, r *Resource) bool) []*Resource {
	found := map[string]*Resource{}
	for key, r := range t.store.resources {
		if _, changed := t.resources[key]; !changed && match(key, r) {
			found[key] = r
		}
	}
	for key, r := range t.resources {
		if r != nil && match(key, r) {
			found[key] = r
		}
	}
	out := make([]*Resource, 0, len(found))
	for _, key := range slices.SortedFunc(maps.Keys(found), cmp.Compare[string]) {
		out = append(out, found[key])
	}
	return out
}

func (t *tx) record(owner, name string) []byte {
	if v, changed := t.data[[2]string{owner, name}]; changed {
		return v
	}
	return t.store.data[owner][name]
}

// records returns the names of an owner's records, sorted.
func (t *tx) records(owner string) []string {
	names := map[string]bool{}
	for name := range t.store.data[owner] {
		names[name] = true
	}
	for key, v := range t.data {
		if key[0] != owner {
			continue
		}
		if v == nil {
			delete(names, key[1])
		} else {
			names[key[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// owners returns who has records at or under an id.
func (t *tx) owners(id ID) []string {
	owners := map[string]bool{}
	for owner := range t.store.data {
		owners[owner] = true
	}
	for key := range t.data {
		owners[key[0]] = true
	}
	maps.DeleteFunc(owners, func(owner string, _ bool) bool { return !id.Covers(owner) })
	return slices.Sorted(maps.Keys(owners))
}

func (t *tx) commit(ctx context.Context) error {
	if len(t.resources)+len(t.data) == 0 {
		return nil
	}
	if t.store.journal != nil {
		changed, err := t.changes()
		if err != nil {
			return err
		}
		if err := t.store.journal.Write(ctx, changed, nil); err != nil {
			return fmt.Errorf("write the simulated cloud: %w", err)
		}
	}
	for key, r := range t.resources {
		if r == nil {
			delete(t.store.resources, key)
		} else {
			t.store.resources[key] = r
		}
	}
	for key, v := range t.data {
		t.store.record(key[0], key[1], v)
	}
	return nil
}

func (t *tx) changes() ([]Record, error) {
	changed := make([]Record, 0, len(t.resources)+len(t.data))
	for key, r := range t.resources {
		record := Record{Space: spaceResource, Key: key}
		if r != nil {
			raw, err := json.Marshal(stored{r.ID.String(), r})
			if err != nil {
				return nil, fmt.Errorf("write the simulated cloud: %s: %w", key, err)
			}
			record.Value = raw
		}
		changed = append(changed, record)
	}
	for key, v := range t.data {
		changed = append(changed, Record{Space: spaceData, Key: key[0] + "\n" + key[1], Value: v})
	}
	return changed, nil
}
