package driftapi

import (
	"encoding/json"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/drift"
)

// Drift is one finding on the wire: without the marks that tell values apart.
type Drift struct {
	ID             string           `json:"id"`
	Workload       string           `json:"workload"`
	Stage          string           `json:"stage"`
	Release        string           `json:"release" doc:"The id of the release that is deployed."`
	Address        string           `json:"address" doc:"The resource as terraform names it."`
	Type           string           `json:"type"`
	ResourceID     string           `json:"resourceId,omitempty" doc:"The target's own id of the resource."`
	Action         string           `json:"action" enum:"changed,deleted"`
	Attributes     []DriftAttribute `json:"attributes"`
	Severity       drift.Severity   `json:"severity"`
	Rule           string           `json:"rule" doc:"The rule that decided on the severity."`
	Status         drift.Status     `json:"status"`
	Next           drift.Next       `json:"next"`
	Code           *drift.Code      `json:"code,omitempty"`
	Who            []drift.Activity `json:"who" doc:"The changes that the target's log has, the newest first."`
	WhoNote        string           `json:"whoNote,omitempty" doc:"Why nobody is named."`
	Decision       *drift.Decision  `json:"decision,omitempty"`
	Ignore         *DriftIgnore     `json:"ignore,omitempty"`
	Resolution     string           `json:"resolution,omitempty"`
	DetectedAt     time.Time        `json:"detectedAt"`
	SeenAt         time.Time        `json:"seenAt"`
	ResolvedAt     *time.Time       `json:"resolvedAt,omitempty"`
	Contradictions []string         `json:"contradictions" doc:"Where code does not agree with what is there."`
}

// DriftAttribute is one attribute that differs.
type DriftAttribute struct {
	Path      string         `json:"path"`
	Before    any            `json:"before,omitempty" doc:"What Terrace knew; missing for nothing and for what is sensitive."`
	After     any            `json:"after,omitempty" doc:"What is there."`
	Sensitive bool           `json:"sensitive,omitempty" doc:"A sensitive value is not kept."`
	Severity  drift.Severity `json:"severity"`
	Rule      string         `json:"rule"`
	Next      drift.Next     `json:"next"`
	Code      *drift.Code    `json:"code,omitempty"`
	Ignore    *DriftIgnore   `json:"ignore,omitempty"`
}

// DriftIgnore says that a difference is left alone until a moment.
type DriftIgnore struct {
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
}

func wire(d drift.Drift) Drift {
	out := Drift{
		ID: d.ID, Workload: d.Workload, Stage: d.Scope.Stage, Release: d.Release, Address: d.Address, Type: d.Type, ResourceID: d.ResourceID,
		Action: d.Action, Attributes: []DriftAttribute{}, Severity: d.Severity, Rule: d.Rule, Status: d.Status, Next: d.Next, Code: d.Code,
		Who: d.Who, WhoNote: d.WhoNote, Decision: d.Decision, Ignore: ignoreOf(d.Ignore), Resolution: d.Resolution,
		DetectedAt: d.DetectedAt, SeenAt: d.SeenAt, ResolvedAt: d.ResolvedAt, Contradictions: d.Contradictions(),
	}
	if out.Who == nil {
		out.Who = []drift.Activity{}
	}
	for _, a := range d.Attributes {
		out.Attributes = append(out.Attributes, DriftAttribute{
			Path: a.Path, Before: value(a.Before), After: value(a.After), Sensitive: a.Sensitive,
			Severity: a.Severity, Rule: a.Rule, Next: a.Next, Code: a.Code, Ignore: ignoreOf(a.Ignore),
		})
	}
	return out
}

func wires(all []drift.Drift) []Drift {
	out := make([]Drift, len(all))
	for i, d := range all {
		out[i] = wire(d)
	}
	return out
}

func ignoreOf(i *drift.Ignore) *DriftIgnore {
	if i == nil {
		return nil
	}
	return &DriftIgnore{Until: i.Until, Reason: i.Reason, By: i.By}
}

func value(raw json.RawMessage) any {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return v
}
