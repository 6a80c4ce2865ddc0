package linkerd

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/cluster"
)

// paths lets callers do some things at a workload. Linkerd asks only the one route that is
// closest to a call, where permissions add up: calls are parted so that what a route takes the
// same permissions allow. With routes the kubelet's probes are no longer let in by themselves.
func (r *renderer) paths(w cluster.Workload, servers []any, some []permission) {
	if len(w.Probes) > 0 {
		some = append(slices.Clone(some), permission{name: probes, kind: "NetworkAuthentication", methods: []string{http.MethodGet}, paths: w.Paths(), document: some[0].document, at: some[0].at})
		r.anybody()
	}
	parts, wrong := parted(some)
	for _, path := range wrong {
		r.Refuse(some[0].document, some[0].at+".paths", "allow the same callers "+path+" and what is below it, or neither",
			"Linkerd cannot tell "+path+" of "+w.Name+" from what is below it, where others are allowed other paths there")
	}
	groups := map[string][]map[string]any{}
	var order []string
	for _, p := range parts {
		key := fmt.Sprint(p.allowed)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], p.match)
	}
	n := 0
	for _, key := range order {
		for matches := range slices.Chunk(groups[key], maxRules*maxMatches) {
			name := "allow." + w.Name + "." + strconv.Itoa(n)
			n++
			r.Add(gatewayAPI, "HTTPRoute", name, nil, map[string]any{"parentRefs": servers, "rules": rules(matches)})
			for _, p := range some {
				if slices.Contains(strings.Fields(strings.Trim(key, "[]")), p.name) {
					r.policy(p, p.name+"."+name, map[string]any{"group": gatewayGroup, "kind": "HTTPRoute", "name": name})
				}
			}
		}
	}
}

func rules(matches []map[string]any) []any {
	var out []any
	for few := range slices.Chunk(matches, maxMatches) {
		var of []any
		for _, m := range few {
			of = append(of, m)
		}
		out = append(out, map[string]any{"matches": of})
	}
	return out
}

// anybody says who probes: whoever it is, from anywhere.
func (r *renderer) anybody() {
	if r.probed {
		return
	}
	r.probed = true
	r.Add(policyGroup+"/v1alpha1", "NetworkAuthentication", probes, nil, map[string]any{
		"networks": []any{map[string]any{"cidr": "0.0.0.0/0"}, map[string]any{"cidr": "::/0"}},
	})
}
