package stage_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

func TestRolloutIsChecked(t *testing.T) {
	t.Parallel()
	canary := stage.StrategyCanary
	for name, c := range map[string]struct {
		rollout stage.Rollout
		runtime string
		want    string
	}{
		"off":              {},
		"as usual":         {rollout: stage.Rollout{Strategy: canary}},
		"without strategy": {rollout: stage.Rollout{Steps: []stage.RolloutStep{{SetWeight: 5}}}, want: "strategy"},
		"unknown":          {rollout: stage.Rollout{Strategy: "blue-green"}, want: `"blue-green" is not known`},
		"in a cluster":     {rollout: stage.Rollout{Strategy: canary}, runtime: stage.RuntimeKubernetes, want: "runtime is kubernetes"},
		"shrinking":        {rollout: stage.Rollout{Strategy: canary, Steps: []stage.RolloutStep{{SetWeight: 50}, {SetWeight: 25}}}, want: "25 % after 50 %"},
		"more than all":    {rollout: stage.Rollout{Strategy: canary, Steps: []stage.RolloutStep{{SetWeight: 101}}}, want: "101 %"},
		"rate":             {rollout: stage.Rollout{Strategy: canary, Analysis: stage.Analysis{SuccessRate: 101}}, want: "101 %"},
		"no data":          {rollout: stage.Rollout{Strategy: canary, Analysis: stage.Analysis{NoData: "wait"}}, want: `"wait"`},
		"longer than any time": {
			rollout: stage.Rollout{Strategy: canary, Steps: []stage.RolloutStep{
				{SetWeight: 5, Pause: stage.Duration(1_000_000 * time.Hour)}, {SetWeight: 10, Pause: stage.Duration(1_000_000 * time.Hour)}, {SetWeight: 15, Pause: stage.Duration(1_000_000 * time.Hour)},
			}},
			want: "make pauses or analysis.maxWait shorter",
		},
		"longer than an apply": {
			rollout: stage.Rollout{Strategy: canary, Analysis: stage.Analysis{MaxWait: stage.Duration(20 * time.Minute)}},
			want:    "it may take 1h24m0s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stages := stage.Default()
			stages[0].Rollout = c.rollout
			stages[0].Runtime = cmp.Or(c.runtime, stages[0].Runtime)
			_, err := stage.NewSet(stages)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Error(err)
			}
		})
	}
}
