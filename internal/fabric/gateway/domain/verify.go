package domain

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Verify looks for the record that proves a domain, and has it proven. Of one that is proven
// it tells whether the record is there still.
func (s *Service) Verify(ctx context.Context, tenant, text string) (Domain, error) {
	d, err := s.changeable(ctx, tenant, text)
	if err != nil {
		return Domain{}, err
	}
	texts, err := s.Resolver.TXT(ctx, d.Record.Name)
	if err != nil {
		return Domain{}, err
	}
	if !slices.Contains(texts, d.Record.Value) {
		return Domain{}, unseen(d, texts)
	}
	return s.prove(ctx, d, ByDNS, "gateway-domain.verified", "")
}

// unseen says what there is in place of a record.
func unseen(d Domain, texts []string) error {
	found := "there is no TXT record at " + d.Record.Name
	if len(texts) > 0 {
		found = "no TXT record at " + d.Record.Name + " has the value"
	}
	if d.State == Verified {
		return kernel.Errorf(kernel.Refused, "domain %s was proven, but %s any more", d.Name, found).
			WithFix("it stays proven; put the record back: TXT %s", d.Record.Value)
	}
	return kernel.Errorf(kernel.Refused, "domain %s is not proven: %s", d.Name, found).
		WithFix("add it where %s has its DNS, wait until it is seen there, and try again: %s. TXT %q", d.Name, d.Record.Name, d.Record.Value)
}

// Approve has a domain proven on the word of an operator of the platform.
func (s *Service) Approve(ctx context.Context, tenant, text, reason string) (Domain, error) {
	if err := s.Authorizer.Authorize(ctx, actionApprove, kernel.Scope{Tenant: tenant}); err != nil {
		return Domain{}, err
	}
	d, err := s.getOf(ctx, tenant, text)
	if err != nil {
		return Domain{}, err
	}
	return s.prove(ctx, d, ByApproval, "gateway-domain.approved", reason)
}

// prove has a domain proven, unless somebody else has it, or what is above or below it.
func (s *Service) prove(ctx context.Context, seen Domain, by Method, fact, reason string) (Domain, error) {
	var proven Domain
	actor, _ := kernel.ActorFrom(ctx)
	err := s.write(ctx, seen.Scope.Tenant, seen.Name, func(ctx context.Context, d Domain) error {
		if err := sameClaim(d, seen); err != nil {
			return err
		}
		others, err := s.others(ctx, d)
		if err != nil {
			return err
		}
		if err := s.rival(ctx, d, others); err != nil {
			return err
		}
		d.State, d.Revocation, d.Proof = Verified, nil, &Proof{Method: by, At: s.Clock.Now().UTC(), By: actor.Name}
		d.LookAt = nil
		if by == ByDNS {
			next := s.Clock.Now().Add(lookEvery)
			d.LookAt = &next
		}
		if err := s.served(ctx, d, append(others, d), "cannot be for "+d.For()); err != nil {
			return err
		}
		if err := s.takeBack(ctx, d); err != nil {
			return err
		}
		if err := s.Store.Save(ctx, d); err != nil {
			return err
		}
		proven = d
		return s.told(ctx, d, fact, reason, actor)
	})
	return proven, err
}

// rival refuses a domain that lies in what another tenant has proven, or the other way round.
// Who that is, only who may take the proof back learns.
func (s *Service) rival(ctx context.Context, d Domain, others []Domain) error {
	i := slices.IndexFunc(others, func(o Domain) bool { return o.Scope.Tenant != d.Scope.Tenant })
	if i < 0 {
		return nil
	}
	o := others[i]
	if s.Authorizer.Authorize(ctx, actionRevoke, kernel.Scope{Tenant: o.Scope.Tenant}) == nil {
		return kernel.Errorf(kernel.Conflict, "domain %s cannot be proven: tenant %s has proven %s", d.Name, o.Scope.Tenant, o.Name).
			WithFix("take that proof back if it is wrong: terrace domain revoke %s --of %s --reason TEXT", o.Name, o.Scope.Tenant)
	}
	return kernel.Errorf(kernel.Conflict, "domain %s, or what lies above or below it, is proven by somebody else", d.Name).
		WithFix("whoever has it gives it up first, with: terrace domain remove; or an operator of the platform takes that proof back")
}

// told records a proof, or its end, for the tenant and for an operator's own.
func (s *Service) told(ctx context.Context, d Domain, fact, reason string, actor kernel.Actor) error {
	data := map[string]any{"name": d.Name, "state": string(d.State), "for": d.For()}
	if d.Proof != nil {
		data["method"] = string(d.Proof.Method)
	}
	f := kernel.Fact{Type: fact, Scope: d.place(), Subject: d.Name, Reason: reason, Data: data}
	if err := s.Journal.Record(ctx, f); err != nil || actor.Tenant == "" || actor.Tenant == d.Scope.Tenant {
		return err
	}
	f.Scope = kernel.Scope{Tenant: actor.Tenant}
	return s.Journal.Record(ctx, f)
}
