package vaultsync

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// begun is a comparison that has given way to other tenants: for
// which request it is, and the name after which it goes on.
type begun struct {
	askedAt time.Time
	after   string
}

// round compares all that both sides have. One that gives way goes on where it was, when its
// turn has come again in this process.
func (j *job) round(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, roundTime)
	defer cancel()
	if err := j.list(ctx); err != nil {
		return err
	}
	defer func() { j.listed, j.named = nil, nil }()
	names, err := j.names(ctx)
	if err != nil {
		return err
	}
	from := j.goesOn()
	for n, name := range names {
		if name <= from {
			continue
		}
		if err := j.item(ctx, name); err != nil {
			return err
		}
		if n < len(names)-1 && j.places.gives(j.sync.Scope) {
			j.pauses(name)
			return errWay
		}
	}
	return nil
}

// goesOn returns the name after which a comparison goes on, "" for one that begins.
func (j *job) goesOn() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	b := j.begun[j.sync.Scope]
	delete(j.begun, j.sync.Scope)
	if !b.askedAt.Equal(j.sync.AskedAt) {
		return "" // somebody has asked for one since
	}
	return b.after
}

// pauses keeps that a comparison goes on after a name.
func (j *job) pauses(after string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.begun[j.sync.Scope] = begun{askedAt: j.sync.AskedAt, after: after}
}

// list reads what the vault has, without values.
func (j *job) list(ctx context.Context) error {
	entries, err := j.vault.List(ctx)
	if err != nil {
		return err
	}
	j.listed, j.named = make(map[string]Entry, len(entries)), map[string][]Entry{}
	for _, e := range entries {
		j.listed[e.Name] = e
		r, ok := named(j.sync.Scope, e)
		if j.sync.Direction == Pull {
			r, ok = offered(e)
		}
		if ok {
			j.named[r.Name] = append(j.named[r.Name], e)
		}
	}
	return nil
}

// names are those of all secrets that the stage or the vault has, or that one of them had.
func (j *job) names(ctx context.Context) ([]string, error) {
	all := map[string]bool{}
	for name := range j.named {
		all[name] = true
	}
	if j.sync.Direction == Push {
		err := pages(func(page kernel.PageRequest) (string, error) {
			some, err := j.Secrets.List(ctx, j.sync.Scope, page)
			for _, i := range some.Items {
				all[i.Name] = true
			}
			return some.Next, err
		})
		if err != nil {
			return nil, err
		}
	}
	err := pages(func(page kernel.PageRequest) (string, error) {
		some, err := j.Store.List(ctx, j.sync.Scope, "", page)
		for _, i := range some.Items {
			all[i.Name] = true
		}
		return some.Next, err
	})
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(all)), nil
}

// pages reads all pages of a list.
func pages(read func(page kernel.PageRequest) (next string, err error)) error {
	page := kernel.PageRequest{Limit: kernel.MaxPageSize}
	for {
		next, err := read(page)
		if err != nil || next == "" {
			return err
		}
		page.Cursor = next
	}
}
