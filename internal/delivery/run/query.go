package run

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Get returns a run of the project.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, id string) (Run, error) {
	r, err := s.Store.Get(ctx, scope, id)
	if err := s.readable(ctx, scope, r.Scope, err, noRun(id)); err != nil {
		return Run{}, err
	}
	return r, nil
}

// List returns the project's runs, the newest first.
func (s *Service) List(ctx context.Context, scope kernel.Scope, f Filter, page kernel.PageRequest) (kernel.Page[Run], error) {
	var err error
	if f.Within, err = s.within(ctx, scope, f.Stage); err != nil {
		return kernel.Page[Run]{}, err
	}
	found, err := s.Store.List(ctx, scope, f, page)
	if err != nil {
		return found, err
	}
	return found, s.waits(ctx, found.Items)
}

// GetDossier returns the current dossier of a run with its digest.
func (s *Service) GetDossier(ctx context.Context, scope kernel.Scope, id string) (Dossier, kernel.Digest, error) {
	digest, err := s.dossierOf(ctx, scope, id)
	if err != nil {
		return Dossier{}, "", err
	}
	d, err := s.Store.Dossier(ctx, scope, id, digest)
	return d, digest, err
}

// dossierOf returns the digest of a run's current dossier.
func (s *Service) dossierOf(ctx context.Context, scope kernel.Scope, id string) (kernel.Digest, error) {
	r, err := s.Get(ctx, scope, id)
	if err != nil {
		return "", err
	}
	if r.Dossier == "" {
		return "", kernel.Errorf(kernel.NotFound, "%s has no dossier: it is %s and was not planned yet", id, words(r.Status)).
			WithFix("see terrace explain %s", id)
	}
	return r.Dossier, nil
}

// StageStatus is a workload in one stage.
type StageStatus struct {
	Stage string `json:"stage"`
	// Deployment is nil where nothing is deployed.
	Deployment *Deployment `json:"deployment,omitempty"`
	// Run is the newest run there that is no dry run, nil before the first.
	Run *Run `json:"run,omitempty"`
	// Serves is the release that answers where that is another one than the deployment's, and
	// Rollout how far that has taken over, nil where it does not in steps.
	Serves  *ReleaseRef `json:"serves,omitempty"`
	Rollout *Rollout    `json:"rollout,omitempty"`
}

// WorkloadStatus is a workload over all stages.
type WorkloadStatus struct {
	Workload string        `json:"workload"`
	Stages   []StageStatus `json:"stages"`
}

// Workload returns what is where of a workload, in the order of the stages.
func (s *Service) Workload(ctx context.Context, scope kernel.Scope, name string) (WorkloadStatus, error) {
	all, err := s.whereabouts(ctx, scope, []string{name})
	if err != nil {
		return WorkloadStatus{}, err
	}
	if !all[0].known() {
		return all[0], s.unknown(ctx, scope, name)
	}
	return all[0], nil
}

// recentRuns is among how many of the newest runs of a workload is looked.
const recentRuns = 50

// known tells that there is something to see of the workload.
func (w WorkloadStatus) known() bool {
	return slices.ContainsFunc(w.Stages, func(st StageStatus) bool { return st.Run != nil || st.Deployment != nil })
}

// whereabouts returns what is where of workloads, in their order and that of the stages that
// the actor of ctx may see.
func (s *Service) whereabouts(ctx context.Context, scope kernel.Scope, workloads []string) ([]WorkloadStatus, error) {
	stages, err := s.stagesFor(ctx, actionSee, scope, "")
	if err != nil {
		return nil, err
	}
	names := make([]string, len(stages))
	for i, st := range stages {
		names[i] = st.Name
	}
	deployments, err := s.Store.DeploymentsOf(ctx, scope, workloads, names)
	if err != nil {
		return nil, err
	}
	newest, err := s.Store.NewestOf(ctx, scope, workloads, names)
	if err != nil {
		return nil, err
	}
	type place struct{ workload, stage string }
	deployed, last := map[place]*Deployment{}, map[place]*Run{}
	for i, d := range deployments {
		deployed[place{d.Workload, d.Scope.Stage}] = &deployments[i]
	}
	for i, r := range newest {
		if last[place{r.Workload, r.Scope.Stage}] = &newest[i]; !r.DryRun {
			continue
		}
		if last[place{r.Workload, r.Scope.Stage}], err = s.newestBefore(ctx, r); err != nil {
			return nil, err
		}
	}
	all := make([]WorkloadStatus, len(workloads))
	for i, workload := range workloads {
		all[i].Workload = workload
		for _, name := range names {
			at := place{workload, name}
			st := StageStatus{Stage: name, Deployment: deployed[at], Run: last[at]}
			if err := s.stand(ctx, &st); err != nil {
				return nil, err
			}
			all[i].Stages = append(all[i].Stages, st)
		}
	}
	return all, nil
}

