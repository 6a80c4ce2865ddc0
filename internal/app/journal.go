package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// recorder is what the audit log and the log of events have in common.
type recorder interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// journal writes each fact to all of its recorders, in the transaction of the
// context: none of them has it without the others.
type journal []recorder

// Record implements the rooms' Journal.
func (j journal) Record(ctx context.Context, f kernel.Fact) error {
	for _, r := range j {
		if err := r.Record(ctx, f); err != nil {
			return err
		}
	}
	return nil
}
