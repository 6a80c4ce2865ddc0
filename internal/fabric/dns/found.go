package dns

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Found is a private endpoint as a state has it: one for each name that it has in a zone.
type Found struct {
	// Name is the cloud's, and Resource its id there.
	Name, Resource string
	// Service is the first part of the record's name, or the public name of the service.
	Service string
	// Group is Azure's group id, and Zone the privatelink zone; "" is that of the group.
	Group, Zone string
	Addresses   []string
}

// wantedOf are endpoints that are found as they are kept, each once.
func wantedOf(scope kernel.Scope, workload string, found []Found) []Endpoint {
	all, names := make([]Endpoint, 0, len(found)), make(map[string]bool, len(found))
	for _, one := range found {
		e := Endpoint{
			Scope: kernel.Scope{Tenant: scope.Tenant, Project: scope.Project}, Stage: scope.Stage, Workload: workload, Resource: one.Resource,
			Service: one.Service, Group: one.Group, Zone: one.Zone, Addresses: slices.Clone(one.Addresses),
		}
		slices.Sort(e.Addresses)
		e.Name = nameOf(one, kernel.StackID(scope, workload))
		if !names[e.Name] {
			all, names[e.Name] = append(all, e), true
		}
	}
	return all
}

// nameOf is what an endpoint of a stage is called: the beginning of its name in the cloud, which is
// one of a resource group alone, and what tells it from others.
func nameOf(f Found, stack string) string {
	const readable = 31
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(f.Name))
	plain = strings.Trim(plain[:min(len(plain), readable)], "-")
	sum := sha256.Sum256([]byte(strings.ToLower(strings.Join([]string{stack, f.Resource, f.Service, f.Zone}, "\n"))))
	return strings.TrimPrefix(plain+"-"+hex.EncodeToString(sum[:4]), "-")
}

// placeOf returns the network that an endpoint of a stage lies in, or why it has none. What a
// network sees that is not the project's own alone is decided by admins of the tenant: they
// link it to the zone.
func (f following) placeOf(ctx context.Context, e *Endpoint, objects []Object) (kernel.Problem, error) {
	normal, err := e.normal()
	if err != nil {
		return problemOf(err), nil
	}
	*e = normal
	n, err := closest(*e, objects)
	if err != nil || n.Name == "" {
		return kernel.Problem{
			Message: "no network of project " + e.Scope.Project + " or of the whole tenant has " + strings.Join(e.Addresses, ", "),
			Fix:     "have an operator add the network that it lies in: terrace dns network set NAME --prefix CIDR",
		}, err
	}
	e.Network = n.Name
	z, err := f.zone(ctx, e.Scope.Tenant, e.Zone)
	there := !kernel.Is(err, kernel.NotFound)
	if there && err != nil {
		return kernel.Problem{}, err
	}
	_, linked := z.linked(n.Name)
	switch {
	case there && z.Scope.Project != "" && z.Scope.Project != e.Scope.Project:
		return kernel.Problem{Message: "zone " + e.Zone + " is another project's", Fix: "have an admin of the tenant make it the whole tenant's"}, nil
	case linked || z.Everywhere || n.Scope.Project == e.Scope.Project:
		return kernel.Problem{}, nil
	case there:
		return kernel.Problem{Message: "network " + n.Name + " is the whole tenant's, and does not see zone " + e.Zone, Fix: "have an admin of the tenant link it: terrace dns zone link " + e.Zone + " " + n.Name}, nil
	default:
		return kernel.Problem{Message: "network " + n.Name + " is the whole tenant's, and there is no zone " + e.Zone + " that it sees", Fix: "have an admin of the tenant make it: terrace dns zone create " + e.Zone + " --network " + n.Name + " --tenant"}, nil
	}
}

// problemOf is what is wrong with an endpoint, as one problem.
func problemOf(err error) kernel.Problem {
	k, ok := errors.AsType[*kernel.Error](err)
	if !ok || len(k.Problems) == 0 {
		return kernel.Problem{Message: err.Error()}
	}
	return kernel.Problem{Message: k.Problems[0].Message, Fix: k.Problems[0].Fix}
}

// closest returns the network of the tenant, or of its project alone, with the longest prefix that
// has all of an endpoint's addresses; the zero one for none.
func closest(e Endpoint, objects []Object) (best Network, err error) {
	bits := -1
	for _, o := range objects {
		if o.Kind != KindNetwork || o.Scope.Tenant != e.Scope.Tenant || o.Scope.Project != "" && o.Scope.Project != e.Scope.Project {
			continue
		}
		n, err := valueOf[Network](o)
		if err != nil {
			return best, err
		}
		for _, p := range prefixesOf(n.Prefixes) {
			if p.Bits() > bits && holds(p, e.Addresses) {
				best, bits = n, p.Bits()
			}
		}
	}
	return best, nil
}

// holds reports whether all addresses are of a network.
func holds(p netip.Prefix, addresses []string) bool {
	return !slices.ContainsFunc(addresses, func(text string) bool {
		a, err := netip.ParseAddr(text)
		return err != nil || !p.Contains(a)
	})
}

// public is the name that the service of an endpoint is known under, "" where that is not known.
func (e Endpoint) public() string {
	for _, l := range PrivateLinks() {
		if l.Zone == e.Zone {
			return zone.Canonical(e.Service + "." + l.Public)
		}
	}
	return ""
}
