package stage

import (
	"cmp"
	"fmt"
	"time"
)

// StrategyCanary has a release take over step by step.
const StrategyCanary = "canary"

// Rollout says how a release takes over from the one before it on a stage of the runtime
// process.
type Rollout struct {
	// Strategy is StrategyCanary; empty has a release take over at once.
	Strategy string `json:"strategy,omitempty" yaml:"strategy,omitempty" koanf:"strategy"`
	// Steps are DefaultSteps where there are none.
	Steps []RolloutStep `json:"steps,omitempty" yaml:"steps,omitempty" koanf:"steps"`
	// Analysis is what the release must keep at each step.
	Analysis Analysis `json:"analysis,omitzero" yaml:"analysis,omitempty" koanf:"analysis"`
}

// RolloutStep is a share of new requests.
type RolloutStep struct {
	// SetWeight is the share of the new release, in percent.
	SetWeight int `json:"setWeight" yaml:"setWeight" koanf:"setWeight"`
	// Pause is how long the step lasts at least.
	Pause Duration `json:"pause,omitzero" yaml:"pause,omitempty" koanf:"pause"`
}

// Analysis is judged by what both releases answer at the gateway.
type Analysis struct {
	// SuccessRate is the least share of requests that are not answered with 5xx, in percent;
	// 0 is DefaultSuccessRate.
	SuccessRate float64 `json:"successRate,omitempty" yaml:"successRate,omitempty" koanf:"successRate"`
	// LatencyP99 is the longest that 99 of 100 answers may take to begin; 0 is no bound.
	LatencyP99 Duration `json:"latencyP99,omitzero" yaml:"latencyP99,omitempty" koanf:"latencyP99"`
	// MinRequests is how many requests a step is judged by; 0 is DefaultMinRequests.
	MinRequests int `json:"minRequests,omitempty" yaml:"minRequests,omitempty" koanf:"minRequests"`
	// MaxWait is how long it is waited for them after the step's pause; 0 is DefaultMaxWait.
	MaxWait Duration `json:"maxWait,omitzero" yaml:"maxWait,omitempty" koanf:"maxWait"`
	// NoData says what it means where they have not come until then: NoDataFail, also when
	// empty, or NoDataPass.
	NoData string `json:"noData,omitempty" yaml:"noData,omitempty" koanf:"noData"`
}

// What an analysis asks that does not say otherwise.
const (
	DefaultSuccessRate = 99.0
	DefaultMinRequests = 100
	DefaultMaxWait     = 5 * time.Minute
)

// commandTime is how long a command of terraform may take where a stage does not say: a
// rollout is a part of the apply. mostRollout is how long one may take whatever the stage says:
// the run's token ends.
const (
	commandTime = time.Hour
	mostRollout = 5 * time.Hour
)

// DefaultSteps are those of a canary that names none.
func DefaultSteps() []RolloutStep {
	pause := Duration(time.Minute)
	return []RolloutStep{{5, pause}, {25, pause}, {50, pause}, {100, pause}}
}

// Rollouts are the stage's, complete; not ok where a release takes over at once.
func (s Stage) Rollouts() (r Rollout, ok bool) {
	if s.Rollout.Strategy != StrategyCanary {
		return Rollout{}, false
	}
	return s.Rollout.complete(), true
}

func (r Rollout) complete() Rollout {
	if len(r.Steps) == 0 {
		r.Steps = DefaultSteps()
	}
	a := &r.Analysis
	a.SuccessRate, a.MinRequests = cmp.Or(a.SuccessRate, DefaultSuccessRate), cmp.Or(a.MinRequests, DefaultMinRequests)
	a.MaxWait, a.NoData = cmp.Or(a.MaxWait, Duration(DefaultMaxWait)), cmp.Or(a.NoData, NoDataFail)
	return r
}

// longest is how long all steps may take; a pause or a wait that is longer than any rollout
// counts as such a one, so that the sum stays a time.
func (r Rollout) longest() (d time.Duration) {
	for _, s := range r.Steps {
		d += min(time.Duration(s.Pause), mostRollout) + min(time.Duration(r.Analysis.MaxWait), mostRollout)
	}
	return d
}

func (c *checker) rollout(path string, s Stage) {
	r := s.Rollout
	if r.Strategy == "" {
		if len(r.Steps) > 0 || r.Analysis != (Analysis{}) {
			c.add(path+".strategy", "it is missing, so that steps and analysis would do nothing", "write strategy: canary, or leave rollout out")
		}
		return
	}
	c.oneOf(path+".strategy", r.Strategy, StrategyCanary)
	if s.Runtime != RuntimeProcess {
		c.add(path+".strategy", "Terrace shifts requests between processes; the stage's runtime is "+s.Runtime, "leave it out, and have the cluster's own rollouts do it")
	}
	if len(r.Steps) > maxSteps {
		c.add(path+".steps", fmt.Sprintf("%d steps are too many", len(r.Steps)), fmt.Sprintf("use up to %d", maxSteps))
	}
	before := 0
	for i, step := range r.Steps {
		at := fmt.Sprintf("%s.steps[%d]", path, i)
		if step.SetWeight <= before || step.SetWeight > 100 {
			c.add(at+".setWeight", fmt.Sprintf("%d %% after %d %% is not possible", step.SetWeight, before), "use whole percents that grow from step to step, up to 100")
		}
		if step.Pause < 0 {
			c.add(at+".pause", "a pause below nothing is not possible", "write one such as 1m, or leave it out")
		}
		before = max(before, step.SetWeight)
	}
	c.analysis(path+".analysis", r.Analysis)
	if longest, most := r.complete().longest(), min(cmp.Or(time.Duration(s.Limits.Time), commandTime), mostRollout); longest >= most {
		c.add(path, fmt.Sprintf("it may take %s, and an apply no more than %s", longest, most), "make pauses or analysis.maxWait shorter, or limits.time longer")
	}
}

// maxSteps bounds the steps of a rollout.
const maxSteps = 50

func (c *checker) analysis(path string, a Analysis) {
	if a.SuccessRate < 0 || a.SuccessRate > 100 {
		c.add(path+".successRate", fmt.Sprintf("%g %% is not possible", a.SuccessRate), "use a share from 0 to 100, such as 99.5")
	}
	if a.LatencyP99 < 0 || a.MaxWait < 0 || a.MinRequests < 0 {
		c.add(path, "a bound below nothing is not possible", "leave it out for the usual one")
	}
	if a.NoData != "" {
		c.oneOf(path+".noData", a.NoData, NoDataFail, NoDataPass)
	}
}
