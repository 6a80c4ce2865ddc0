package flag_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/config/flag"
)

type m = map[string]any

func onOff(targeting any) flag.Flag {
	return flag.Flag{Variants: m{"on": true, "off": false}, DefaultVariant: "off", Targeting: targeting}
}

func rollout(percent int64) flag.Flag {
	return onOff(m{"fractional": []any{[]any{"on", percent}, []any{"off", 100 - percent}}})
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	gold := m{"if": []any{m{"==": []any{m{"var": "plan"}, "gold"}}, "on"}}
	mixed := m{"if": []any{m{"ends_with": []any{m{"var": "email"}, "@example.com"}}, "on", m{"fractional": []any{[]any{"on", int64(100)}}}}}
	for name, c := range map[string]struct {
		flag    flag.Flag
		context m
		variant string
		reason  flag.Reason
		code    flag.Code
	}{
		"no rule":                  {flag: onOff(nil), variant: "off", reason: flag.Static},
		"turned off":               {flag: flag.Flag{State: flag.Disabled, Variants: m{"on": true}, DefaultVariant: "on"}, reason: flag.IsDisabled},
		"a rule that matches":      {flag: onOff(gold), context: m{"plan": "gold"}, variant: "on", reason: flag.TargetingMatch},
		"a rule that does not":     {flag: onOff(gold), context: m{"plan": "tin"}, variant: "off", reason: flag.Default},
		"an attribute that is not": {flag: onOff(gold), variant: "off", reason: flag.Default},
		"everybody":                {flag: rollout(100), context: m{"targetingKey": "ada"}, variant: "on", reason: flag.Split},
		"nobody":                   {flag: rollout(0), context: m{"targetingKey": "ada"}, variant: "off", reason: flag.Split},
		"a share without a key":    {flag: rollout(50), code: flag.TargetingKeyMissing},
		"attributes before shares": {flag: onOff(mixed), context: m{"email": "a@example.com", "targetingKey": "a"}, variant: "on", reason: flag.TargetingMatch},
		"then the shares":          {flag: onOff(mixed), context: m{"email": "a@other.com", "targetingKey": "a"}, variant: "on", reason: flag.Split},
		"a number":                 {flag: onOff(m{"if": []any{m{">=": []any{m{"var": "age"}, int64(18)}}, "on"}}), context: m{"age": float64(18)}, variant: "on", reason: flag.TargetingMatch},
		"a list":                   {flag: onOff(m{"if": []any{m{"in": []any{m{"var": "country"}, []any{"DE", "AT"}}}, "on"}}), context: m{"country": "AT"}, variant: "on", reason: flag.TargetingMatch},
		"a version":                {flag: onOff(m{"if": []any{m{"sem_ver": []any{m{"var": "app"}, ">=", "2.1.0"}}, "on"}}), context: m{"app": "2.10.0"}, variant: "on", reason: flag.TargetingMatch},
		"an older version":         {flag: onOff(m{"if": []any{m{"sem_ver": []any{m{"var": "app"}, ">=", "2.1.0"}}, "on"}}), context: m{"app": "2.0.9"}, variant: "off", reason: flag.Default},
		"a variant that is not":    {flag: onOff(m{"var": "pick"}), context: m{"pick": "blue"}, code: flag.General},
		"what is hashed is named":  {flag: onOff(m{"fractional": []any{m{"var": "org"}, []any{"on", int64(1)}}}), context: m{"org": "acme"}, variant: "on", reason: flag.Split},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if faults := c.flag.Check(); len(faults) > 0 {
				t.Fatal(faults)
			}
			r, err := c.flag.Evaluate("f", c.context)
			if failed, ok := errors.AsType[*flag.Error](err); ok != (c.code != "") || ok && failed.Code != c.code {
				t.Fatalf("error %v, want %s", err, c.code)
			}
			if err == nil && (r.Variant != c.variant || r.Reason != c.reason) {
				t.Errorf("%s because %s, want %s because %s", r.Variant, r.Reason, c.variant, c.reason)
			}
		})
	}
}

// TestALargerShareTakesNothingAway holds that raising the percentage only adds users,
// and that the shares are what they say.
func TestALargerShareTakesNothingAway(t *testing.T) {
	t.Parallel()
	const users = 4000
	had := map[string]bool{}
	for _, percent := range []int64{0, 1, 10, 25, 50, 99, 100} {
		on := 0
		for i := range users {
			user := fmt.Sprintf("user-%d", i)
			r, err := rollout(percent).Evaluate("checkout", m{"targetingKey": user})
			if err != nil {
				t.Fatal(err)
			}
			if r.Variant == "on" {
				on++
				had[user] = true
			} else if had[user] {
				t.Fatalf("%s had the flag, and has lost it at %d %%", user, percent)
			}
		}
		if want := users * int(percent) / 100; on < want-users/30 || on > want+users/30 {
			t.Errorf("at %d %% %d of %d have it", percent, on, users)
		}
	}
}

func TestFlagsAreChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flag flag.Flag
		path string
		says string
	}{
		"no variants":       {flag.Flag{}, "variants", "0 variants"},
		"another default":   {flag.Flag{Variants: m{"on": true}, DefaultVariant: "off"}, "defaultVariant", `no variant "off"`},
		"mixed kinds":       {flag.Flag{Variants: m{"on": true, "off": "no"}, DefaultVariant: "on"}, "variants", "several kinds"},
		"a state":           {flag.Flag{State: "ON", Variants: m{"on": true}, DefaultVariant: "on"}, "state", "no state"},
		"a list":            {flag.Flag{Variants: m{"on": []any{}}, DefaultVariant: "on"}, "variants.on", "neither"},
		"an operator":       {onOff(m{"map": []any{}}), "targeting.map", "no operator"},
		"two operators":     {onOff(m{"==": []any{}, "in": []any{}}), "targeting", "one operator"},
		"a share of nobody": {onOff(m{"fractional": []any{[]any{"blue", int64(1)}}}), "targeting.fractional[0]", `no variant "blue"`},
		"no weight":         {onOff(m{"fractional": []any{[]any{"on", int64(0)}}}), "targeting.fractional", "sum 0"},
		"a negative weight": {onOff(m{"fractional": []any{[]any{"on", int64(-1)}, []any{"off", int64(5)}}}), "targeting.fractional[0]", "no pair"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults := c.flag.Check()
			if len(faults) == 0 || faults[0].Path != c.path || !strings.Contains(faults[0].Message, c.says) {
				t.Errorf("%+v, want %s: …%s…", faults, c.path, c.says)
			}
		})
	}
}

func TestManyEvaluateAtOnce(t *testing.T) {
	t.Parallel()
	f := rollout(50)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 200 {
				if _, err := f.Evaluate("f", m{"targetingKey": fmt.Sprint(i, j)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkEvaluate(b *testing.B) {
	f, context := rollout(50), m{"targetingKey": "ada"}
	for b.Loop() {
		if _, err := f.Evaluate("f", context); err != nil {
			b.Fatal(err)
		}
	}
}
