package domain

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Revoke takes back the proof of a domain, for an operator of the platform. Hosts that no
// other domain of the tenant takes in are served no more, and others may prove the domain and
// have them. Its tenant may prove it again, by another value: the record of before counts no
// more. Its certificate is shown again then.
func (s *Service) Revoke(ctx context.Context, tenant, text, reason string) (Domain, error) {
	if err := s.Authorizer.Authorize(ctx, actionRevoke, kernel.Scope{Tenant: tenant}); err != nil {
		return Domain{}, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return Domain{}, kernel.Errorf(kernel.Invalid, "a proof is taken back with a reason").WithFix("say why: the tenant reads it")
	}
	seen, err := s.getOf(ctx, tenant, text)
	if err != nil {
		return Domain{}, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	var revoked Domain
	err = s.write(ctx, tenant, seen.Name, func(ctx context.Context, d Domain) error {
		if d.State != Verified {
			return kernel.Errorf(kernel.Refused, "domain %s is not proven: there is nothing to take back", d.Name)
		}
		d.State, d.Proof, d.LookAt, d.Record = Revoked, nil, nil, challenge(d.Name)
		d.Revocation = &Revocation{Reason: reason, At: s.Clock.Now().UTC(), By: actor.Name}
		if err := s.letGo(ctx, d); err != nil {
			return err
		}
		if err := s.Store.Save(ctx, d); err != nil {
			return err
		}
		revoked = d
		return s.told(ctx, d, "gateway-domain.revoked", reason, actor)
	})
	return revoked, err
}

// letGo frees the hosts of a domain that no other one of the tenant takes in. Who writes
// routes waits until the transaction ends, and every gateway serves anew after it.
func (s *Service) letGo(ctx context.Context, d Domain) error {
	hosts, others, err := s.hostsOf(ctx, d)
	if err != nil {
		return err
	}
	var freed []gateway.RouteHost
	for _, h := range hosts {
		if o := owner(others, h.Host); o == nil || !o.takes(h.Scope) {
			freed = append(freed, h)
		}
	}
	return s.Routes.FreeHosts(ctx, freed)
}

// takeBack takes hosts again that were let go when this domain, or another one that took them
// in, was taken from the tenant, where its routes have them still.
func (s *Service) takeBack(ctx context.Context, d Domain) error {
	hosts, _, err := s.hostsOf(ctx, d)
	if err != nil {
		return err
	}
	return s.Routes.ClaimHosts(ctx, hosts)
}

// hostsOf are the hosts that routes have within a domain and outside of the platform's own
// names, and the domains beside it.
func (s *Service) hostsOf(ctx context.Context, d Domain) (hosts []gateway.RouteHost, others []Domain, err error) {
	all, err := s.Routes.HostsWithin(ctx, d.Scope.Tenant, d.Name)
	if err != nil {
		return nil, nil, err
	}
	for _, h := range all {
		if !s.inOwn(h.Host) {
			hosts = append(hosts, h)
		}
	}
	others, err = s.others(ctx, d)
	return hosts, others, err
}

// Holdings returns the domains that are proven now.
func (s *Service) Holdings(ctx context.Context) (route.Domains, error) {
	proven, err := s.View.Proven(ctx)
	if err != nil {
		return nil, err
	}
	all := make(route.Domains, len(proven))
	for _, v := range proven {
		all[v.Name] = v.Scope
	}
	return all, nil
}
