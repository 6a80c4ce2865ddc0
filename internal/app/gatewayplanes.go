package app

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecsql"
	"github.com/terrace-idp/terrace/internal/delivery/landingzone"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	gatewayazure "github.com/terrace-idp/terrace/internal/fabric/gateway/azure"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/validate"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// gatewayType is the type of the resource that brings a project's documents to Azure.
const gatewayType = "gateway"

// gatewayPlanes has the documents of stages on Azure obeyed there.
type gatewayPlanes struct {
	gateway   *gateway.Service
	zones     *landingzone.Service
	standings apispec.Standings
	live      *liveDeployments
	runs      *run.Service
}

func newGatewayPlanes(p *platform, f *fabric, d *delivery, live *liveDeployments) *gatewayPlanes {
	planes := &gatewayPlanes{gateway: f.gateway, zones: d.zones, standings: apispecsql.NewStore(p.db), live: live}
	f.gateway.Planes, f.products.Planes = planes, planes
	return planes
}

// Plane implements gateway.Planes.
func (g *gatewayPlanes) Plane(scope kernel.Scope) string {
	st, err := g.live.stages.Get(scope.Stage)
	if err != nil || st.Target != stage.TargetAzure {
		return ""
	}
	return "Azure API Management behind an Application Gateway"
}

// Judge implements gateway.Planes.
func (g *gatewayPlanes) Judge(ctx context.Context, scope kernel.Scope, all []gateway.InForce) ([]gateway.Judgement, error) {
	_, judgements, err := g.translate(ctx, scope, all)
	return judgements, err
}

func (g *gatewayPlanes) translate(ctx context.Context, scope kernel.Scope, all []gateway.InForce) (gatewayazure.Value, []gateway.Judgement, error) {
	zone, err := g.zones.Current(ctx, scope, scope.Stage)
	if err != nil {
		return gatewayazure.Value{}, nil, err
	}
	in := gatewayazure.Input{Domain: domainOf(zone.Values), Routes: all}
	if in.Products, err = g.gateway.ProductsInForce(ctx, scope); err != nil {
		return gatewayazure.Value{}, nil, err
	}
	if slices.ContainsFunc(all, validated) {
		if in.Documents, err = g.documents(ctx, scope); err != nil {
			return gatewayazure.Value{}, nil, err
		}
	}
	value, judgements := gatewayazure.Translate(in)
	return value, judgements, nil
}

// domainOf is what the names of a stage's services lie under.
func domainOf(zone map[string]any) string {
	of, _ := zone["workload_dns_zone"].(map[string]any)
	name, _ := of["name"].(string)
	return name
}

func validated(one gateway.InForce) bool {
	return slices.ContainsFunc(one.Policies, func(p gateway.Policy) bool { return p.Kind == validate.KindName })
}

// publishedAPIs are the documents of the APIs that stand on a stage.
type publishedAPIs map[[3]string]string

// Document implements azure.Documents.
func (a publishedAPIs) Document(scope kernel.Scope, api, version string) (string, bool) {
	source, ok := a[[3]string{scope.Project, api, version}]
	return source, ok
}

func (g *gatewayPlanes) documents(ctx context.Context, scope kernel.Scope) (publishedAPIs, error) {
	all, err := g.standings.All(ctx, func(string) bool { return false })
	if err != nil {
		return nil, err
	}
	out := publishedAPIs{}
	for _, one := range all {
		if one.Tenant == scope.Tenant && one.Stage == scope.Stage && one.State != apispec.Retired && one.Source != "" {
			out[[3]string{one.Project, one.API, one.Version}] = one.Source
		}
	}
	return out, nil
}

// documentsOf is what the landing zone of a stage is said to give of the gateway's documents.
func (g *gatewayPlanes) documentsOf(ctx context.Context, scope kernel.Scope) (map[string]any, error) {
	all, err := g.gateway.InForce(ctx, scope)
	if err != nil {
		return nil, err
	}
	value, _, err := g.translate(ctx, scope, all)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(value.APIManagement)
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "the documents of the gateway cannot be written: %w", err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, kernel.Errorf(kernel.Internal, "the documents of the gateway cannot be read: %w", err)
	}
	return out, nil
}

