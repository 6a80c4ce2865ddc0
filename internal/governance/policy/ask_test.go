package policy_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// tell are the results of a document that dave offers, in a word each.
func (b *bench) tell(t *testing.T, a policy.Asked) []string {
	t.Helper()
	asked, err := b.Prepare(as("dave"), shop, a)
	if err != nil {
		t.Fatal(err)
	}
	report, err := asked.Evaluate(as("dave"), strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range report.Answer().Results {
		if r.Address == "a.b" {
			all = append(all, r.Policy+" "+string(r.Outcome)+" "+string(r.Level))
		}
		if r.Message != "cut" {
			t.Errorf("%+v was not cut", r)
		}
	}
	for _, n := range report.Notices {
		all = append(all, n.Source+" "+n.File+" "+n.Message)
	}
	slices.Sort(all)
	return all
}

func TestWhatIsOfferedIsHeldAsARunWouldBe(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.granted(t, policy.ExemptionRequest{Policy: soft, Stage: "dev", Workload: "orders"})
		if _, err := b.Assign(as("grace"), shop, policy.AssignRequest{Policies: soft, Stage: "prod", Level: policy.HardMandatory, Reason: "the audit"}); err != nil {
			t.Fatal(err)
		}
		const hardHolds = hard + " violation hard-mandatory"
		for name, tt := range map[string]struct {
			asked policy.Asked
			want  []string
		}{
			"a stage":             {policy.Asked{Stage: "dev"}, []string{hardHolds, soft + " violation soft-mandatory"}},
			"what is exempt":      {policy.Asked{Stage: "dev", Workload: "orders"}, []string{hardHolds, soft + " exempted soft-mandatory"}},
			"exempt elsewhere":    {policy.Asked{Workload: "orders"}, []string{hardHolds, soft + " violation soft-mandatory"}},
			"what is assigned":    {policy.Asked{Stage: "prod", Workload: "orders"}, []string{hardHolds, soft + " violation hard-mandatory"}},
			"a target of a stage": {policy.Asked{Stage: "prod", Target: "azure"}, []string{hardHolds, soft + " violation hard-mandatory"}},
			"a target alone":      {policy.Asked{Target: "azure"}, []string{hardHolds, soft + " violation soft-mandatory"}},
		} {
			if diff := cmp.Diff(tt.want, b.tell(t, tt.asked)); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", name, diff)
			}
		}
		b.offered = nil
		b.tell(t, policy.Asked{Name: "plan.json", Stage: "prod", Workload: "orders", Operation: "destroy"})
		if diff := cmp.Diff([]string{"plan.json {} prod azure destroy dave orders"}, b.offered); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestWhatMakesNoSenseIsNotRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.denied["eve policy.evaluate"] = true
		for name, tt := range map[string]struct {
			who   string
			asked policy.Asked
			want  kernel.Kind
		}{
			"nobody who may":   {"eve", policy.Asked{Stage: "dev"}, kernel.Denied},
			"no stage":         {"dave", policy.Asked{Stage: "nope"}, kernel.NotFound},
			"no target":        {"dave", policy.Asked{Target: "nope"}, kernel.NotFound},
			"another's target": {"dave", policy.Asked{Stage: "dev", Target: "azure"}, kernel.Invalid},
		} {
			if _, err := b.Prepare(as(tt.who), shop, tt.asked); !kernel.Is(err, tt.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(b.offered) > 0 {
			t.Errorf("%q was read", b.offered)
		}
	})
}

// What is evaluated need not be what a folder has now: that is told.
func TestABrokenSourceIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.broken = kernel.Errorf(kernel.Invalid, "the policies do not compile").WithProblems(kernel.Problem{File: "a.rego", Line: 3, Column: 2, Message: "nothing is unsafe"})
		want := "theirs a.rego nothing is unsafe; those that were good last are evaluated"
		if got := b.tell(t, policy.Asked{Stage: "dev"}); !slices.Contains(got, want) {
			t.Errorf("%q", got)
		}
		st, err := b.State(as("dave"), shop)
		if err != nil || len(st.Problems) != 1 || !strings.Contains(st.Problems[0].Message, "a.rego:3:2: nothing is unsafe") {
			t.Errorf("%+v %v", st, err)
		}
	})
}

