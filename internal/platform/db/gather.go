package db

import (
	"context"
	"fmt"
)

// batch is what was gathered in a transaction under one key.
type batch interface {
	of(key any) bool
	put(ctx context.Context) error
}

// items are a batch of one kind.
type items[T any] struct {
	key  any
	all  []T
	keep func(ctx context.Context, all []T) error
}

func (b *items[T]) of(key any) bool               { return b.key == key }
func (b *items[T]) put(ctx context.Context) error { return b.keep(ctx, b.all) }

// Gather has put called once with all items of a key, in the order in which they
// came, at the end of the transaction of ctx: what is written there in one go takes
// fewer statements and holds its locks for less long. Keys are put in the order of
// their first items, each with the function that its first item came with. An error
// of it rolls the transaction back. Without a transaction the item is put at once.
func Gather[T any](ctx context.Context, key any, item T, put func(ctx context.Context, all []T) error) error {
	tx, ok := openIn(ctx)
	if !ok {
		return put(ctx, []T{item})
	}
	for _, b := range tx.gathered {
		if !b.of(key) {
			continue
		}
		same, ok := b.(*items[T])
		if !ok {
			return fmt.Errorf("gather %T under a key of another type", item)
		}
		same.all = append(same.all, item)
		return nil
	}
	tx.gathered = append(tx.gathered, &items[T]{key: key, all: []T{item}, keep: put})
	return nil
}

// put puts what was gathered, and what is gathered meanwhile.
func (tx *transaction) put(ctx context.Context) error {
	for len(tx.gathered) > 0 {
		next := tx.gathered[0]
		tx.gathered = tx.gathered[1:]
		if err := next.put(ctx); err != nil {
			return err
		}
	}
	return nil
}
