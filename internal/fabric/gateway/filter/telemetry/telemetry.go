// Package telemetry is the kind TelemetryPolicy: how much of a route is in the access
// log, what of its queries, and whether the baggage of clients reaches services.
//
// It owns what may be said of that. Lines are written and traces recorded elsewhere.
package telemetry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
)

// KindName is the kind's name.
const KindName = "TelemetryPolicy"

// The modes of the access log.
const (
	modeAll     = "all"
	modeSampled = "sampled"
	modeOff     = "off"
)

const (
	maxShown = 64
	// maxHeaders is how many headers are told of a request.
	maxHeaders = 16
	maxName    = 256
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
	// ShowHeaders are headers of requests whose values are told. None may be a credential.
	ShowHeaders []string `json:"showHeaders,omitempty"`
	// Omit are fields that are left out: client, consumer and userAgent.
	Omit []string `json:"omit,omitempty" enum:"client,consumer,userAgent"`
}

// Kind is the kind TelemetryPolicy.
type Kind struct{}

// New returns the kind.
func New() *Kind { return &Kind{} }

// Name implements gateway.Kind.
func (*Kind) Name() string { return KindName }

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
	checkHeaders(r, l.ShowHeaders)
	omitted := omission(r, l.Omit)
	if err := r.Err(KindName, p.Name); err != nil {
		return nil, err
	}
	t := &exchange.Telemetry{Sample: 100, ShowQuery: l.ShowQuery, ShowHeaders: l.ShowHeaders, Omit: omitted, PassBaggage: d.Baggage == "pass"}
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

func omission(r *spec.Reader, fields []string) (o exchange.Omitted) {
	for i, field := range fields {
		switch field {
		case "client":
			o.Client = true
		case "consumer":
			o.Consumer = true
		case "userAgent":
			o.UserAgent = true
		default:
			r.Add(fmt.Sprintf("accessLog.omit[%d]", i), "use client, consumer or userAgent", "%q cannot be left out", field)
		}
	}
	return o
}

// checkHeaders refuses headers that are none, or that prove who calls.
func checkHeaders(r *spec.Reader, names []string) {
	if len(names) > maxHeaders {
		r.Add("accessLog.showHeaders", "", "%d headers are more than the %d that can be shown", len(names), maxHeaders)
	}
	for i, name := range names {
		at := fmt.Sprintf("accessLog.showHeaders[%d]", i)
		switch {
		case len(name) > maxName || !httpguts.ValidHeaderFieldName(name):
			r.Add(at, "write the header's name", "%q is no name of a header", name)
		case secret(name):
			r.Add(at, "leave it out", "%s may have what proves who calls, which no log has", name)
		}
	}
}

// secret tells that a header is, by its name, likely to have a credential.
func secret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{
		"auth", "cookie", "token", "key", "secret", "password", "credential", "session", "signature", "assertion", "client-cert",
	}, func(part string) bool { return strings.Contains(name, part) })
}
