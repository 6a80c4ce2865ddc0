package run_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// unhurried is a gate that, once it is armed, says when it is asked, and answers when it may.
type unhurried struct {
	armed   atomic.Bool
	entered atomic.Int32
	asked   chan struct{}
	may     chan struct{}
}

func (*unhurried) Name() string { return "policy" }

func (g *unhurried) Evaluate(ctx context.Context, _ run.GateInput) (run.GateResult, error) {
	result := run.GateResult{Level: run.HardMandatory, Outcome: run.Passed}
	if !g.armed.Load() {
		return result, nil
	}
	g.entered.Add(1)
	g.asked <- struct{}{}
	select {
	case <-g.may:
		return result, nil
	case <-ctx.Done():
		return result, ctx.Err()
	}
}

// impatient renders, and then has who has it rendered go away.
type impatient struct {
	run.Renderer
}

type leaveKey struct{}

func (l impatient) Render(ctx context.Context, in run.RenderInput) (run.Root, error) {
	root, err := l.Renderer.Render(ctx, in)
	if leave, ok := ctx.Value(leaveKey{}).(context.CancelFunc); ok {
		leave()
	}
	return root, err
}

// TestFewAskTheGatesAgainAtOnce: what they are asked about is large. Who waits for that,
// and goes away, waits no longer.
func TestFewAskTheGatesAgainAtOnce(t *testing.T) {
	t.Parallel()
	g := &unhurried{asked: make(chan struct{}, 3), may: make(chan struct{})}
	two := staged(t, noon(), func(dev, _ *stage.Stage) { dev.Approvals = stage.Approvals{Count: 2, Role: stage.RoleApprover} })
	b := bench(t, two, func(d *run.Deps) { d.Gates, d.Renderer = []run.Gate{g}, impatient{d.Renderer} })
	r := carry(t, b, b.Deploy(t, "dev", "1"))
	g.armed.Store(true)
	done := make(chan error, 2)
	for _, who := range []kernel.Actor{runtest.Ada, runtest.Grace} {
		go func() {
			_, err := approve(b, r, who)
			done <- err
		}()
	}
	for range 2 {
		select {
		case <-g.asked:
		case err := <-done:
			t.Fatalf("it ended before its gate was asked: %v", err)
		}
	}
	ctx, leave := context.WithCancel(runtest.As(runtest.Grace))
	defer leave()
	_, err := b.Approve(context.WithValue(ctx, leaveKey{}, leave), runtest.Project, r.ID, r.Dossier, "")
	if !errors.Is(err, context.Canceled) || g.entered.Load() != 2 {
		t.Errorf("the gate was asked %d times at once: %v", g.entered.Load(), err)
	}
	close(g.may)
	for range 2 {
		runtest.Must(t, <-done)
	}
}
