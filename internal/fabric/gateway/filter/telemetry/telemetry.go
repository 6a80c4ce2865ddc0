// Package telemetry is the kind TelemetryPolicy: how much of a route is in the access
// log, what of its queries, and whether the baggage of clients reaches services.
//
// It owns what may be said of that. Lines are written and traces recorded elsewhere.
package telemetry

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
)

// Name is the kind's name.
const Name = "TelemetryPolicy"

// The modes of the access log.
const (
	modeAll     = "all"
	modeSampled = "sampled"
	modeOff     = "off"
)

const (
	maxShown = 64
	maxName  = 256
)

// document is the spec of a TelemetryPolicy.
type document struct {
	AccessLog accessLog `json:"accessLog,omitempty"`
	// Baggage is pass or cut, which it is unless it is said.
	Baggage string `json:"baggage,omitempty" enum:"cut,pass"`
}

type accessLog struct {
	// Mode is all, sampled or off; answers with 5xx are told in each.
	Mode string `json:"mode,omitempty" enum:"all,sampled,off"`
	// Percent is how many of 100 requests are told where they are sampled.
	Percent int64 `json:"percent,omitempty"`
	// ShowQuery are the parameters whose values are told; those of others are masked,
	// and without any no query is told.
	ShowQuery []string `json:"showQuery,omitempty"`
}

// Kind is the kind TelemetryPolicy.
type Kind struct{}

// New returns the kind.
func New() *Kind { return &Kind{} }

// Name implements gateway.Kind.
func (*Kind) Name() string { return Name }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return document{} }

// Compile implements gateway.Kind.
func (*Kind) Compile(_ context.Context, p gateway.Policy, _ gateway.Attachment) (exchange.Filter, error) {
	d := document{AccessLog: accessLog{Mode: modeAll}, Baggage: "cut"}
	r := spec.Read(p.Spec, &d)
	l := d.AccessLog
	r.OneOf("accessLog.mode", l.Mode, modeAll, modeSampled, modeOff)
	r.OneOf("baggage", d.Baggage, "cut", "pass")
	switch {
	case l.Mode == modeSampled:
		r.Int("accessLog.percent", l.Percent, 1, 99)
	case l.Percent != 0:
		r.Add("accessLog.percent", "set accessLog.mode to sampled, or leave percent out", "percent says how many are sampled, and the mode is %s", l.Mode)
	}
	if len(l.ShowQuery) > maxShown {
		r.Add("accessLog.showQuery", "", "%d parameters are more than the %d that can be shown", len(l.ShowQuery), maxShown)
	}
	for i, name := range l.ShowQuery {
		if name == "" || len(name) > maxName {
			r.Add(fmt.Sprintf("accessLog.showQuery[%d]", i), "write it as it is in the query", "the name of a parameter has 1 to %d characters", maxName)
		}
	}
	if err := r.Err(Name, p.Name); err != nil {
		return nil, err
	}
	t := &exchange.Telemetry{Sample: 100, ShowQuery: l.ShowQuery, PassBaggage: d.Baggage == "pass"}
	switch l.Mode {
	case modeSampled:
		t.Sample = int(l.Percent)
	case modeOff:
		t.Sample = 0
	}
	return func(next exchange.Handler) exchange.Handler {
		return func(x *exchange.Exchange) {
			x.Facts.Telemetry = t
			next(x)
		}
	}, nil
}
