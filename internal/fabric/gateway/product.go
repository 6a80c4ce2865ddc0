package gateway

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ProductStore keeps the documents of products; gatewaysql implements it. Their Kind is
// gatewaydoc.KindProduct, and they have no Route.
type ProductStore interface {
	// PutProduct keeps a product, replacing the one of its name.
	PutProduct(ctx context.Context, p Policy) error
	// DeleteProduct removes a product if it is there.
	DeleteProduct(ctx context.Context, scope kernel.Scope, name string) error
	// Products returns those of a scope itself, by name.
	Products(ctx context.Context, scope kernel.Scope) ([]Policy, error)
}

// Products knows what a product is, and who is subscribed to it.
type Products interface {
	// Check returns a product in the form that is kept. It tells what is wrong with it, and
	// whether it leaves subscriptions without their plan.
	Check(ctx context.Context, p Policy) (Policy, error)
	// Removable tells whether anybody is subscribed to a product.
	Removable(ctx context.Context, scope kernel.Scope, name string) error
	// Changed is called in the transaction that changed a product.
	Changed(ctx context.Context)
	// Spec returns the zero value of what a product's document is read into.
	Spec() any
}

func (a *application) product(ctx context.Context, it item, change *Change) error {
	p := it.policy
	p.UpdatedAt = a.s.Clock.Now()
	switch {
	case a.s.Products == nil:
		return kernel.Errorf(kernel.Refused, "this gateway has no products").WithFix("remove the document")
	case p.Scope.Project == "":
		return kernel.Errorf(kernel.Invalid, "product %s is of no project", p.Name).WithFix("name the project, and the stage if it is for one alone")
	}
	p, err := a.s.Products.Check(ctx, p)
	if err != nil {
		return err
	}
	all, err := a.s.ProductStore.Products(ctx, it.scope)
	if err != nil {
		return err
	}
	before, had := named(all, it.name)
	p.Owner = a.keep.Keeper(before.Owner)
	change.Outcome = outcome(had, had && before.Owner == p.Owner && sameJSON(before.Spec, p.Spec))
	if change.Outcome == Unchanged {
		return nil
	}
	if err := a.owned(it, before.Owner, change); err != nil {
		return err
	}
	a.s.Products.Changed(ctx)
	return a.s.ProductStore.PutProduct(ctx, p)
}

// removeProduct deletes a product that there is, where nobody is subscribed to it.
func (s *Service) removeProduct(ctx context.Context, it item) error {
	if err := s.Products.Removable(ctx, it.scope, it.name); err != nil {
		return err
	}
	s.Products.Changed(ctx)
	return s.ProductStore.DeleteProduct(ctx, it.scope, it.name)
}
