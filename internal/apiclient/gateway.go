package apiclient

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// GatewayScope says whose routes and policies a call is about; without a stage a whole
// project's, without a project the tenant's.
type GatewayScope struct{ Project, Stage string }

// ApplyGateway makes routes and policies be as documents say, all of them or none.
func (c *Client) ApplyGateway(ctx context.Context, p ApplyGatewayDocumentsParams, in ApplyGatewayDocumentsRequest) (GatewayApplied, error) {
	var a GatewayApplied
	return a, c.call(ctx, http.MethodPost, query(escape("gateway", "apply"), p), in, &a)
}

// GatewayRoutes returns the routes of a stage, those of one host unless it is "".
func (c *Client) GatewayRoutes(ctx context.Context, at GatewayScope, host string) ([]GatewayRoute, error) {
	return all[GatewayRoute](ctx, c, query(escape("gateway", "routes"), ListGatewayRoutesParams{Project: at.Project, Stage: at.Stage, Host: host}))
}

// GatewayRoute returns a route.
func (c *Client) GatewayRoute(ctx context.Context, at GatewayScope, name string) (GatewayRoute, error) {
	var r GatewayRoute
	return r, c.call(ctx, http.MethodGet, query(escape("gateway", "routes", name), GetGatewayRouteParams(at)), nil, &r)
}

// DeleteGatewayRoute deletes a route.
func (c *Client) DeleteGatewayRoute(ctx context.Context, name string, p DeleteGatewayRouteParams) (GatewayChange, error) {
	var g GatewayChange
	return g, c.call(ctx, http.MethodDelete, query(escape("gateway", "routes", name), p), nil, &g)
}

// GatewayPolicies returns the policies of a stage, a project or the tenant.
func (c *Client) GatewayPolicies(ctx context.Context, p ListGatewayPoliciesParams) ([]GatewayPolicy, error) {
	return all[GatewayPolicy](ctx, c, query(escape("gateway", "policies"), p))
}

// GatewayPolicy returns a policy.
func (c *Client) GatewayPolicy(ctx context.Context, at GatewayScope, name string) (GatewayPolicy, error) {
	var p GatewayPolicy
	return p, c.call(ctx, http.MethodGet, query(escape("gateway", "policies", name), GetGatewayPolicyParams(at)), nil, &p)
}

// DeleteGatewayPolicy deletes a policy.
func (c *Client) DeleteGatewayPolicy(ctx context.Context, name string, p DeleteGatewayPolicyParams) (GatewayChange, error) {
	var g GatewayChange
	return g, c.call(ctx, http.MethodDelete, query(escape("gateway", "policies", name), p), nil, &g)
}

// GatewayHistory returns what a route or a policy was, the newest version first.
func (c *Client) GatewayHistory(ctx context.Context, at GatewayScope, class, name string, limit int64) ([]GatewayPast, error) {
	var page PageGatewayPast
	path := query(escape("gateway", "history", class, name), ListGatewayVersionsParams{Project: at.Project, Stage: at.Stage, Limit: limit})
	return page.Items, c.call(ctx, http.MethodGet, path, nil, &page)
}

// RollBackGateway makes a route or a policy what it was in a version.
func (c *Client) RollBackGateway(ctx context.Context, class, name string, p RollBackGatewayParams, version int64) (GatewayChange, error) {
	var g GatewayChange
	return g, c.call(ctx, http.MethodPost, query(escape("gateway", "history", class, name, "rollback"), p), RollBackGatewayRequest{Version: version}, &g)
}

// ExplainGateway says which route takes a request, and what holds for it. Headers are
// written as Name: value.
func (c *Client) ExplainGateway(ctx context.Context, at GatewayScope, method, address string, headers []string) (GatewayExplanation, error) {
	var e GatewayExplanation
	path := query(escape("gateway", "explain"), ExplainGatewayRequestParams{Project: at.Project, Stage: at.Stage, Method: method, URL: address})
	for _, h := range headers {
		path += "&header=" + url.QueryEscape(h) // a comma is part of a header
	}
	return e, c.call(ctx, http.MethodGet, path, nil, &e)
}

// GatewayTraffic tells the rate, the errors and the durations of routes.
func (c *Client) GatewayTraffic(ctx context.Context, p GetGatewayTrafficParams) (TrafficReport, error) {
	var r TrafficReport
	return r, c.call(ctx, http.MethodGet, query(escape("gateway", "traffic"), p), nil, &r)
}

