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
// context: none of them has it without the others. From the first record on, who
// else records for the tenant waits, so what follows from the end of a run is
// done before.
type journal struct {
	ends *runEnds
	// quotas refuse what would go over one; nil until they are there.
	quotas    *quotaGate
	recorders []recorder
}

// Record implements the rooms' Journal.
func (j journal) Record(ctx context.Context, f kernel.Fact) error {
	if err := j.quotas.Admit(ctx, f); err != nil {
		return err
	}
	following, err := j.ends.Before(ctx, f)
	if err != nil {
		return err
	}
	for _, one := range append([]kernel.Fact{f}, following...) {
		if err := j.write(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func (j journal) write(ctx context.Context, f kernel.Fact) error {
	for _, r := range j.recorders {
		if err := r.Record(ctx, f); err != nil {
			return err
		}
	}
	return nil
}
