package stateapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// registerAside adds the operations on states that never came into force.
func (a API) registerAside(api huma.API, base string) {
	httpserver.Register(api, operation("list-set-aside-states", http.MethodGet, base+"/aside", "List the states that an apply could not store or that were set aside"), a.asides)
	httpserver.Register(api, operation("take-back-state", http.MethodPost, base+"/take-back", "Bring a state that never came into force back, as the newest version"), a.takeBack)
	httpserver.Register(api, operation("discard-state", http.MethodPost, base+"/discard", "Forget a state that was set aside; set aside the one that an apply could not store"), a.discard)
}

func (a API) asides(ctx context.Context, in *listInput) (*struct{ Body kernel.Page[state.Aside] }, error) {
	page, err := a.State.Asides(ctx, in.stack(ctx), in.Page())
	return &struct{ Body kernel.Page[state.Aside] }{page}, err
}

type takeBackInput struct {
	Target
	Body struct {
		ID           string `json:"id" minLength:"1" maxLength:"64" doc:"The id under which it was set aside, or unstored."`
		OtherLineage bool   `json:"otherLineage,omitempty" doc:"Also where the state in force has another lineage, and so is the state of something else."`
		Reason       string `json:"reason" maxLength:"1000"`
	}
}

func (a API) takeBack(ctx context.Context, in *takeBackInput) (*versionOutput, error) {
	v, err := a.State.TakeBack(ctx, in.stack(ctx), in.Body.ID, state.Replacing{State: true, Lineage: in.Body.OtherLineage}, in.Body.Reason)
	return &versionOutput{v}, err
}

type discardInput struct {
	Target
	Body struct {
		ID     string `json:"id" minLength:"1" maxLength:"64" doc:"The id under which it was set aside, or unstored."`
		Reason string `json:"reason" maxLength:"1000"`
	}
}

func (a API) discard(ctx context.Context, in *discardInput) (*struct{}, error) {
	return nil, a.State.Discard(ctx, in.stack(ctx), in.Body.ID, in.Body.Reason)
}