// An exemption that was approved for a milder level does not count, and that is told.
func TestAnOutgrownExemptionIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		e := b.granted(t, policy.ExemptionRequest{Policy: soft, Stage: "dev"})
		if got, err := b.GetExemption(as("dave"), shop, e.ID); err != nil || got.Outgrown != "" {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := b.Assign(as("grace"), shop, policy.AssignRequest{Policies: soft, Stage: "dev", Level: policy.HardMandatory, Reason: "the audit"}); err != nil {
			t.Fatal(err)
		}
		if got, err := b.GetExemption(as("dave"), shop, e.ID); err != nil || got.Outgrown != policy.HardMandatory || got.Status != policy.Approved {
			t.Errorf("%+v %v", got, err)
		}
		if all, err := b.ListExemptions(as("dave"), shop, policy.ExemptionFilter{}, kernel.PageRequest{}); err != nil || len(all.Items) != 1 || all.Items[0].Outgrown != policy.HardMandatory {
			t.Errorf("%+v %v", all, err)
		}
		asked, err := b.Prepare(as("dave"), shop, policy.Asked{Stage: "dev"})
		if err != nil {
			t.Fatal(err)
		}
		report, err := asked.Evaluate(as("dave"), strings.NewReader("{}"))
		want := "or ask for another exemption: " + e.ID + " was approved for soft-mandatory, and does not count for hard-mandatory"
		if err != nil || !slices.ContainsFunc(report.Results, func(r policy.Result) bool { return r.Policy == soft && r.Outcome == policy.Violated && r.Fix == want }) {
			t.Errorf("%+v %v", report.Results, err)
		}
	})
}

// An exemption from what is gone is told to be for nothing, in the list, too.
func TestAnExemptionFromWhatIsGoneIsIdle(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		e := b.granted(t, policy.ExemptionRequest{Policy: soft, Stage: "dev"})
		idle := func(want string) {
			t.Helper()
			all, err := b.ListExemptions(as("dave"), shop, policy.ExemptionFilter{}, kernel.PageRequest{})
			if err != nil || len(all.Items) != 1 || all.Items[0].Idle != want {
				t.Errorf("%+v %v, want %q", all, err, want)
			}
			if got, err := b.GetExemption(as("dave"), shop, e.ID); err != nil || got.Idle != want || got.Status != policy.Approved {
				t.Errorf("%+v %v, want %q", got, err, want)
			}
		}
		idle("")
		b.Service.Stages = noStages{}
		idle("there is no stage dev any more")
	})
}

type noStages struct{}

func (noStages) Stages() []policy.Stage { return nil }

func (noStages) Check(stage string) error {
	return kernel.Errorf(kernel.NotFound, "there is no stage %s", stage)
}

// While policies cannot be read, exemptions are told all the same, and nobody says of
// one that it is for nothing.
func TestExemptionsAreToldWhilePoliciesAreMissing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		e := b.granted(t, policy.ExemptionRequest{Policy: soft, Stage: "dev"})
		b.Service.Sets = unread{b}
		all, err := b.ListExemptions(as("dave"), shop, policy.ExemptionFilter{}, kernel.PageRequest{})
		if err != nil || len(all.Items) != 1 || all.Items[0].Idle != "" || all.Items[0].Outgrown != "" {
			t.Errorf("%+v %v", all, err)
		}
		if got, err := b.GetExemption(as("dave"), shop, e.ID); err != nil || got.Idle != "" || got.Outgrown != "" {
			t.Errorf("%+v %v", got, err)
		}
	})
}

// unread are sets of policies none of which was ever read.
type unread struct{ *bench }

func (unread) Policies(context.Context) ([]policy.Policy, error) {
	return nil, errors.New("the source cannot be reached")
}
