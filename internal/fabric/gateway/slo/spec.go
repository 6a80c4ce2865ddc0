package slo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// KindName is the kind's name.
const KindName = "ServiceLevelObjective"

// The indicators that there are.
const (
	// Availability is the share of answers that are not 5xx.
	Availability = "availability"
	// Latency is the share of requests that took no longer than a threshold.
	Latency = "latency"
)

const (
	maxObjectives = 8
	maxTarget     = 0.99999
)

// document is the spec, in OpenSLO's words.
type document struct {
	Description     string       `json:"description,omitempty"`
	BudgetingMethod string       `json:"budgetingMethod,omitempty" enum:"Occurrences"`
	TimeWindow      []timeWindow `json:"timeWindow,omitempty"`
	Objectives      []objective  `json:"objectives"`
}

type timeWindow struct {
	Duration  string `json:"duration" enum:"7d,28d,30d"`
	IsRolling bool   `json:"isRolling"`
}

type objective struct {
	DisplayName string `json:"displayName,omitempty"`
	// IndicatorRef is availability or latency.
	IndicatorRef string `json:"indicatorRef" enum:"availability,latency"`
	// Op and Value are the threshold of a latency: lte 300ms.
	Op            string          `json:"op,omitempty" enum:"lte"`
	Value         kernel.Duration `json:"value,omitempty"`
	Target        float64         `json:"target,omitempty"`
	TargetPercent float64         `json:"targetPercent,omitempty"`
}

// Objective is what a route promises.
type Objective struct {
	Name, Indicator string
	// Threshold is that of a latency.
	Threshold time.Duration
	// Target is the share that is promised, between 0 and 1.
	Target float64
	// Window is over which it is, as the document has it, and Span how long that is.
	Window string
	Span   time.Duration
}

// windows are those over which promises can be made.
func windows() map[string]time.Duration {
	const day = 24 * time.Hour
	return map[string]time.Duration{"7d": 7 * day, "28d": 28 * day, "30d": 30 * day}
}

// Kind is the kind ServiceLevelObjective. Its filter does nothing: what a route serves
// is counted anyway.
type Kind struct{}

// New returns the kind.
func New() *Kind { return &Kind{} }

// Name implements gateway.Kind.
func (*Kind) Name() string { return KindName }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return document{} }

// Compile implements gateway.Kind.
func (*Kind) Compile(_ context.Context, p gateway.Policy, _ gateway.Attachment) (exchange.Filter, error) {
	if _, err := Read(p.Name, p.Spec); err != nil {
		return nil, err
	}
	return func(next exchange.Handler) exchange.Handler { return next }, nil
}

// Read reads a spec strictly.
func Read(name string, raw json.RawMessage) ([]Objective, error) {
	d := document{BudgetingMethod: "Occurrences"}
	r := spec.Read(raw, &d)
	r.OneOf("budgetingMethod", d.BudgetingMethod, "Occurrences")
	window := "28d"
	if len(d.TimeWindow) > 1 {
		r.Add("timeWindow", "leave one", "there are %d windows, and an objective has one", len(d.TimeWindow))
	}
	for i, w := range d.TimeWindow {
		window = w.Duration
		r.OneOf(fmt.Sprintf("timeWindow[%d].duration", i), w.Duration, "7d", "28d", "30d")
		if !w.IsRolling {
			r.Add(fmt.Sprintf("timeWindow[%d].isRolling", i), "set isRolling to true", "windows of the calendar are not known, only rolling ones")
		}
	}
	if n := len(d.Objectives); n == 0 || n > maxObjectives {
		r.Add("objectives", fmt.Sprintf("give 1 to %d", maxObjectives), "there are %d objectives", n)
	}
	var out []Objective
	seen := map[string]bool{}
	for i, o := range d.Objectives {
		one := o.read(r, fmt.Sprintf("objectives[%d]", i))
		if seen[one.Name] {
			r.Add(fmt.Sprintf("objectives[%d].displayName", i), "give each a displayName of its own", "there is an objective %s already", one.Name)
		}
		seen[one.Name] = true
		one.Window, one.Span = window, windows()[window]
		out = append(out, one)
	}
	if err := r.Err(KindName, name); err != nil {
		return nil, err
	}
	return out, nil
}

func (o objective) read(r *spec.Reader, at string) Objective {
	out := Objective{Name: o.DisplayName, Indicator: o.IndicatorRef, Threshold: time.Duration(o.Value), Target: o.Target}
	r.OneOf(at+".indicatorRef", o.IndicatorRef, Availability, Latency)
	if out.Name == "" {
		out.Name = o.IndicatorRef
	}
	if len(out.Name) > 63 || strings.ContainsAny(out.Name, "/\n\"\\") {
		r.Add(at+".displayName", "use up to 63 characters without slashes and quotes", "the name of an objective is not possible")
	}
	switch {
	case o.Target != 0 && o.TargetPercent != 0:
		r.Add(at+".targetPercent", "leave one of them out", "target and targetPercent do not go together")
	case o.TargetPercent != 0:
		out.Target = o.TargetPercent / 100
	}
	if out.Target < 0.5 || out.Target > maxTarget {
		r.Add(at+".target", "use 0.5 to 0.99999", "a target of %v leaves no error budget that could be watched", out.Target)
	}
	if o.IndicatorRef != Latency {
		if o.Op != "" || o.Value != 0 {
			r.Add(at+".value", "leave op and value out", "only a latency has a threshold")
		}
		return out
	}
	r.OneOf(at+".op", o.Op, "lte")
	if !slices.Contains(traffic.Bounds(), out.Threshold) {
		r.Add(at+".value", "use one of "+bounds(), "durations are not counted by %s", out.Threshold)
	}
	return out
}

// bounds are the thresholds that there are, in words.
func bounds() string {
	all := make([]string, 0, len(traffic.Bounds()))
	for _, b := range traffic.Bounds() {
		all = append(all, b.String())
	}
	return strings.Join(all, ", ")
}
