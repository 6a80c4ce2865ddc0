package tenant

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ActionOffboard is the action of who ends a tenant.
const ActionOffboard = "tenant.offboard"

// longestGrace bounds how long a tenant that leaves is kept.
const longestGrace = 366 * 24 * time.Hour

// namedAtOnce is how many of the deployments that are in the way are named.
const namedAtOnce = 20

// Deployments knows what is deployed.
type Deployments interface {
	// Standing returns what of a tenant is deployed, as stacks; local says that the local
	// target runs it.
	Standing(ctx context.Context, tenant string) (stacks []Standing, err error)
}

// Archives makes archives of tenants.
type Archives interface {
	// Check refuses recipients that are none, and an actor of ctx who may not name them for
	// the tenant.
	Check(ctx context.Context, tenant string, recipients []string) error
}

// Standing is something that is deployed.
type Standing struct {
	Stack string
	Local bool
}

// NewDeparture is how a tenant is to leave.
type NewDeparture struct {
	// Confirm is the tenant's name once more.
	Confirm string
	Reason  string
	// Grace is how long its data are kept.
	Grace time.Duration
	// Abandon leaves what is deployed on other targets than the local one where it is.
	Abandon bool
	// WithoutExport has no archive made of it.
	WithoutExport bool
}

// Leave closes a tenant for good: when its grace is over, all that Terrace has of it is
// removed. Until then it can be called off. It is refused while something is deployed, and
// where its admins have named nobody to encrypt its archive for; or have, and none is to be made.
func (s *Service) Leave(ctx context.Context, name string, n NewDeparture) (Tenant, error) {
	if err := s.Authorizer.Authorize(ctx, ActionOffboard, kernel.Scope{Tenant: name}); err != nil {
		return Tenant{}, err
	}
	if n.Grace < 0 || n.Grace > longestGrace {
		return Tenant{}, kernel.Errorf(kernel.Invalid, "a tenant's data are kept from nothing up to a year, not %s", n.Grace).WithFix("say how long with --keep, such as 30d")
	}
	if n.Confirm != name {
		return Tenant{}, kernel.Errorf(kernel.Invalid, "all that there is of the tenant %s will be removed", name).WithFix("say its name once more with --confirm %s", name)
	}
	return s.turn(ctx, name, n.Reason, "tenant.leaving", func(t *Tenant) error {
		if t.State != Active && t.State != Suspended {
			return kernel.Errorf(kernel.Conflict, "the tenant %s is %s already", t.Name, t.State)
		}
		if err := s.nothingStands(ctx, t.Name, n.Abandon); err != nil {
			return err
		}
		if err := archived(*t, n.WithoutExport); err != nil {
			return err
		}
		t.State = Leaving
		t.Departure = &Departure{At: s.Clock.Now().Add(n.Grace), Abandon: n.Abandon, WithoutExport: n.WithoutExport, Step: StepWait}
		return nil
	})
}

// archived refuses a tenant whose admins have not said for whom its archive is, and one that
// is to have none though they have.
func archived(t Tenant, without bool) error {
	switch {
	case t.Recipients == nil && !without:
		return kernel.Errorf(kernel.Refused, "nobody is named for whom the archive of the tenant %s is encrypted", t.Name).
			WithFix("have an admin of it name their key with terrace tenant recipients set %s age1…; with --without-export no archive is made, and all that it has is lost", t.Name)
	case t.Recipients != nil && without:
		return kernel.Errorf(kernel.Refused, "%s has named for whom the archive of the tenant %s is encrypted: there is one", t.Recipients.SetBy, t.Name).
			WithFix("leave --without-export out, or have an admin of it run terrace tenant recipients clear %s; what they named is left out of the archive", t.Name)
	}
	return nil
}

// nothingStands refuses a tenant that has something deployed.
func (s *Service) nothingStands(ctx context.Context, name string, abandon bool) error {
	all, err := s.Deployments.Standing(ctx, name)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(d Standing) bool { return abandon && !d.Local })
	if len(all) == 0 {
		return nil
	}
	var stacks []string
	for _, d := range all[:min(len(all), namedAtOnce)] {
		stacks = append(stacks, d.Stack)
	}
	more := ""
	if len(all) > namedAtOnce {
		more = fmt.Sprintf(" and %d more", len(all)-namedAtOnce)
	}
	return kernel.Errorf(kernel.Refused, "the tenant %s has something deployed: %s%s", name, strings.Join(stacks, ", "), more).
		WithFix("have its people destroy it first with terrace destroy; with --abandon, what is not on the local target stays where it is, and nobody looks after it")
}

// Stay calls a tenant's leaving off, as long as its data are there. It is suspended then.
func (s *Service) Stay(ctx context.Context, name, reason string) (Tenant, error) {
	if err := s.Authorizer.Authorize(ctx, ActionOffboard, kernel.Scope{Tenant: name}); err != nil {
		return Tenant{}, err
	}
	return s.turn(ctx, name, reason, "tenant.stays", func(t *Tenant) error {
		switch {
		case t.State != Leaving:
			return kernel.Errorf(kernel.Conflict, "the tenant %s is %s: it does not leave", t.Name, t.State)
		case t.Departure.Step != StepWait && t.Departure.Step != StepExport:
			return kernel.Errorf(kernel.Conflict, "the data of the tenant %s are being removed: that cannot be called off", t.Name)
		}
		t.State, t.Departure = Suspended, nil
		return nil
	})
}

// Due returns the tenants whose time is over. It asks nobody, as the methods below.
func (s *Service) Due(ctx context.Context) ([]Tenant, error) {
	var due []Tenant
	page := kernel.PageRequest{Limit: kernel.MaxPageSize}
	for {
		some, err := s.Store.Tenants(ctx, []State{Leaving}, page)
		if err != nil {
			return nil, err
		}
		for _, t := range some.Items {
			if !t.Departure.At.After(s.Clock.Now()) {
				due = append(due, t)
			}
		}
		if page.Cursor = some.Next; page.Cursor == "" {
			return due, nil
		}
	}
}

// Proceed notes how far a departure is, over what was read.
func (s *Service) Proceed(ctx context.Context, t *Tenant) error {
	if err := s.Store.SaveTenant(ctx, *t); err != nil {
		return err
	}
	t.Revision++
	return nil
}

// Bury notes that nothing is left of a tenant but its name, which nobody gets again.
func (s *Service) Bury(ctx context.Context, t *Tenant) error {
	t.State, t.Since = Gone, s.Clock.Now()
	t.Departure.Step, t.Departure.DoneAt, t.Departure.Problem = StepDone, t.Since, ""
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Proceed(ctx, t); err != nil {
			return err
		}
		return s.told(ctx, "tenant.left", *t)
	})
}
