// Package productapi serves products, subscriptions and what they use over HTTP.
//
// It owns paths and wire types. It decides nothing; gateway/product does, and what is a
// document the gateway.
package productapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves products.
type API struct {
	Products *product.Service
	Gateway  *gateway.Service
}

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "Where a subscription is in its life.", product.States()...)
	httpserver.Enum(api, "Who a consumer is.", product.ConsumerKinds()...)
	httpserver.Enum(api, "A part of the calendar, in UTC.", product.Periods()...)
	httpserver.Enum(api, "One of a subscription's two keys.", product.PrimaryKey, product.SecondaryKey)
	httpserver.Register(api, operation("list-gateway-products", http.MethodGet, "/products", "List the products that are seen: of where the caller reads, and those that are offered to the tenant"), a.products)
	httpserver.Register(api, operation("get-gateway-product", http.MethodGet, "/products/{product}", "Show what a stage, or a project, offers by a name"), a.product)
	remove := operation("delete-gateway-product", http.MethodDelete, "/products/{product}", "Delete a product that nobody is subscribed to")
	remove.DefaultStatus = http.StatusOK
	httpserver.Register(api, remove, a.remove)
	httpserver.Register(api, operation("list-gateway-subscriptions", http.MethodGet, "/subscriptions", "List the subscriptions that are seen, the newest first"), a.list)
	create := operation("create-gateway-subscription", http.MethodPost, "/subscriptions", "Subscribe to a plan of a product; the keys are told this once")
	create.DefaultStatus = http.StatusCreated
	httpserver.Register(api, create, a.create)
	httpserver.Register(api, operation("get-gateway-subscription", http.MethodGet, "/subscriptions/{subscription}", "Show a subscription"), a.get)
	for _, s := range []struct {
		step    product.Step
		summary string
	}{
		{product.Approve, "Approve a subscription that somebody else asked for"},
		{product.Reject, "Reject a subscription"},
		{product.Suspend, "Have the keys of a subscription count no more, until it is resumed"},
		{product.Resume, "Have the keys of a subscription count again"},
		{product.Cancel, "End a subscription"},
	} {
		httpserver.Register(api, operation(string(s.step)+"-gateway-subscription", http.MethodPost, "/subscriptions/{subscription}/"+string(s.step), s.summary), a.step(s.step))
	}
	httpserver.Register(api, operation("regenerate-gateway-subscription-key", http.MethodPost, "/subscriptions/{subscription}/keys/{key}", "Make a key of a subscription anew; it is told this once, and the other one goes on"), a.regenerate)
	httpserver.Register(api, operation("get-gateway-subscription-usage", http.MethodGet, "/subscriptions/{subscription}/usage", "Show what a subscription used, and how it stands to its quotas"), a.usage)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/gateway" + path, Summary: summary, Tags: []string{"products"}}
}

// Where narrows a list.
type Where struct {
	Project string `query:"project" maxLength:"63" doc:"Of products of this project; of all that are seen unless given."`
	Stage   string `query:"stage" maxLength:"63" doc:"On this stage; on all that are seen unless given."`
}

func (w Where) scope(ctx context.Context) kernel.Scope {
	actor, _ := kernel.ActorFrom(ctx) // the API requires one
	return kernel.Scope{Tenant: actor.Tenant, Project: w.Project, Stage: w.Stage}
}

// OfProject says whose product an operation is about.
type OfProject struct {
	Project string `query:"project" required:"true" minLength:"1" maxLength:"63" doc:"The project of the product."`
	Stage   string `query:"stage" maxLength:"63" doc:"The stage; the project's own product unless given."`
}

// OfStage says on which stage a subscription is.
type OfStage struct {
	Project string `query:"project" required:"true" minLength:"1" maxLength:"63" doc:"The project of the product."`
	Stage   string `query:"stage" required:"true" minLength:"1" maxLength:"63" doc:"The stage."`
}

// GatewayProduct is a product.
type GatewayProduct struct {
	Project string `json:"project"`
	Stage   string `json:"stage,omitempty" doc:"Empty for every stage of the project."`
	product.Product
}

func productOf(p product.Product) GatewayProduct {
	return GatewayProduct{Project: p.Scope.Project, Stage: p.Scope.Stage, Product: p}
}

type productsInput struct {
	Where
	httpserver.PageParams
}

type productsOutput struct{ Body kernel.Page[GatewayProduct] }

func (a API) products(ctx context.Context, in *productsInput) (*productsOutput, error) {
	page, err := a.Products.Products(ctx, in.scope(ctx), in.Page())
	out := kernel.Page[GatewayProduct]{Items: []GatewayProduct{}, Next: page.Next}
	for _, p := range page.Items {
		out.Items = append(out.Items, productOf(p))
	}
	return &productsOutput{Body: out}, err
}

// ProductPath names a product.
type ProductPath struct {
	OfProject
	Product string `path:"product" maxLength:"63" doc:"The product's name."`
}

type productOutput struct{ Body GatewayProduct }

func (a API) product(ctx context.Context, in *ProductPath) (*productOutput, error) {
	p, err := a.Products.Product(ctx, Where(in.OfProject).scope(ctx), in.Product)
	return &productOutput{Body: productOf(p)}, err
}

type removeInput struct {
	ProductPath

	DryRun bool `query:"dryRun" doc:"Only tell what would change."`
}

type removeOutput struct{ Body gateway.Change }

