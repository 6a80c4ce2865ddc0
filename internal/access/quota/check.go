package quota

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func (s *Service) check(scope kernel.Scope, in Change) error {
	var problems []kernel.Problem
	add := func(name Name, message, fix string) {
		problems = append(problems, kernel.Problem{Path: "limits." + string(name), Message: message, Fix: fix})
	}
	names := slices.Concat(slices.Sorted(maps.Keys(in.Set)), in.Unset)
	for i, name := range names {
		switch {
		case !slices.Contains(bound.Names(), name):
			add(name, fmt.Sprintf("there is no quota %q", name), "use one of "+bound.Listed(bound.Names()))
		case scope.Project != "" && !slices.Contains(ofProjects(), name):
			add(name, fmt.Sprintf("%s is a quota of tenants alone", name), "leave the project out, or use one of "+bound.Listed(ofProjects()))
		case slices.Contains(names[:i], name):
			add(name, fmt.Sprintf("%s is there twice", name), "set it, or have it inherited")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in.Set)) {
		limit := in.Set[name]
		tenant, limited := s.ofTenant(scope.Tenant, name)
		switch {
		case limit < bound.Unlimited || limit > bound.Most:
			add(name, fmt.Sprintf("%d is no limit", limit), "use a number from 0 on, or unlimited, which is -1 in the API")
		case limit == 0 && (name == bound.ConcurrentRuns || name == bound.Requests || name == bound.CallerRequests || name == bound.Burst):
			add(name, "nothing would ever go on", "use a number from 1 on, or unlimited, which is -1 in the API")
		case scope.Project != "" && limited && limit > tenant:
			add(name, fmt.Sprintf("%d is more than the %d of the tenant", limit, tenant), "use up to "+strconv.FormatInt(tenant, 10)+", or ask an operator of the platform to raise the tenant's")
		}
	}
	if _, set := in.Set[bound.Burst]; set && in.Set[bound.Burst] >= 0 && !s.hasRate(scope.Tenant, in) {
		add(bound.Burst, "it says how many requests of a rate may come at once, and there is no rate", "set requests-per-minute, too")
	}
	if len(names) == 0 {
		problems = append(problems, kernel.Problem{Path: "limits", Message: "nothing is to be changed", Fix: "name a quota"})
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the quotas cannot be set like this").WithProblems(problems...)
	}
	return nil
}

// hasRate reports whether the tenant's requests are bounded, once the change is made.
func (s *Service) hasRate(tenant string, in Change) bool {
	if n, set := in.Set[bound.Requests]; set {
		return n >= 0
	}
	if slices.Contains(in.Unset, bound.Requests) {
		n, set := s.Defaults[bound.Requests]
		return set && n >= 0
	}
	_, ok := s.ofTenant(tenant, bound.Requests)
	return ok
}
