package source

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// leaseTime is how long a reconciliation may hold its source without keeping it.
const leaseTime = objectTime + time.Minute

// lease takes or keeps the right to reconcile a source.
func (s *Service) lease(ctx context.Context, n Source) error {
	now := s.Clock.Now()
	return s.Store.Lease(ctx, n.ID, s.Node, now, now.Add(leaseTime))
}

type reconcilingKey struct{}

// acting is in the name of who pushed last, and for that push; that it is the
// source's own work is known by the context, and by nothing that a caller could send.
func (s *Service) acting(ctx context.Context, n Source) context.Context {
	actor := kernel.System(n.origin(), n.Tenant)
	if by := n.Status.PushedBy; by != nil && by.ID != "" && by.Tenant == n.Tenant {
		actor.ID, actor.Name = by.ID, by.Name
	}
	return kernel.WithCause(kernel.WithActor(context.WithValue(ctx, reconcilingKey{}, n.ID), actor), n.Cause)
}

// Reconcile brings about what the repository says now. It is Locked while
// another daemon does.
func (s *Service) Reconcile(ctx context.Context, n Source) error {
	if err := s.lease(ctx, n); err != nil {
		return err
	}
	// Due again by a push while it lasts, or by the end of a lease that nobody kept.
	if err := s.Store.Push(ctx, n, nil, s.Clock.Now().Add(leaseTime)); err != nil {
		return err
	}
	// What was known of it may be older than what another daemon, or a person, did since.
	n, err := s.Store.Get(ctx, n.Tenant, n.Name)
	if err != nil {
		return err
	}
	ctx = s.acting(ctx, n)
	before := n.Status
	p, err := s.bring(ctx, n)
	if ctx.Err() != nil || kernel.Is(err, kernel.Locked) {
		return err
	}
	now := s.Clock.Now()
	n.Status = Status{Commit: before.Commit, PushedBy: before.PushedBy, At: &now, Phase: Ready}
	switch {
	case err != nil:
		n.Status.Phase, n.Status.Message = Failed, messageOf(err)
		n.Again = "" // what was asked for is still to be done
		s.Log.WarnContext(ctx, "a source could not be reconciled", "source", n.Name, "error", err)
	default:
		p.conclude(&n.Status)
	}
	return s.conclude(ctx, n, before)
}

func messageOf(err error) string {
	if kernel.KindOf(err) == kernel.Internal {
		return "it could not be reconciled, for an error of Terrace itself; its log has more"
	}
	return err.Error()
}

// bring reads the repository and applies what it says.
func (s *Service) bring(ctx context.Context, n Source) (*planner, error) {
	t, err := s.tree(ctx, n)
	if err != nil {
		return nil, err
	}
	p, err := s.plan(ctx, n, t)
	if err != nil {
		return nil, err
	}
	return p, p.apply(ctx)
}

// tree reads the newest commit; one that was read already is not read again.
func (s *Service) tree(ctx context.Context, n Source) (*tree, error) {
	where := kernel.Scope{Tenant: n.Tenant, Project: n.RepositoryProject}
	r, err := s.Repositories.Find(ctx, where, n.Repository)
	if err != nil {
		return nil, noRepository(n, err)
	}
	commit, err := s.Repositories.Head(ctx, r, n.Branch)
	if err != nil {
		return nil, err
	}
	if known, ok := s.trees.get(n, commit, s.Clock.Now()); ok {
		return known, nil
	}
	files, err := s.Repositories.Tree(ctx, r, commit)
	if err != nil {
		return nil, err
	}
	if n.Signers != "" {
		if err := verifyCommit(ctx, files, commit, n.Signers); err != nil {
			return nil, err
		}
	}
	t, err := readTree(ctx, n, files, commit)
	if err != nil {
		return nil, err
	}
	s.trees.put(n, t, s.Clock.Now())
	return t, nil
}

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

// Diff tells what a reconciliation would do now, and does nothing.
func (s *Service) Diff(ctx context.Context, scope kernel.Scope, name string) (Diff, error) {
	n, err := s.find(ctx, ActionRead, scope, name)
	if err != nil {
		return Diff{}, err
	}
	ctx = kernel.WithActor(ctx, kernel.System(n.origin(), n.Tenant)) // who may read the source sees all of it
	t, err := s.tree(ctx, n)
	if err != nil {
		return Diff{}, err
	}
	p, err := s.plan(ctx, n, t)
	if err != nil {
		return Diff{}, err
	}
	p.together()
	return p.diff, nil
}

// together adds what is wrong with the stages as a set.
func (p *planner) together() {
	var todo []*Change
	for i := range p.diff.Changes {
		if c := &p.diff.Changes[i]; c.Kind == StageKind && c.wanted != nil && c.Action != Nothing {
			todo = append(todo, c)
		}
	}
	if len(todo) == 0 {
		return
	}
	if err := stage.Validate(p.nextStages(todo)); err != nil {
		for _, c := range todo {
			c.Problems, c.State = problemsOf(c.File, c.wanted.src, stageError(c.Name, err)), Broken
		}
	}
}
