package canary_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/target/local/canary"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	a := canary.Analysis{SuccessRate: 99, LatencyP99: 100 * time.Millisecond, MinRequests: 100, MaxWait: time.Minute}
	step := canary.Step{Weight: 25, Pause: time.Minute}
	good := canary.Seen{Requests: 200, Failed: 1, P99: 20 * time.Millisecond}
	bad := canary.Seen{Requests: 200, Failed: 40, P99: 20 * time.Millisecond}
	slow := canary.Seen{Requests: 200, P99: time.Second}
	few := canary.Seen{Requests: 99, Failed: 99}
	for name, c := range map[string]struct {
		held         time.Duration
		next, before canary.Seen
		lenient      bool
		want         canary.Verdict
		reason       string
	}{
		"good, before the pause is over": {30 * time.Second, good, good, false, canary.Wait, ""},
		"good":                           {time.Minute, good, good, false, canary.Advance, ""},
		"bad, at once":                   {time.Second, bad, good, false, canary.Abort, "80 % of 200 requests succeeded, p99 20ms; at least 99 %"},
		"bad as the release before":      {time.Minute, bad, bad, false, canary.Advance, ""},
		"slow":                           {time.Second, slow, good, false, canary.Abort, "p99 may be 100ms (release before: 99.5 %"},
		"slow as the release before":     {time.Minute, slow, slow, false, canary.Advance, ""},
		"bad, and few before":            {time.Minute, bad, few, false, canary.Abort, "at least 99 %"},
		"too few":                        {time.Minute, few, good, false, canary.Wait, ""},
		"too few for long":               {2 * time.Minute, few, good, false, canary.Abort, "after 2m0s only 99 of the 100 requests"},
		"none, which may pass":           {2 * time.Minute, canary.Seen{}, good, true, canary.Advance, ""},
		"too few, which may pass":        {2 * time.Minute, canary.Seen{Requests: 99}, good, true, canary.Advance, ""},
		"too few, and they fail":         {2 * time.Minute, few, good, true, canary.Abort, "0 % of 99 requests succeeded"},
		"too few, and they fail, early":  {time.Minute, few, good, true, canary.Wait, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := a
			a.PassWithoutTraffic = c.lenient
			if v, reason := a.Judge(step, c.held, c.next, c.before); v != c.want || !strings.Contains(reason, c.reason) || reason != "" != (c.want == canary.Abort) {
				t.Errorf("%v %q", v, reason)
			}
		})
	}
}
