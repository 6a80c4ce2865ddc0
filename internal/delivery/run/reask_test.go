package run_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// turning is a gate whose word another becomes, and that counts how often it is asked.
type turning struct {
	mu    sync.Mutex
	says  run.GateResult
	fails error
	plans []string
}

func (*turning) Name() string { return "policy" }

func (g *turning) Evaluate(_ context.Context, in run.GateInput) (run.GateResult, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var addresses []string
	for _, rc := range in.Plan.ResourceChanges {
		addresses = append(addresses, rc.Address)
	}
	g.plans = append(g.plans, strings.Join(addresses, " "))
	return g.says, g.fails
}

func (g *turning) turn(level run.Level, findings ...run.Finding) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.says = run.GateResult{Level: level, Outcome: run.Missed, Message: "it has findings", Findings: findings}
}

func (g *turning) asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.plans)
}

func found(rule string, level run.Level) run.Finding {
	f := run.Finding{Rule: rule, Outcome: "violation", Level: string(level), Address: "a.b", Message: "is wrong"}
	if level == run.Advisory {
		f.Outcome = "warning"
	}
	return f
}

// waiting is a promotion to prod that waits, with a gate that passes it until it turns.
func waiting(t *testing.T, d *db.DB, h *hands, g *turning, count int, windows ...stage.Window) (*runtest.Bench, run.Run) {
	t.Helper()
	g.turn(run.Advisory, found("mild", run.Advisory))
	set := staged(t, h, func(_, prod *stage.Stage) {
		prod.Approvals, prod.Windows = stage.Approvals{Count: count, Role: stage.RoleApprover}, windows
	})
	b := runtest.New(t, d, set, func(d *run.Deps) { d.Gates = []run.Gate{g} })
	deployed(t, b, "1")
	p, err := promote(b, run.ChangeRequest{WhenOpen: true})
	runtest.Must(t, err)
	return b, carry(t, b, p)
}

func lite(t *testing.T) *db.DB { return dbtest.SQLite(t, runtest.Migrations()...) }

func approve(b *runtest.Bench, r run.Run, who kernel.Actor) (run.Run, error) {
	return b.Approve(runtest.As(who), runtest.Project, r.ID, r.Dossier, "")
}

// expectStale expects that the plan is made anew, and why.
func expectStale(t *testing.T, b *runtest.Bench, old run.Run, level run.Level) {
	t.Helper()
	now := carry(t, b, old)
	for now.Status == run.Planning {
		now = carry(t, b, now)
	}
	told := now.StatusReason
	if now.Failure != nil {
		told = now.Failure.Message
	}
	want := run.AwaitingApproval
	if level == run.HardMandatory {
		want = run.Failed
	}
	if now.Status != want || now.Dossier == old.Dossier || len(b.World.Resources(old.Stack)) != 0 {
		t.Fatalf("it is %s, %v, with the resources %v", now.Status, now.Failure, b.World.Resources(old.Stack))
	}
	for _, word := range []string{"planned again", "the gate policy has become stricter", "strict (" + string(level) + "): a.b is wrong", "2026-11-26T"} {
		if !strings.Contains(told, word) {
			t.Errorf("%q does not tell %q", told, word)
		}
	}
	if !slices.Contains(b.Journal.Types(old.ID), "run.stale") {
		t.Errorf("recorded are %v", b.Journal.Types(old.ID))
	}
}

func TestWhatBecameStricterIsMetAtTheApproval(t *testing.T) {
	t.Parallel()
	for _, level := range []run.Level{run.SoftMandatory, run.HardMandatory} {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, runtest.Migrations(), func(t *testing.T, d *db.DB) {
				g := &turning{}
				b, p := waiting(t, d, noon(), g, 1)
				g.turn(level, found("mild", run.Advisory), found("strict", level))
				_, err := approve(b, p, runtest.Grace)
				if !kernel.Is(err, kernel.Stale) || !strings.Contains(err.Error(), "since the gates were asked at 2026-11-26T12:00:00Z, the gate policy has become stricter: strict") {
					t.Fatalf("who approves is told %v", err)
				}
				expectStale(t, b, p, level)
			})
		})
	}
}

