package upstreamapi

import (
	"context"

	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// UpstreamFinding is how a part of a provider's configuration does.
type UpstreamFinding struct {
	Part    string           `json:"part" doc:"What was looked at: discovery, keys, redirect, client, scopes, names, groups or people."`
	Outcome upstream.Outcome `json:"outcome"`
	Message string           `json:"message"`
	Fix     string           `json:"fix,omitempty"`
}

type checkOutput struct {
	Body struct {
		Findings []UpstreamFinding `json:"findings"`
	}
}

func (a API) check(ctx context.Context, in *UpstreamPath) (*checkOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	all, err := a.Upstreams.Check(ctx, scope, in.Upstream)
	if err != nil {
		return nil, err
	}
	out := &checkOutput{}
	out.Body.Findings = make([]UpstreamFinding, len(all))
	for i, f := range all {
		out.Body.Findings[i] = UpstreamFinding(f)
	}
	return out, nil
}
