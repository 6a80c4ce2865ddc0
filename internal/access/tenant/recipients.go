package tenant

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Recipients are those for whom the archive of a tenant is encrypted when it leaves. Its own
// admins name them, so that whoever runs the platform keeps what they cannot read.
type Recipients struct {
	// Keys are public keys of age.
	Keys []string `json:"keys"`
	// Without is what is left out of the archive, as of an export.
	Without []string `json:"without,omitempty"`
	// SetBy is who named them, and SetAt when.
	SetBy string    `json:"setBy"`
	SetAt time.Time `json:"setAt"`
}

// SetRecipients names for whom the archive of a tenant is encrypted when it leaves; without
// keys nobody is. It is for who may read all that is in the archive: its own admins, who say
// what is left out of it, too.
func (s *Service) SetRecipients(ctx context.Context, name string, keys, without []string) (Tenant, error) {
	if actor, ok := kernel.ActorFrom(ctx); ok && actor.Kind == kernel.ActorUser && actor.Tenant != name {
		return Tenant{}, kernel.Errorf(kernel.NotFound, "you are of the tenant %s, and see no other", actor.Tenant).
			WithFix("have an admin of the tenant itself do it: who they name can read all that it has")
	}
	if err := s.Archives.Check(ctx, name, keys); err != nil {
		return Tenant{}, err
	}
	t, err := s.Store.Tenant(ctx, name)
	if err != nil {
		return Tenant{}, err
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	t.Recipients = nil
	if len(keys) > 0 {
		t.Recipients = &Recipients{Keys: keys, Without: without, SetBy: actor.Name, SetAt: s.Clock.Now()}
	} else {
		keys = []string{}
	}
	return t, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SaveTenant(ctx, t); err != nil {
			return err
		}
		t.Revision++
		for _, of := range s.heard(name) {
			fact := kernel.Fact{Type: "tenant.recipients_set", Scope: kernel.Scope{Tenant: of}, Subject: name, Data: map[string]any{"tenant": name, "recipients": keys, "without": without}}
			if err := s.Journal.Record(ctx, fact); err != nil {
				return err
			}
		}
		return nil
	})
}

// heard are the tenants whose logs tell of what happens to one: that of who runs the
// platform, and itself.
func (s *Service) heard(name string) []string {
	if name == s.Home {
		return []string{name}
	}
	return []string{s.Home, name}
}
