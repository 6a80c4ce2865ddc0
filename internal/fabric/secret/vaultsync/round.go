package vaultsync

import (
	"context"
	"maps"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// round compares all that both sides have.
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
	for _, name := range names {
		if err := j.item(ctx, name); err != nil {
			return err
		}
	}
	return nil
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
