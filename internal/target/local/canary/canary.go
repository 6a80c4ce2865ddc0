// Package canary says in which steps a new release gets the requests of the one before it, and
// judges after each whether it may go on.
//
// It owns the steps and the judgement. It shifts no traffic and counts nothing; package local
// has that done.
package canary

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Strategy is how a release takes over.
type Strategy struct {
	Steps    []Step
	Analysis Analysis
}

// Step is a share of new requests, and how long it lasts at least.
type Step struct {
	// Weight is the share of the new release, in percent.
	Weight int
	Pause  time.Duration
}

// Analysis is what the new release must keep at each step.
type Analysis struct {
	// SuccessRate is the least share of requests that are not answered with 5xx, in percent.
	SuccessRate float64
	// LatencyP99 is the longest that 99 of 100 answers may take to begin; 0 is no bound.
	LatencyP99 time.Duration
	// MinRequests is how many requests must have been answered at a step before it is judged.
	MinRequests int64
	// MaxWait is how long it is waited for them after the step's pause.
	MaxWait time.Duration
	// PassWithoutTraffic has the release go on where they have not come until then; it is judged
	// by those that have, for a release that fails is asked less and less.
	PassWithoutTraffic bool
}

// Seen is what a release has answered.
type Seen struct {
	Requests, Failed int64
	P99              time.Duration
}

// SuccessRate is in percent; 100 where nothing was asked.
func (s Seen) SuccessRate() float64 {
	if s.Requests == 0 {
		return 100
	}
	return 100 * float64(s.Requests-s.Failed) / float64(s.Requests)
}

// String tells people.
func (s Seen) String() string {
	if s.Requests == 0 {
		return "no requests"
	}
	return fmt.Sprintf("%s %% of %d requests succeeded, p99 %s", percent(s.SuccessRate()), s.Requests, s.P99.Round(100*time.Microsecond))
}

// percent has two decimals at most, and is never rounded up to what it is not.
func percent(f float64) string { return strconv.FormatFloat(math.Floor(f*100)/100, 'f', -1, 64) }

// Verdict is what becomes of a release at a step.
type Verdict int

// The verdicts.
const (
	// Wait is to ask again later.
	Wait Verdict = iota
	// Advance is to go on with the next step.
	Advance
	// Abort is to return to the release before.
	Abort
)

// Judge judges a release at a step that has lasted for a while, beside the release before it.
// Where that one does no better, on enough requests, the new one is not to blame. The reason
// is for an Abort.
func (a Analysis) Judge(s Step, held time.Duration, next, before Seen) (v Verdict, reason string) {
	if next.Requests >= a.MinRequests {
		if reason := a.fault(next, before); reason != "" {
			return Abort, reason
		}
		if held >= s.Pause {
			return Advance, ""
		}
		return Wait, ""
	}
	switch {
	case held < s.Pause+a.MaxWait:
		return Wait, ""
	case !a.PassWithoutTraffic:
		return Abort, fmt.Sprintf("after %s only %d of the %d requests had come that it is judged by", held.Round(time.Second), next.Requests, a.MinRequests)
	}
	if reason := a.fault(next, before); reason != "" {
		return Abort, reason
	}
	return Advance, ""
}

// fault is what keeps a release from going on, "" for nothing.
func (a Analysis) fault(next, before Seen) string {
	compared := before.Requests >= a.MinRequests && before.Requests > 0
	if rate := next.SuccessRate(); rate < a.SuccessRate && !(compared && before.SuccessRate() <= rate) {
		return fmt.Sprintf("%s; at least %s %% must succeed (release before: %s)", next, percent(a.SuccessRate), before)
	}
	if a.LatencyP99 > 0 && next.P99 > a.LatencyP99 && !(compared && before.P99 >= next.P99) {
		return fmt.Sprintf("%s; p99 may be %s (release before: %s)", next, a.LatencyP99, before)
	}
	return ""
}