// GatewaySLOs tells how objectives of routes are doing, of one route where it is named.
func (c *Client) GatewaySLOs(ctx context.Context, at GatewayScope, route string) ([]SloStatus, error) {
	return all[SloStatus](ctx, c, query(escape("gateway", "slos"), ListGatewaySlosParams{Project: at.Project, Stage: at.Stage, Route: route}))
}

// GatewayTold is one thing that who watches the gateway is told: a line, or how many
// lines there was no room for; the first, with neither, is that the stream began.
type GatewayTold struct {
	Line *AccesslogLine
	Left int64
}

// TailGateway calls fn for the requests that routes answer until the server ends the
// stream, which it does after a while.
func (c *Client) TailGateway(ctx context.Context, p TailGatewayParams, fn func(GatewayTold) error) error {
	res, err := c.sendAccepting(ctx, eventStream, http.MethodGet, query(escape("gateway", "tail"), p), "", nil, -1)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if err := fn(GatewayTold{}); err != nil {
		return err
	}
	scan := bufio.NewScanner(res.Body)
	scan.Buffer(nil, maxLine)
	var fields sseFields
	for scan.Scan() {
		if line := scan.Text(); line != "" {
			fields.take(line)
			continue
		}
		if fields.data != "" {
			if err := fields.watched(fn); err != nil {
				return err
			}
		}
		fields = sseFields{}
	}
	if err := scan.Err(); err != nil {
		return c.unreachable(ctx, err)
	}
	return nil
}

// watched calls fn with what a server-sent event tells of the gateway.
func (f *sseFields) watched(fn func(GatewayTold) error) error {
	var told GatewayTold
	var left struct{ Lines int64 }
	var err error
	if f.kind == "left" {
		err = json.Unmarshal([]byte(f.data), &left)
		told.Left = left.Lines
	} else {
		err = json.Unmarshal([]byte(f.data), &told.Line)
	}
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "what the gateway answers cannot be read: %w", err)
	}
	return fn(told)
}

// PurgeGatewayCache drops what is stored of answers to a stage's routes, or makes it stale.
func (c *Client) PurgeGatewayCache(ctx context.Context, at GatewayScope, in GatewayCachePurge) (GatewayCachePurged, error) {
	var out GatewayCachePurged
	return out, c.call(ctx, http.MethodPost, query(escape("gateway", "cache", "purge"), PurgeGatewayCacheParams(at)), in, &out)
}

// GatewayCache returns what is stored of answers to a stage's routes in the process
// that answers.
func (c *Client) GatewayCache(ctx context.Context, at GatewayScope) ([]GatewayCacheUse, error) {
	return all[GatewayCacheUse](ctx, c, query(escape("gateway", "cache"), ListGatewayCacheParams(at)))
}

// GatewayKinds returns the kinds of documents.
func (c *Client) GatewayKinds(ctx context.Context) ([]GatewayKind, error) {
	return all[GatewayKind](ctx, c, escape("gateway", "kinds"))
}

// WafFindings returns what the firewall's rules matched in the requests of routes.
func (c *Client) WafFindings(ctx context.Context, p ListWafFindingsParams) ([]TuningFinding, error) {
	return all[TuningFinding](ctx, c, query(escape("gateway", "waf", "findings"), p))
}

// WafEstimates returns how many of the requests that were seen other settings would have refused.
func (c *Client) WafEstimates(ctx context.Context, p EstimateWafRefusalsParams) ([]TuningEstimate, error) {
	return all[TuningEstimate](ctx, c, query(escape("gateway", "waf", "what-if"), p))
}

// WafExclusion returns the policy that keeps rules from looking at something.
func (c *Client) WafExclusion(ctx context.Context, p ProposeWafExclusionParams) (TuningProposal, error) {
	var r TuningProposal
	return r, c.call(ctx, http.MethodGet, query(escape("gateway", "waf", "exclusion"), p), nil, &r)
}

// GatewaySites returns what the landing zone of a stage takes of the gateway's documents.
func (c *Client) GatewaySites(ctx context.Context, stage string) (GatewaySites, error) {
	var s GatewaySites
	return s, c.call(ctx, http.MethodGet, query(escape("gateway", "sites"), GetGatewaySitesParams{Stage: stage}), nil, &s)
}