func TestWhatBecameStricterAfterTheApprovalIsMetAtTheApply(t *testing.T) {
	t.Parallel()
	for _, level := range []run.Level{run.SoftMandatory, run.HardMandatory} {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			g := &turning{}
			b, p := waiting(t, lite(t), noon(), g, 1)
			_, err := approve(b, p, runtest.Grace)
			runtest.Must(t, err)
			g.turn(level, found("strict", level)) // it waits in the queue
			expectStale(t, b, p, level)
		})
	}
}

func TestWhatBecameStricterWhileAStageWasClosedIsMetWhenItOpens(t *testing.T) {
	t.Parallel()
	for _, level := range []run.Level{run.SoftMandatory, run.HardMandatory} {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			g, h := &turning{}, noon()
			h.pass(6 * time.Hour)
			b, p := waiting(t, lite(t), h, g, 0, office())
			if p.Status != run.Approved || p.Deferral == nil {
				t.Fatalf("it is %s", p.Status)
			}
			g.turn(level, found("strict", level))
			if p = carry(t, b, p); p.Deferral == nil {
				t.Fatalf("while it is closed: %s", p.Status)
			}
			h.pass(15 * time.Hour)
			expectStale(t, b, p, level)
		})
	}
}

// What still passes is applied as it was approved, whatever else the gates say of it.
func TestAPlanThatStillPassesIsAppliedAsItWasApproved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, runtest.Migrations(), func(t *testing.T, d *db.DB) {
		g, h := &turning{}, noon()
		h.pass(6 * time.Hour)
		b, p := waiting(t, d, h, g, 2, office())
		g.turn(run.Advisory, found("mild", run.Advisory), found("another", run.Advisory))
		_, err := approve(b, p, runtest.Grace)
		runtest.Must(t, err)
		h.pass(15 * time.Hour)
		_, err = approve(b, p, runtest.Ada)
		runtest.Must(t, err)
		h.pass(-72 * time.Hour) // the clock is set back
		h.pass(72 * time.Hour)
		done := carry(t, b, p)
		if done.Status != run.Succeeded || done.Dossier != p.Dossier || done.Plan.Digest != p.Plan.Digest || len(done.Approvals) != 2 {
			t.Errorf("%s %+v", done.Status, done.Failure)
		}
		if all := g.asked(); len(all) != 5 || all[1] != all[4] || all[4] == "" { // dev, the plan, two approvals, the apply
			t.Errorf("the gate was asked about %q", all)
		}
	})
}

func TestAPlanThatDoesNotWaitIsJudgedOnce(t *testing.T) {
	t.Parallel()
	g := &turning{}
	b := bench(t, func(d *run.Deps) { d.Gates = []run.Gate{g} })
	g.turn(run.Advisory)
	deployed(t, b, "1")
	if all := g.asked(); len(all) != 1 {
		t.Errorf("the gate was asked about %q", all)
	}
	err := filepath.WalkDir(b.Folder, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".judged") {
			t.Errorf("%s is kept", path)
		}
		return err
	})
	runtest.Must(t, err)
}

