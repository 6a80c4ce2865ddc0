package runsql_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestWhereWorkloadsStand has runs of chance in places, of another project and of another
// tenant: the names, the newest runs and the deployments are those that looking at each
// run would find.
func TestWhereWorkloadsStand(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx, chance := t.Context(), rand.New(rand.NewPCG(5, 11))
		names, newest, deployed := map[string]bool{}, map[string]string{}, map[string]string{}
		stages := []string{"dev", "test"}
		for range 200 {
			r := example(run.Succeeded)
			r.Workload, r.DryRun = fmt.Sprintf("w%02d", chance.IntN(12)), chance.IntN(2) == 0
			r.Scope = dev.InProject(dev.Project).InStage([]string{"dev", "test", "prod"}[chance.IntN(3)])
			ours := chance.IntN(4) > 0
			if !ours {
				r.Scope.Project, r.Workload = "elsewhere", "x"+r.Workload
			}
			must(t, s.Insert(ctx, r))
			place := r.Workload + "/" + r.Scope.Stage
			if !ours || !slices.Contains(stages, r.Scope.Stage) {
				names[r.Workload] = names[r.Workload] || ours
				continue
			}
			names[r.Workload] = true
			if !r.DryRun {
				newest[place] = max(newest[place], r.ID)
				must(t, s.PutDeployment(ctx, run.Deployment{Scope: r.Scope, Workload: r.Workload, Run: r.ID}))
				deployed[place] = r.ID
			}
		}
		maps.DeleteFunc(names, func(_ string, ours bool) bool { return !ours })
		var all []string
		for page := (kernel.PageRequest{Limit: 5}); ; {
			part, err := s.Workloads(ctx, dev, page)
			must(t, err)
			if all = append(all, part.Items...); part.Next == "" {
				break
			}
			page.Cursor = part.Next
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(names)), all); diff != "" {
			t.Error("names:", diff)
		}
		asked := append(all, "none", "it's")
		runs, err := s.NewestOf(ctx, dev, asked, stages)
		must(t, err)
		got := map[string]string{}
		for _, r := range runs {
			got[r.Workload+"/"+r.Scope.Stage] = r.ID
		}
		if diff := cmp.Diff(newest, got); diff != "" {
			t.Error("newest runs:", diff)
		}
		deployments, err := s.DeploymentsOf(ctx, dev, asked, stages)
		must(t, err)
		got = map[string]string{}
		for _, d := range deployments {
			got[d.Workload+"/"+d.Scope.Stage] = d.Run
		}
		if diff := cmp.Diff(deployed, got); diff != "" {
			t.Error("deployments:", diff)
		}
		for _, nothing := range [][2][]string{{nil, stages}, {all, nil}} {
			runs, err := s.NewestOf(ctx, dev, nothing[0], nothing[1])
			deployments, failed := s.DeploymentsOf(ctx, dev, nothing[0], nothing[1])
			if len(runs)+len(deployments) > 0 || err != nil || failed != nil {
				t.Errorf("of nothing: %v, %v, %v, %v", runs, deployments, err, failed)
			}
		}
	})
}