// newestBefore returns the newest of the recent runs beside r that is no dry run, nil for
// none: before dry runs had a column they looked like others there.
func (s *Service) newestBefore(ctx context.Context, r Run) (*Run, error) {
	page, err := s.Store.List(ctx, r.Scope, Filter{Workload: r.Workload, Stage: r.Scope.Stage}, kernel.PageRequest{Limit: recentRuns})
	if i := slices.IndexFunc(page.Items, func(r Run) bool { return !r.DryRun }); i >= 0 {
		return &page.Items[i], err
	}
	return nil, err
}

// Known is NotFound for a workload of which there never was a run in the project.
func (s *Service) Known(ctx context.Context, scope kernel.Scope, name string) error {
	if err := s.Authorizer.Authorize(ctx, actionSee, scope); err != nil {
		return err
	}
	ever, err := s.ever(ctx, projectOf(scope), name)
	if err != nil || ever {
		return err
	}
	return s.unknown(ctx, projectOf(scope), name)
}

func (s *Service) ever(ctx context.Context, scope kernel.Scope, name string) (bool, error) {
	page, err := s.Store.List(ctx, scope, Filter{Workload: name}, kernel.PageRequest{Limit: 1})
	return len(page.Items) > 0, err
}

func (s *Service) unknown(ctx context.Context, scope kernel.Scope, name string) error {
	fix := "see terrace status for those that there are; terrace deploy score.yaml makes one"
	all, err := s.Store.Workloads(ctx, scope, kernel.PageRequest{Limit: kernel.MaxPageSize})
	if near := yamldoc.Nearest(name, all.Items); err == nil && near != "" && near != name { // its own name is of dry runs alone
		fix = "did you mean " + near + "? " + fix
	}
	return kernel.Errorf(kernel.NotFound, "there is no workload %s in %s", name, scope.Project).WithFix("%s", fix)
}

// Workloads returns the project's workloads with their status, by name, but those of
// which the actor of ctx sees nothing.
func (s *Service) Workloads(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[WorkloadStatus], error) {
	if err := s.Authorizer.Authorize(ctx, actionSee, scope); err != nil {
		return kernel.Page[WorkloadStatus]{}, err
	}
	names, err := s.Store.Workloads(ctx, scope, page)
	if err != nil {
		return kernel.Page[WorkloadStatus]{}, err
	}
	all, err := s.whereabouts(ctx, scope, names.Items)
	if err != nil {
		return kernel.Page[WorkloadStatus]{}, err
	}
	return kernel.Page[WorkloadStatus]{Items: slices.DeleteFunc(all, func(w WorkloadStatus) bool { return !w.known() }), Next: names.Next}, nil
}

// Graph resolves a workload for a stage with the definitions and modules of
// today; nothing is kept.
func (s *Service) Graph(ctx context.Context, scope kernel.Scope, w *workload.Workload, stageName string) (*graph.Graph, error) {
	st, where, err := s.allowed(ctx, scope, stageName, actionSee)
	if err != nil {
		return nil, err
	}
	definitions, err := s.Catalog.All(ctx, scope)
	if err != nil {
		return nil, err
	}
	in := graph.Context{Tenant: where.Tenant, Project: where.Project, Stage: st.Name, Target: st.Target, Runtime: st.Runtime, Workload: w.Name}
	return graph.Resolve(w, in, definitions, s.Catalog.Source(ctx, scope))
}
