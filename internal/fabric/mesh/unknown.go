package mesh

import (
	"cmp"
	"context"
	"strconv"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// named is a workload that a document names, and the path of its place.
type named struct{ at, project, workload string }

// named are the workloads of the tenant that a document names.
func (p Policy) named() (out []named) {
	own := p.Scope.Project
	if a := p.Authorization; a != nil {
		if a.TargetRef != nil {
			out = append(out, named{"spec.targetRef.name", own, a.TargetRef.Name})
		}
		for i, r := range a.Rules {
			for j, f := range r.From {
				if f.Workload != "" && f.Workload != "*" {
					out = append(out, named{meshdoc.AtRules + "[" + strconv.Itoa(i) + "].from[" + strconv.Itoa(j) + "].workload", cmp.Or(f.Project, own), f.Workload})
				}
			}
		}
	}
	if p.Calls() == nil {
		return out
	}
	for i, r := range p.Calls().Rules {
		for j, b := range r.BackendRefs {
			out = append(out, named{meshdoc.AtRules + "[" + strconv.Itoa(i) + "].backendRefs[" + strconv.Itoa(j) + "].name", own, b.Name})
		}
	}
	return out
}

// strangers warns of workloads that were never deployed: calls of them fail, and as callers they
// are nobody. Who may not see workloads is told nothing of them.
func (s *Service) strangers(ctx context.Context, docs []meshdoc.Document, policies []Policy) ([][]kernel.Problem, error) {
	out := make([][]kernel.Problem, len(docs))
	if s.Workloads == nil {
		return out, nil
	}
	asked := map[[2]string]error{}
	for i, p := range policies {
		for _, n := range p.named() {
			k := [2]string{n.project, n.workload}
			err, known := asked[k]
			if !known {
				err = s.Workloads.Known(ctx, kernel.Scope{Tenant: p.Scope.Tenant, Project: n.project, Stage: p.Scope.Stage}, n.workload)
				asked[k] = err
			}
			switch {
			case kernel.Is(err, kernel.NotFound):
				out[i] = append(out[i], docs[i].Warn(n.at, "deploy it, or correct its name", "no workload "+n.workload+" was ever deployed in "+n.project))
			case err != nil && !kernel.Is(err, kernel.Denied):
				return nil, err
			}
		}
	}
	return out, nil
}
