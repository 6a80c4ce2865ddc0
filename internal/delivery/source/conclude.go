package source

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// conclude sums up how all objects stand.
func (p *planner) conclude(st *Status) {
	st.Commit, st.Problems = p.tree.commit, p.diff.Problems
	failed, under := len(p.diff.Problems), map[work]int{}
	for _, c := range p.diff.Changes {
		switch c.State {
		case Broken:
			failed++
		case Progressing:
			under[c.doing]++
		case Stopped:
			st.Held = append(st.Held, c.Key)
		case Synced, Drifted, Orphaned, gone:
		}
	}
	switch {
	case len(st.Held) > 0:
		st.Phase = Held
		st.Message = fmt.Sprintf("nothing is removed: %s. Allow it with: terrace source allow %s --commit %s --reason …", p.diff.Held, p.source.Name, short(st.Commit))
	case failed > 0:
		st.Phase, st.Message = Failed, fmt.Sprintf("%d of what the repository has could not be brought about", failed)
	case len(under) > 0:
		st.Phase, st.Message = Running, underWay(under)
	}
	if st.Phase == Ready && p.tree.missing != "" {
		st.Message = p.tree.missing
	}
}

// underWay says how many objects are run, built, and wait.
func underWay(under map[work]int) string {
	var parts []string
	for _, w := range []struct {
		what      work
		one, many string
	}{
		{running, "run is on its way", "runs are on their way"},
		{building, "workload is being built", "workloads are being built"},
		{waiting, "workload waits for another one's build", "workloads wait for another one's build"},
	} {
		switch n := under[w.what]; n {
		case 0:
		case 1:
			parts = append(parts, "1 "+w.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, w.many))
		}
	}
	return strings.Join(parts, ", ")
}

// conclude keeps the status, and tells of one that is another than before.
func (s *Service) conclude(ctx context.Context, n Source, before Status) error {
	due := s.Clock.Now().Add(s.pauseAfter(n))
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SaveStatus(ctx, n, due); err != nil {
			return err
		}
		st := n.Status
		if st.Phase == before.Phase && st.Commit == before.Commit && st.Message == before.Message && slices.Equal(st.Held, before.Held) {
			return nil
		}
		fact := map[Phase]string{Ready: "source.reconciled", Running: "source.progressing", Failed: "source.failed", Held: "source.held"}[st.Phase]
		return s.record(ctx, n, fact, "", map[string]any{"commit": st.Commit, "message": st.Message, "held": keys(st.Held)})
	})
}

func keys(all []Key) []string {
	out := make([]string, 0, len(all))
	for _, k := range all {
		out = append(out, k.String())
	}
	return out
}