// An override is of the findings that were looked at: more of them, or a stricter level,
// have the plan made anew, and the same ones do not.
func TestAnOverrideIsOfWhatWasFoundThen(t *testing.T) {
	t.Parallel()
	soft := found("soft", run.SoftMandatory)
	over := func(amount, next float64) run.Finding {
		f := found("budget", run.SoftMandatory)
		f.Budget = &run.BudgetFigures{Budget: "all", Amount: amount, Forecast: next / 2, Next: next}
		return f
	}
	many := func(n int, more ...run.Finding) (all []run.Finding) { // a dossier has 200 of them
		for i := range n {
			f := soft
			f.Address = "a." + strconv.Itoa(i)
			all = append(all, f)
		}
		return append(all, more...)
	}
	for name, tt := range map[string]struct {
		was, is []run.Finding
		level   run.Level
		passes  bool
	}{
		"the same":                    {[]run.Finding{soft}, []run.Finding{soft}, run.SoftMandatory, true},
		"fewer":                       {[]run.Finding{soft, over(20, 30)}, []run.Finding{soft}, run.SoftMandatory, true},
		"another one":                 {[]run.Finding{soft}, []run.Finding{soft, found("strict", run.SoftMandatory)}, run.SoftMandatory, false},
		"one more of the same":        {[]run.Finding{soft}, []run.Finding{soft, soft}, run.SoftMandatory, false},
		"too many to tell":            {many(205), many(205), run.SoftMandatory, true},
		"fewer than too many":         {many(250), many(205), run.SoftMandatory, true},
		"another of too many":         {many(205), many(250), run.SoftMandatory, false},
		"one that begins too many":    {many(200), many(201), run.SoftMandatory, false},
		"another in place of one":     {many(205, soft), many(206), run.SoftMandatory, false},
		"more of too many that warn":  {many(205), many(205, found("mild", run.Advisory)), run.SoftMandatory, true},
		"a stricter one of too many":  {many(205, soft), many(205, found("soft", run.HardMandatory)), run.SoftMandatory, false},
		"a stricter level":            {[]run.Finding{soft}, []run.Finding{found("soft", run.HardMandatory)}, run.HardMandatory, false},
		"the budget as it was":        {[]run.Finding{over(20, 30)}, []run.Finding{over(20, 29.5)}, run.SoftMandatory, true},
		"a budget that was lowered":   {[]run.Finding{over(20, 30)}, []run.Finding{over(10, 30)}, run.SoftMandatory, false},
		"a budget with more to carry": {[]run.Finding{over(20, 30)}, []run.Finding{over(20, 35)}, run.SoftMandatory, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := &turning{}
			b := bench(t, func(d *run.Deps) { d.Gates = []run.Gate{g} })
			g.turn(run.SoftMandatory, tt.was...)
			r := carry(t, b, b.Deploy(t, "dev", "1"))
			_, err := b.Override(runtest.As(runtest.Grace), runtest.Project, r.ID, "policy", r.Dossier, "it is known")
			runtest.Must(t, err)
			g.turn(tt.level, tt.is...)
			if now := carry(t, b, r); (now.Status == run.Succeeded) != tt.passes || slices.Contains(b.Journal.Types(r.ID), "run.stale") == tt.passes {
				t.Errorf("it is %s: %+v, %s", now.Status, now.Failure, now.StatusReason)
			}
		})
	}
}

// What cannot be asked again does not pass: a gate that errs stops the apply, and a plan
// of which nothing is kept is made anew.
func TestWhatCannotBeAskedAgainDoesNotPass(t *testing.T) {
	t.Parallel()
	g := &turning{}
	b, p := waiting(t, lite(t), noon(), g, 1)
	g.fails = errors.New("the policies cannot be read")
	if _, err := approve(b, p, runtest.Grace); err == nil {
		t.Fatal("it is approved")
	}
	if g.fails = nil; b.Now(t, p.ID).Status != run.AwaitingApproval {
		t.Errorf("%+v", b.Now(t, p.ID))
	}
	_, err := approve(b, p, runtest.Grace)
	runtest.Must(t, err)
	g.fails = errors.New("the policies cannot be read")
	if p = carry(t, b, p); p.Status != run.Failed || len(b.World.Resources(p.Stack)) != 0 {
		t.Errorf("it is %s", p.Status)
	}

	h := &turning{}
	b, p = waiting(t, lite(t), noon(), h, 1)
	forgotten := 0
	runtest.Must(t, filepath.WalkDir(b.Folder, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".judged") {
			forgotten++
			return os.Remove(path)
		}
		return err
	}))
	if _, err := approve(b, p, runtest.Grace); !kernel.Is(err, kernel.Stale) || forgotten != 1 {
		t.Fatalf("%d were kept: %v", forgotten, err)
	}
	if again := carry(t, b, p); again.Status != run.AwaitingApproval || again.Dossier != p.Dossier {
		t.Errorf("it is %s: %+v", again.Status, again.Failure)
	}
}

// Two who approve at once are both told, and the plan is made anew once.
func TestTwoWhoApproveAtOnceAreBothTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, runtest.Migrations(), func(t *testing.T, d *db.DB) {
		g := &turning{}
		b, p := waiting(t, d, noon(), g, 2)
		g.turn(run.HardMandatory, found("strict", run.HardMandatory))
		var all sync.WaitGroup
		for _, who := range []kernel.Actor{runtest.Ada, runtest.Grace} {
			all.Go(func() {
				if _, err := approve(b, p, who); err == nil {
					t.Errorf("%s approved it", who.Name)
				}
			})
		}
		all.Wait()
		expectStale(t, b, p, run.HardMandatory)
	})
}
