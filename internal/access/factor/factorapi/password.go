package factorapi

import (
	"context"
	"net/url"
	"slices"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Passwords knows whose password somebody else has chosen.
type Passwords interface {
	HasGiven(ctx context.Context, tenant, id string) (bool, error)
	// ReplaceGiven gives them one of their own. The error is Invalid for one that is not
	// possible.
	ReplaceGiven(ctx context.Context, tenant, id, next string) error
}

// choose has who signs in with a password that somebody else has chosen, and knows, choose
// their own.
type choose struct{ passwords Passwords }

// Name is in the step's address.
func (choose) Name() string { return "password" }

// Needed reports whether the person came by such a password.
func (s choose) Needed(ctx context.Context, p provider.Person) (bool, error) {
	if !slices.Contains(p.Methods, "pwd") {
		return false, nil
	}
	return s.passwords.HasGiven(ctx, p.Tenant, p.ID)
}

// Show asks for the new one twice.
func (choose) Show(_ context.Context, p provider.Person, _ url.Values) (provider.StepForm, error) {
	body, err := page("password", p)
	return provider.StepForm{Title: "Choose a password", Body: body}, err
}

// Take keeps it. What cannot be taken is asked for again.
func (s choose) Take(ctx context.Context, p provider.Person, form url.Values) ([]string, error) {
	next := form.Get("new")
	if next != form.Get("again") {
		return nil, kernel.Errorf(kernel.Unauthenticated, "the two are not the same")
	}
	err := s.passwords.ReplaceGiven(ctx, p.Tenant, p.ID, next)
	if kernel.Is(err, kernel.Invalid) {
		return nil, kernel.Errorf(kernel.Unauthenticated, "%w", err)
	}
	return nil, err
}
