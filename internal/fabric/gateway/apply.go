package gateway

import (
	"context"
	"errors"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/ownership"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What an actor needs for what.
const (
	// ActionRead is to see routes and policies.
	ActionRead = "gateway.read"
	// ActionWrite is to change those of a stage.
	ActionWrite = "gateway.write"
	// ActionGovern is to change the policies of a whole project or tenant.
	ActionGovern = "gateway.govern"
)

// ApplyOptions say how documents are applied.
type ApplyOptions struct {
	// DryRun only tells what would change.
	DryRun bool
	// Owned changes also what a workload's Terraform or a source keeps as it is.
	Owned bool
}

// Apply makes routes and policies be as documents say, all of them or none. Scope is
// that of documents which do not name a project or a stage; the actor needs what each
// of them takes.
func (s *Service) Apply(ctx context.Context, scope kernel.Scope, files []gatewaydoc.File, o ApplyOptions) ([]Change, error) {
	docs, err := gatewaydoc.Read(files...)
	if err != nil {
		return nil, err
	}
	items := make([]item, 0, len(docs))
	for _, d := range docs {
		items = append(items, itemOf(scope, d))
	}
	return s.apply(ctx, items, o)
}

// errDry undoes the transaction of a dry run.
var errDry = errors.New("a dry run")

func (s *Service) apply(ctx context.Context, items []item, o ApplyOptions) ([]Change, error) {
	for _, it := range items {
		if err := s.mayChange(ctx, it); err != nil {
			return nil, err
		}
	}
	return s.make(ctx, items, o, nil)
}

// make brings items about, those of an owner where there is one.
func (s *Service) make(ctx context.Context, items []item, o ApplyOptions, keep *ownership.Keeping) ([]Change, error) {
	a := &application{s: s, o: o, keep: keep}
	for _, it := range items {
		if err := s.possible(it); err != nil {
			a.failed = append(a.failed, it.placed(err))
		}
	}
	if len(a.failed) > 0 {
		return nil, together(a.failed)
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := a.all(ctx, items); err != nil || o.DryRun {
			return errors.Join(err, dry(o))
		}
		for _, f := range a.facts {
			if err := s.Journal.Record(ctx, f); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case len(a.failed) > 0:
		return nil, together(a.failed)
	case err != nil && !errors.Is(err, errDry):
		return nil, err
	case !o.DryRun && len(a.facts) > 0:
		s.renew(ctx)
		all := append(a.dropped, a.changes...)
		s.carry(ctx, append(a.gone, items...), all)
		return all, nil
	}
	return append(a.dropped, a.changes...), nil
}

func dry(o ApplyOptions) error {
	if o.DryRun {
		return errDry
	}
	return nil
}

// together makes one error of several about documents.
func together(failed []error) error {
	var out *kernel.Error
	for _, err := range failed {
		told, ok := errors.AsType[*kernel.Error](err)
		if !ok {
			return err
		}
		if out == nil {
			out = kernel.Errorf(told.Kind, "nothing was changed")
		}
		if len(told.Problems) == 0 {
			out = out.WithProblems(kernel.Problem{Message: told.Message, Fix: told.Fix})
		}
		out = out.WithProblems(told.Problems...)
	}
	return out
}

// application is one apply under way.
type application struct {
	s *Service
	o ApplyOptions
	// keep is nil where documents are applied by hand.
	keep *ownership.Keeping
	// changes are those of the items, in their order; dropped is what had no item.
	changes, dropped []Change
	// gone are what was dropped.
	gone  []item
	facts []kernel.Fact
	// failed are documents that cannot be as they are.
	failed []error
}

// all writes the items, then looks whether they go together: while they are written a
// path may be at two routes, since one hands it to the other.
func (a *application) all(ctx context.Context, items []item) error {
	scopes, err := a.s.planed(ctx, items)
	if err != nil {
		return err
	}
	before, _, err := a.s.judged(ctx, scopes)
	if err != nil {
		return err
	}
	if err := a.prune(ctx, items); err != nil {
		return err
	}
	for _, it := range items {
		change, err := a.one(ctx, it)
		if err = a.noted(it, err); err != nil {
			return err
		}
		a.changes = append(a.changes, change)
	}
	for i, it := range items {
		if err := a.noted(it, a.fits(ctx, it, &a.changes[i])); err != nil {
			return err
		}
	}
	if err := a.judge(ctx, items, scopes, before); err != nil {
		return err
	}
	if len(a.failed) > 0 {
		return errDry // the transaction ends as that of a dry run
	}
	return nil
}

// noted keeps what is wrong with a document; anything else ends the application.
func (a *application) noted(it item, err error) error {
	if err == nil {
		return nil
	}
	switch kernel.KindOf(err) {
	case kernel.Invalid, kernel.Conflict, kernel.Refused, kernel.TooLarge:
		a.failed = append(a.failed, it.placed(err))
		return nil
	default: // it is not about the document
		return err
	}
}
