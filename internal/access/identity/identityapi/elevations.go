package identityapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerElevations(api huma.API) {
	httpserver.Enum(api, "How an elevation stands: lapsed is a request that nobody decided on in a day, expired one that came to its end by itself.", identity.ElevationStates()...)
	httpserver.Register(api, operation("request-elevation", http.MethodPost, "/access/elevations", "Ask for a role for a while"), a.requestElevation)
	httpserver.Register(api, operation("list-elevations", http.MethodGet, "/access/elevations", "List elevations, the newest first"), a.elevations)
	httpserver.Register(api, operation("decide-elevation", http.MethodPut, "/access/elevations/{elevation}/decision", "Approve or deny an elevation"), a.decideElevation)
	httpserver.Register(api, operation("end-elevation", http.MethodDelete, "/access/elevations/{elevation}", "End an elevation, or withdraw a request for one"), a.endElevation)
	httpserver.Register(api, operation("get-elevation-rule", http.MethodGet, "/access/elevation-rule", "Show who decides on elevations at a node beside its admins"), a.elevationRule)
	httpserver.Register(api, operation("set-elevation-rule", http.MethodPut, "/access/elevation-rule", "Say who decides on elevations at a node beside its admins"), a.setElevationRule)
}

// Elevation is a role that a user asks for, for a while and with a reason.
type Elevation struct {
	ID          string                  `json:"id"`
	State       identity.ElevationState `json:"state"`
	User        string                  `json:"user"`
	Role        identity.Role           `json:"role"`
	Project     string                  `json:"project,omitempty" doc:"The project; none is the whole tenant."`
	Stage       string                  `json:"stage,omitempty" doc:"The stage; none is the whole project."`
	Reason      string                  `json:"reason"`
	Minutes     int                     `json:"minutes" doc:"How long it holds from its approval on."`
	RequestedAt time.Time               `json:"requestedAt"`
	DecidedBy   string                  `json:"decidedBy,omitempty"`
	DecidedAt   *time.Time              `json:"decidedAt,omitempty"`
	Word        string                  `json:"word,omitempty" doc:"What was said to the decision."`
	ExpiresAt   *time.Time              `json:"expiresAt,omitempty" doc:"When it ends by itself."`
	EndedBy     string                  `json:"endedBy,omitempty"`
	EndedAt     *time.Time              `json:"endedAt,omitempty"`
}

func (a API) elevationOf(e identity.Elevation) Elevation {
	return Elevation{
		ID: e.ID, State: e.State(a.Service.Clock.Now()), User: e.User, Role: e.Role, Project: e.Project, Stage: e.Stage, Reason: e.Reason,
		Minutes: int(e.Length.Minutes()), RequestedAt: e.RequestedAt, DecidedBy: e.Decided, DecidedAt: timeOrNone(e.DecidedAt), Word: e.Word,
		ExpiresAt: timeOrNone(e.ExpiresAt), EndedBy: e.Ender, EndedAt: timeOrNone(e.EndedAt),
	}
}

type elevationOutput struct{ Body Elevation }

func (a API) elevationBody(e identity.Elevation, err error) (*elevationOutput, error) {
	if err != nil {
		return nil, err
	}
	return &elevationOutput{Body: a.elevationOf(e)}, nil
}

func (a API) requestElevation(ctx context.Context, in *struct {
	Body struct {
		Role    identity.Role `json:"role"`
		Project string        `json:"project,omitempty" maxLength:"63" doc:"The project; none is the whole tenant."`
		Stage   string        `json:"stage,omitempty" maxLength:"63" doc:"The stage of the project; none is all of it."`
		Minutes int           `json:"minutes" minimum:"5" maximum:"1440" doc:"How long it is to hold."`
		Reason  string        `json:"reason" minLength:"1" maxLength:"1000" doc:"What for."`
	}
},
) (*elevationOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Body.Project)
	if err != nil {
		return nil, err
	}
	scope.Stage = in.Body.Stage
	n := identity.NewElevation{Role: in.Body.Role, Length: time.Duration(in.Body.Minutes) * time.Minute, Reason: in.Body.Reason}
	return a.elevationBody(a.Service.Elevate(ctx, scope, n))
}

type elevationsOutput struct{ Body kernel.Page[Elevation] }

func (a API) elevations(ctx context.Context, in *struct {
	Project string `query:"project" maxLength:"63" doc:"Those of this project and of the whole tenant."`
	Open    bool   `query:"open" doc:"Only those that wait or hold."`
	httpserver.PageParams
},
) (*elevationsOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Service.Elevations(ctx, scope, identity.ElevationFilter{Project: in.Project, Open: in.Open}, in.Page())
	if err != nil {
		return nil, err
	}
	return &elevationsOutput{Body: pageOf(page, a.elevationOf)}, nil
}

func (a API) decideElevation(ctx context.Context, in *struct {
	Elevation string `path:"elevation" maxLength:"64" doc:"The elevation's id."`
	Body      struct {
		Approve bool   `json:"approve" doc:"Whether it is approved, else it is denied."`
		Word    string `json:"word,omitempty" maxLength:"1000" doc:"Why."`
	}
},
) (*elevationOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return a.elevationBody(a.Service.DecideElevation(ctx, scope, in.Elevation, in.Body.Approve, in.Body.Word))
}

func (a API) endElevation(ctx context.Context, in *struct {
	Elevation string `path:"elevation" maxLength:"64" doc:"The elevation's id."`
	Reason    string `query:"reason" maxLength:"1000" doc:"Why, for the audit log."`
},
) (*elevationOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return a.elevationBody(a.Service.EndElevation(ctx, scope, in.Elevation, in.Reason))
}

// ElevationRule is the setting of a node.
type ElevationRule struct {
	Users   []string `json:"users" maxItems:"50" doc:"Users who decide on elevations there, beside the admins."`
	Groups  []string `json:"groups" maxItems:"50" doc:"Groups whose members do."`
	Minutes int      `json:"minutes,omitempty" minimum:"5" maximum:"1440" doc:"How long an elevation may be for; a day unless given."`
}

type ruleOutput struct{ Body ElevationRule }

func ruleOf(r identity.ElevationRule) *ruleOutput {
	return &ruleOutput{Body: ElevationRule{Users: append([]string{}, r.Users...), Groups: append([]string{}, r.Groups...), Minutes: int(r.Longest.Minutes())}}
}

// NodeParams name a node of the tree.
type NodeParams struct {
	Project string `query:"project" maxLength:"63" doc:"The project; none is the whole tenant."`
	Stage   string `query:"stage" maxLength:"63" doc:"The stage of the project; none is all of it."`
}

func (n NodeParams) scope(ctx context.Context) (kernel.Scope, error) {
	scope, err := httpserver.Scope(ctx, n.Project)
	scope.Stage = n.Stage
	return scope, err
}

func (a API) elevationRule(ctx context.Context, in *struct{ NodeParams }) (*ruleOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	r, err := a.Service.ElevationRule(ctx, scope)
	if err != nil {
		return nil, err
	}
	return ruleOf(r), nil
}

func (a API) setElevationRule(ctx context.Context, in *struct {
	NodeParams

	Body ElevationRule
},
) (*ruleOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	r := identity.ElevationRule{Users: in.Body.Users, Groups: in.Body.Groups, Longest: time.Duration(in.Body.Minutes) * time.Minute}
	if r, err = a.Service.SetElevationRule(ctx, scope, r); err != nil {
		return nil, err
	}
	return ruleOf(r), nil
}
