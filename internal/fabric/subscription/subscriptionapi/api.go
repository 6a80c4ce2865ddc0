// Package subscriptionapi serves subscriptions to events and what became of
// their deliveries.
//
// It owns the wire types of subscriptions. It never answers with a password; a
// signing secret it shows once.
package subscriptionapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves subscriptions over HTTP.
type API struct {
	Subscriptions *subscription.Service
	// Address is where others reach the platform.
	Address string
}

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "Whether a subscription delivers.", subscription.Active, subscription.Paused)
	httpserver.Enum(api, "How a delivery stands.", subscription.Delivered, subscription.Retrying, subscription.Dead, subscription.Queued)
	httpserver.Enum(api, "How an event is put on the wire.", subscription.Structured, subscription.Binary)
	httpserver.Enum(api, "How to sign in to Kafka.", subscription.Plain, subscription.ScramSHA256, subscription.ScramSHA512)
	create := operation("create-subscription", http.MethodPost, "", "Send events on to a webhook, NATS or Kafka")
	create.Description = "Events from now on are sent. The answer has the secret that webhooks are signed with, this once."
	httpserver.Register(api, create, a.create)
	httpserver.Register(api, operation("list-subscriptions", http.MethodGet, "", "List the subscriptions of a project, or of the tenant"), a.list)
	httpserver.Register(api, operation("get-subscription", http.MethodGet, "/{subscription}", "Get a subscription"), a.get)
	httpserver.Register(api, operation("delete-subscription", http.MethodDelete, "/{subscription}", "Delete a subscription"), a.remove)
	httpserver.Register(api, operation("pause-subscription", http.MethodPost, "/{subscription}/pause", "Stop deliveries"), a.pause)
	httpserver.Register(api, operation("resume-subscription", http.MethodPost, "/{subscription}/resume", "Deliver what waits and what comes"), a.resume)
	httpserver.Register(api, operation("test-subscription", http.MethodPost, "/{subscription}/test", "Send one event and tell what the sink answers"), a.test)
	rotate := operation("rotate-subscription", http.MethodPost, "/{subscription}/credentials", "Give a subscription another secret")
	rotate.Description = "A webhook gets another signing secret, and carries the signatures of both for a day. NATS and Kafka get the given password."
	httpserver.Register(api, rotate, a.rotate)
	httpserver.Register(api, operation("list-deliveries", http.MethodGet, "/{subscription}/deliveries", "List what became of events, the newest first"), a.deliveries)
	a.registerEvents(api)
	a.registerTypes(api)
	httpserver.Register(api, operation("redeliver", http.MethodPost, "/{subscription}/redeliveries", "Send events again"), a.redeliver)
}

func operation(id, method, path, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: "/subscriptions" + path, Summary: summary, Tags: []string{"subscriptions"}}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusOK
	}
	return op
}

// NamePath names one subscription.
type NamePath struct {
	httpserver.ScopeParam
	Name string `path:"subscription" maxLength:"63" doc:"The subscription's name."`
}

type createInput struct {
	httpserver.ScopeParam
	Body struct {
		Name       string                `json:"name" maxLength:"63"`
		Filters    []subscription.Filter `json:"filters,omitempty" maxItems:"64" doc:"All must hold; none is every event of the scope."`
		Sink       subscription.Sink     `json:"sink"`
		RetryHours int                   `json:"retryHours,omitempty" minimum:"0" maximum:"72" doc:"How long one event is tried; 24 unless given."`
		// The secret has no rule in the schema: a report of a broken one would show it.
		Secret string `json:"secret,omitempty" writeOnly:"true" doc:"The password of NATS or Kafka, or the signing secret of a webhook, which is made unless given. ${secret:STAGE/NAME} refers to a secret of the project, ${secret:PROJECT/STAGE/NAME} to one of the tenant."`
	}
}

type createdOutput struct{ Body subscription.Created }

func (a API) create(ctx context.Context, in *createInput) (*createdOutput, error) {
	b := in.Body
	created, err := a.Subscriptions.Create(ctx, in.Scope(ctx), subscription.Spec{Name: b.Name, Filters: b.Filters, Sink: b.Sink, RetryHours: b.RetryHours, Secret: b.Secret})
	return &createdOutput{Body: created}, err
}

type listInput struct {
	httpserver.ScopeParam
	httpserver.PageParams
}

type listOutput struct {
	Body kernel.Page[subscription.Subscription]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := a.Subscriptions.List(ctx, in.Scope(ctx), in.Page())
	return &listOutput{Body: page}, err
}

type oneOutput struct{ Body subscription.Subscription }

func (a API) get(ctx context.Context, in *NamePath) (*oneOutput, error) {
	sub, err := a.Subscriptions.Get(ctx, in.Scope(ctx), in.Name)
	return &oneOutput{Body: sub}, err
}

func (a API) remove(ctx context.Context, in *NamePath) (*struct{}, error) {
	return nil, a.Subscriptions.Delete(ctx, in.Scope(ctx), in.Name)
}

type pauseInput struct {
	NamePath
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"Why."`
	}
}

func (a API) pause(ctx context.Context, in *pauseInput) (*oneOutput, error) {
	sub, err := a.Subscriptions.Pause(ctx, in.Scope(ctx), in.Name, in.Body.Reason)
	return &oneOutput{Body: sub}, err
}

func (a API) resume(ctx context.Context, in *NamePath) (*oneOutput, error) {
	sub, err := a.Subscriptions.Resume(ctx, in.Scope(ctx), in.Name)
	return &oneOutput{Body: sub}, err
}

type testOutput struct{ Body subscription.Tried }

func (a API) test(ctx context.Context, in *NamePath) (*testOutput, error) {
	tried, err := a.Subscriptions.Test(ctx, in.Scope(ctx), in.Name)
	return &testOutput{Body: tried}, err
}

type rotateInput struct {
	NamePath
	Body struct {
		Secret string `json:"secret,omitempty" writeOnly:"true" doc:"The new password, or signing secret; a signing secret is made unless given. A reference to a secret is taken, too."`
	}
}

func (a API) rotate(ctx context.Context, in *rotateInput) (*createdOutput, error) {
	created, err := a.Subscriptions.Rotate(ctx, in.Scope(ctx), in.Name, in.Body.Secret)
	return &createdOutput{Body: created}, err
}

type deliveriesInput struct {
	NamePath
	httpserver.PageParams
	Status subscription.DeliveryStatus `query:"status" doc:"Only those that stand so."`
}

type deliveriesOutput struct {
	Body kernel.Page[subscription.Delivery]
}

func (a API) deliveries(ctx context.Context, in *deliveriesInput) (*deliveriesOutput, error) {
	page, err := a.Subscriptions.ListDeliveries(ctx, in.Scope(ctx), in.Name, in.Status, in.Page())
	return &deliveriesOutput{Body: page}, err
}

type redeliverInput struct {
	NamePath
	Body struct {
		Events []string `json:"events,omitempty" maxItems:"200" doc:"The ids of the events; every dead delivery unless given."`
	}
}

type redeliverOutput struct {
	Body struct {
		Queued int `json:"queued" doc:"How many will be sent again."`
	}
}

func (a API) redeliver(ctx context.Context, in *redeliverInput) (*redeliverOutput, error) {
	n, err := a.Subscriptions.Redeliver(ctx, in.Scope(ctx), in.Name, in.Body.Events)
	out := &redeliverOutput{}
	out.Body.Queued = n
	return out, err
}
