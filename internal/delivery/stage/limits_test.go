package stage_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	for want, limits := range map[string]stage.Limits{
		"":                                     {Memory: 512, Processes: 64, Disk: 1024, Output: 1, Time: stage.Duration(time.Hour)},
		"stages.test.limits.memory: 5 MiB":     {Memory: 5},
		"stages.test.limits.processes: 1 is":   {Processes: 1},
		"stages.test.limits.disk: 255 MiB is":  {Disk: 255},
		"stages.test.limits.output: -1 MiB":    {Output: -1},
		"stages.test.limits.time: 1ms is":      {Time: stage.Duration(time.Millisecond)},
		"stages.test.limits.time: -1s is":      {Time: stage.Duration(-time.Second)},
		"stages.test.limits.memory: -1 MiB is": {Memory: -1},
	} {
		stages := stage.Default()
		stages[1].Limits = limits
		_, err := stage.NewSet(stages)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%+v: %v, want %q", limits, err, want)
		}
	}
	stages := stage.Default()
	stages[1].PlanEnvironment = map[string]string{"ARM_CLIENT_SECRET": "x"}
	if _, err := stage.NewSet(stages); err == nil || !strings.Contains(err.Error(), "stages.test.planEnvironment.ARM_CLIENT_SECRET") {
		t.Errorf("a secret for plans: %v", err)
	}
}