func (a API) remove(ctx context.Context, in *removeInput) (*removeOutput, error) {
	change, err := a.Gateway.Remove(ctx, Where(in.OfProject).scope(ctx), gateway.ClassProduct, in.Product, gateway.ApplyOptions{DryRun: in.DryRun})
	return &removeOutput{Body: change}, err
}

// GatewaySubscription is a subscription without its keys.
type GatewaySubscription struct {
	Project string `json:"project"`
	Stage   string `json:"stage"`
	product.Subscription
}

func subscriptionOf(s product.Subscription) GatewaySubscription {
	return GatewaySubscription{Project: s.Scope.Project, Stage: s.Scope.Stage, Subscription: s}
}

// GatewaySubscribed is a subscription with keys that are told this once.
type GatewaySubscribed struct {
	GatewaySubscription

	Keys product.Keys `json:"keys" doc:"They are told this once: nobody can look them up."`
}

type listInput struct {
	Where
	httpserver.PageParams
	Product string        `query:"product" maxLength:"63" doc:"Only those to this product."`
	State   product.State `query:"state" doc:"Only those in this state."`
}

type listOutput struct {
	Body kernel.Page[GatewaySubscription]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := a.Products.Subscriptions(ctx, in.scope(ctx), product.Filter{Product: in.Product, State: in.State}, in.Page())
	out := kernel.Page[GatewaySubscription]{Items: []GatewaySubscription{}, Next: page.Next}
	for _, s := range page.Items {
		out.Items = append(out.Items, subscriptionOf(s))
	}
	return &listOutput{Body: out}, err
}

// GatewayConsumer is who subscribes.
type GatewayConsumer struct {
	Kind product.ConsumerKind `json:"kind" doc:"Who it is."`
	Name string               `json:"name,omitempty" maxLength:"200" doc:"The name of the project, service account or user; the caller's own user, or the product's project, unless given."`
}

type createInput struct {
	OfStage
	Body struct {
		Product  string           `json:"product" minLength:"1" maxLength:"63" doc:"The product's name."`
		Plan     string           `json:"plan,omitempty" maxLength:"63" doc:"The plan; may be left out where the product has one alone."`
		Name     string           `json:"name,omitempty" maxLength:"63" doc:"The subscription's name; the consumer's unless given."`
		Consumer *GatewayConsumer `json:"consumer,omitempty" doc:"Who subscribes; the project of the product unless given."`
		EndsAt   *time.Time       `json:"endsAt,omitempty" doc:"When it expires; never unless given."`
		Reason   string           `json:"reason,omitempty" maxLength:"2000" doc:"What it is for; who approves reads it."`
	}
}

type createOutput struct{ Body GatewaySubscribed }

func (a API) create(ctx context.Context, in *createInput) (*createOutput, error) {
	w := product.Wish{Name: in.Body.Name, Product: in.Body.Product, Plan: in.Body.Plan, EndsAt: in.Body.EndsAt, Reason: in.Body.Reason}
	if c := in.Body.Consumer; c != nil {
		w.Consumer = product.Consumer{Kind: c.Kind, Name: c.Name}
	}
	s, keys, err := a.Products.Subscribe(ctx, Where(in.OfStage).scope(ctx), w)
	return &createOutput{Body: GatewaySubscribed{subscriptionOf(s), keys}}, err
}

// Path names a subscription.
type Path struct {
	OfStage
	Subscription string `path:"subscription" maxLength:"63" doc:"The subscription's name or id."`
}

type getOutput struct{ Body GatewaySubscription }

func (a API) get(ctx context.Context, in *Path) (*getOutput, error) {
	s, err := a.Products.Subscription(ctx, Where(in.OfStage).scope(ctx), in.Subscription)
	return &getOutput{Body: subscriptionOf(s)}, err
}

// GatewaySubscriptionReason is why something is done with a subscription.
type GatewaySubscriptionReason struct {
	Reason string `json:"reason,omitempty" maxLength:"2000" doc:"Why; it is in the audit log."`
}

type stepInput struct {
	Path
	Body GatewaySubscriptionReason
}

func (a API) step(which product.Step) func(ctx context.Context, in *stepInput) (*getOutput, error) {
	return func(ctx context.Context, in *stepInput) (*getOutput, error) {
		s, err := a.Products.Take(ctx, Where(in.OfStage).scope(ctx), in.Subscription, which, in.Body.Reason)
		return &getOutput{Body: subscriptionOf(s)}, err
	}
}

type regenerateInput struct {
	Path
	Key  product.KeyName `path:"key" doc:"Which of the two."`
	Body GatewaySubscriptionReason
}

func (a API) regenerate(ctx context.Context, in *regenerateInput) (*createOutput, error) {
	s, keys, err := a.Products.Regenerate(ctx, Where(in.OfStage).scope(ctx), in.Subscription, in.Key, in.Body.Reason)
	return &createOutput{Body: GatewaySubscribed{subscriptionOf(s), keys}}, err
}

type usageInput struct {
	Path
	Period product.Period `query:"period" default:"day" doc:"Of which length the periods are."`
	Limit  int            `query:"limit" minimum:"1" maximum:"1500" default:"31" doc:"Of how many periods, the newest first."`
}

type usageOutput struct{ Body product.Used }

func (a API) usage(ctx context.Context, in *usageInput) (*usageOutput, error) {
	u, err := a.Products.UsageOf(ctx, Where(in.OfStage).scope(ctx), in.Subscription, in.Period, in.Limit)
	return &usageOutput{Body: u}, err
}