// Edge implements gateway.Planes.
func (g *gatewayPlanes) Edge(ctx context.Context, scope kernel.Scope, all []gateway.InForce) (map[string]any, error) {
	value, _, err := g.translate(ctx, scope, all)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(value.Sites)
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "the sites of the gateway cannot be written: %w", err)
	}
	var out map[string]any
	return out, json.Unmarshal(raw, &out)
}

// Carry implements gateway.Planes: what is deployed of the workload that brings the
// documents is planned again, with the documents of now.
func (g *gatewayPlanes) Carry(ctx context.Context, scope kernel.Scope) (string, error) {
	all, err := g.live.deployments.Deployments(ctx, scope.InProject(scope.Project), "")
	if err != nil {
		return "", err
	}
	for _, d := range all {
		if d.Scope.Stage != scope.Stage {
			continue
		}
		resources, err := g.live.graphOf(ctx, d)
		if err != nil {
			return "", err
		}
		for _, node := range resources.Nodes {
			if node.Type != gatewayType {
				continue
			}
			r, err := g.runs.Promote(ctx, scope.InProject(scope.Project), run.ChangeRequest{
				Workload: d.Workload, Stage: scope.Stage, Release: d.Release.ID, Reason: "documents of the gateway changed", WhenOpen: true,
			})
			if err != nil {
				return "", err
			}
			return "run " + r.ID + " brings it to Azure: terrace run show " + r.ID, nil
		}
	}
	return "nothing brings it to Azure yet: deploy a workload of " + scope.Project + " to " + scope.Stage + " that has a resource of the type " + gatewayType, nil
}

// gatewayGate lets nothing be applied that Azure cannot obey, and tells what it does otherwise.
type gatewayGate struct{ planes *gatewayPlanes }

// Name is gateway.
func (gatewayGate) Name() string { return "gateway" }

// Foresees says that no plan is needed.
func (gatewayGate) Foresees() {}

// Evaluate looks at the documents that the workload brings to the stage.
func (g gatewayGate) Evaluate(ctx context.Context, in run.GateInput) (run.GateResult, error) {
	result := run.GateResult{Level: run.HardMandatory, Outcome: run.Passed, Message: "the workload brings no documents of the gateway"}
	if in.Graph == nil || in.Stage.Target != stage.TargetAzure || in.Run.Operation == run.Destroy || in.Run.Operation == run.Refresh || !brings(in) {
		return result, nil
	}
	all, err := g.planes.gateway.InForce(ctx, in.Run.Scope)
	if err != nil {
		return result, err
	}
	judgements, err := g.planes.Judge(ctx, in.Run.Scope, all)
	if err != nil {
		return result, err
	}
	result.Message = "Azure obeys the documents of the gateway as they are"
	refused, near := problemsOf(judgements)
	switch {
	case len(refused) > 0:
		result.Outcome, result.Problems, result.Fix = run.Missed, refused, "change the documents: terrace gateway apply"
		result.Message = "Azure cannot obey all that the documents of the gateway say"
	case len(near) > 0:
		result.Level, result.Outcome, result.Problems = run.Advisory, run.Missed, near
		result.Message = "Azure comes close to what the documents of the gateway say, and differs in some of it"
	}
	return result, nil
}

func brings(in run.GateInput) bool {
	for _, node := range in.Graph.Nodes {
		if node.Type == gatewayType {
			return true
		}
	}
	return false
}

// problemsOf parts what is refused from what only comes close.
func problemsOf(all []gateway.Judgement) (refused, near []kernel.Problem) {
	for _, j := range all {
		p := j.Problem
		p.Path = strings.TrimSuffix(j.Kind+" "+j.Name+" of "+j.Scope.String()+": "+p.Path, ": ")
		if j.Refused {
			refused = append(refused, p)
		} else {
			near = append(near, p)
		}
	}
	return refused, near
}

// zones tells the run room what the landing zones of stages give, and with it what the
// documents of the gateway are to a stage on Azure.
type zones struct {
	zones  *landingzone.Service
	planes *gatewayPlanes
}

func (a zones) Outputs(ctx context.Context, scope kernel.Scope) (map[string]any, error) {
	v, err := a.zones.Current(ctx, scope, scope.Stage)
	if err != nil || len(v.Values) == 0 || a.planes.Plane(scope) == "" {
		return v.Values, err
	}
	documents, err := a.planes.documentsOf(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := maps.Clone(v.Values)
	out[landingzone.Documents] = documents
	return out, nil
}
