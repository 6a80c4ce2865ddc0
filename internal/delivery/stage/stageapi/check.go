package stageapi

import (
	"cmp"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

// StageCheck is one verification; it has one of its kinds.
type StageCheck struct {
	Name       string           `json:"name"`
	HTTP       *HTTPCheck       `json:"http,omitempty"`
	Command    *CommandCheck    `json:"command,omitempty"`
	Prometheus *PrometheusCheck `json:"prometheus,omitempty"`
}

// HTTPCheck is a verification over HTTP.
type HTTPCheck struct {
	Path     string            `json:"path,omitempty" doc:"Empty is the path of the workload's readiness probe, else /."`
	Status   int               `json:"status" doc:"0 is any from 200 to 299."`
	Contains string            `json:"contains,omitempty" doc:"A text that the answer must have."`
	Headers  map[string]string `json:"headers,omitempty" doc:"Headers of the request."`
	Timeout  string            `json:"timeout,omitempty" doc:"How long it may take in all, as Go writes durations." example:"1m30s"`
}

// CommandCheck is a verification by a program on the daemon's machine.
type CommandCheck struct {
	Argv    []string `json:"argv" doc:"The program and its arguments."`
	Timeout string   `json:"timeout" doc:"How long it may take, as Go writes durations." example:"1m0s"`
	Memory  int      `json:"memory" doc:"MiB of data that each of its processes may have."`
}

// PrometheusCheck is a verification by measurements.
type PrometheusCheck struct {
	Server    string `json:"server" doc:"Whom it asks."`
	Query     string `json:"query" doc:"PromQL, with placeholders such as ${workload}."`
	Condition string `json:"condition,omitempty" doc:"What every sample must be; absent, the query compares." example:"< 0.01"`
	For       string `json:"for,omitempty" doc:"How long it is measured, as Go writes durations; absent is once." example:"5m0s"`
	Every     string `json:"every,omitempty" doc:"The time between measurements, as Go writes durations." example:"30s"`
	Failures  int    `json:"failures" doc:"How many measurements may miss the condition."`
	NoData    string `json:"noData" enum:"fail,pass,wait" doc:"What a measurement without data means."`
}

func checkOf(c stage.Check) StageCheck {
	out := StageCheck{Name: c.Name}
	switch {
	case c.HTTP != nil:
		out.HTTP = &HTTPCheck{Path: c.HTTP.Path, Status: c.HTTP.Status, Contains: c.HTTP.Contains, Headers: c.HTTP.Headers, Timeout: text(c.HTTP.Timeout)}
	case c.Command != nil:
		out.Command = &CommandCheck{
			Argv: c.Command.Argv, Timeout: cmp.Or(c.Command.Timeout, stage.DefaultCommandTime).String(), Memory: cmp.Or(c.Command.Memory, stage.DefaultCommandMemory),
		}
	case c.Prometheus != nil:
		out.Prometheus = prometheusOf(*c.Prometheus)
	}
	return out
}

func prometheusOf(p stage.PrometheusCheck) *PrometheusCheck {
	out := &PrometheusCheck{
		Server: p.Server, Query: p.Query, Condition: p.Condition, Failures: p.Failures, NoData: cmp.Or(p.NoData, stage.NoDataFail), For: text(p.For),
	}
	if p.For > 0 {
		out.Every = cmp.Or(p.Every, stage.DefaultMeasureEvery).String()
	}
	return out
}

// text writes a duration, and none as nothing.
func text(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
