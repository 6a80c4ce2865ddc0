package product

import (
	"context"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Wish asks for a subscription.
type Wish struct {
	Name, Product, Plan string
	Consumer            Consumer
	// EndsAt is when it expires; nil is never.
	EndsAt *time.Time
	Reason string
}

// Subscribe makes a subscription on a stage, with its keys, which are told this once. Where
// its plan wants an approval they count from then on.
func (s *Service) Subscribe(ctx context.Context, stage kernel.Scope, w Wish) (Subscription, Keys, error) {
	p, err := s.Product(ctx, stage, w.Product)
	if err != nil {
		return Subscription{}, Keys{}, err
	}
	if err := s.taken(stage); err != nil {
		return Subscription{}, Keys{}, err
	}
	if w.Consumer, err = s.consumer(ctx, stage, w.Consumer); err != nil {
		return Subscription{}, Keys{}, err
	}
	sub, plan, err := s.make(ctx, stage, p, w)
	if err != nil {
		return Subscription{}, Keys{}, err
	}
	var keys Keys
	keys.Primary, sub.Primary = newKey(KeyPrefix)
	keys.Secondary, sub.Secondary = newKey(KeyPrefix)
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.room(ctx, sub, plan); err != nil {
			return err
		}
		if err := s.Store.Insert(ctx, sub); err != nil {
			return err
		}
		return s.record(ctx, sub, "gateway-subscription.created", w.Reason, ends(sub))
	})
	if err != nil {
		return Subscription{}, Keys{}, err
	}
	s.renew(ctx)
	return sub, keys, nil
}

// taken refuses keys for a stage where something else takes keys, which makes them itself.
func (s *Service) taken(stage kernel.Scope) error {
	if s.Planes == nil {
		return nil
	}
	plane := s.Planes.Plane(stage)
	if plane == "" {
		return nil
	}
	return kernel.Errorf(kernel.Refused, "a key of Terrace opens nothing on %s: %s has the products of that stage, and makes the keys of those who subscribe", stage.Stage, plane).
		WithFix("subscribe there: in its developer portal, or as its administrator")
}

func ends(sub Subscription) map[string]any {
	if sub.EndsAt == nil {
		return nil
	}
	return map[string]any{"endsAt": *sub.EndsAt}
}

// consumer completes who subscribes, where the actor may act for them.
func (s *Service) consumer(ctx context.Context, stage kernel.Scope, c Consumer) (Consumer, error) {
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	if c.Kind == "" {
		c.Kind = ConsumerProject
	}
	if c.Name == "" {
		switch c.Kind {
		case ConsumerProject:
			c.Name = stage.Project
		case ConsumerUser:
			c.Name = actor.Name
		case ConsumerService:
			return c, kernel.Errorf(kernel.Invalid, "the subscription is of nobody").
				WithProblems(kernel.Problem{Path: "consumer", Message: "a service account has a name", Fix: "name it"})
		}
	}
	if c.Kind == ConsumerProject {
		c.Project = c.Name
	}
	if err := s.Authorizer.Authorize(ctx, actionCreate, s.side(stage, c)); err != nil {
		return c, err
	}
	found, err := s.Consumers.Find(ctx, stage.Tenant, c)
	if err != nil {
		return c, err
	}
	if found.Project != c.Project { // what may be done for it is decided where it is
		if err := s.Authorizer.Authorize(ctx, actionCreate, s.side(stage, found)); err != nil {
			return c, err
		}
	}
	if c.Kind == ConsumerUser && found.ID != actor.ID {
		return found, s.Authorizer.Authorize(ctx, actionManage, stage)
	}
	return found, nil
}

// side is where a consumer's part of a subscription is decided about: in its project, or
// where the product is.
func (s *Service) side(stage kernel.Scope, c Consumer) kernel.Scope {
	if c.Project != "" {
		return stage.InProject(c.Project)
	}
	return stage
}

func (s *Service) make(ctx context.Context, stage kernel.Scope, p Product, w Wish) (Subscription, Plan, error) {
	now := s.now()
	actor, _ := kernel.ActorFrom(ctx)
	if w.Name == "" {
		w.Name = w.Consumer.Name
	}
	if w.Plan == "" && len(p.Spec.Plans) == 1 {
		w.Plan = p.Spec.Plans[0].Name
	}
	plan, ok := p.Plan(w.Plan)
	var problems []kernel.Problem
	if !isName(w.Name) {
		problems = append(problems, kernel.Problem{Path: "name", Message: strconv.Quote(w.Name) + " is no name of a subscription", Fix: "use lower-case letters, digits and hyphens"})
	}
	if !ok {
		problems = append(problems, kernel.Problem{Path: "plan", Message: "product " + p.Name + " has no plan " + strconv.Quote(w.Plan), Fix: "use one of " + names(p)})
	}
	if w.EndsAt != nil && !w.EndsAt.After(now) {
		problems = append(problems, kernel.Problem{Path: "endsAt", Message: "the end of the subscription is over", Fix: "name a time to come"})
	}
	if len(problems) > 0 {
		return Subscription{}, plan, kernel.Errorf(kernel.Invalid, "the subscription is not possible").WithProblems(problems...)
	}
	if p.Spec.State != Published {
		return Subscription{}, plan, kernel.Errorf(kernel.Refused, "product %s is a draft: nobody subscribes to it yet", p.Name).WithFix("publish it: write state: published in its document")
	}
	sub := Subscription{
		ID: kernel.NewID("gsub"), Scope: stage, Name: w.Name, Product: p.Name, Plan: plan.Name, Consumer: w.Consumer, State: Active,
		Requested: Decision{By: actor.Name, ID: actor.ID, At: now, Reason: w.Reason}, PrimaryAt: now, SecondaryAt: now,
	}
	if plan.Approval {
		sub.State = Submitted
	}
	if w.EndsAt != nil {
		at := w.EndsAt.UTC().Truncate(time.Second)
		sub.EndsAt = &at
	}
	return sub, plan, nil
}

func names(p Product) string {
	out := ""
	for i, plan := range p.Spec.Plans {
		if i > 0 {
			out += ", "
		}
		out += plan.Name
	}
	return out
}

// room refuses one subscription more than the plan lets a consumer have.
func (s *Service) room(ctx context.Context, sub Subscription, plan Plan) error {
	n, err := s.Store.Count(ctx, sub.Scope, sub.Product, sub.Plan, &sub.Consumer)
	if err != nil || plan.MaxSubscriptions == 0 || n < plan.MaxSubscriptions {
		return err
	}
	return kernel.Errorf(kernel.Refused, "%s has %d of the %d subscriptions that the plan %s lets a consumer have", sub.Consumer, n, plan.MaxSubscriptions, plan.Name).
		WithFix("cancel one: terrace gateway subscription cancel NAME --stage %s", sub.Scope.Stage)
}

// Subscriptions returns those that the actor sees: of products of where it reads them, and
// of consumers in its projects.
func (s *Service) Subscriptions(ctx context.Context, scope kernel.Scope, f Filter, page kernel.PageRequest) (kernel.Page[Subscription], error) {
	reach, err := s.Authorizer.Allowed(ctx, actionRead, kernel.Scope{Tenant: scope.Tenant})
	if err != nil {
		return kernel.Page[Subscription]{}, err
	}
	if err := s.asked(ctx, actionRead, scope, reach); err != nil {
		return kernel.Page[Subscription]{}, err
	}
	f.Project, f.Stage, f.Reach = scope.Project, scope.Stage, reach
	return s.Store.List(ctx, scope.Tenant, f, page)
}

// Subscription returns one for who may see it.
func (s *Service) Subscription(ctx context.Context, stage kernel.Scope, name string) (Subscription, error) {
	sub, _, err := s.find(ctx, stage, name, actionRead, actionRead)
	return sub, err
}

// find returns a subscription for an actor that may do one action where the product is, or
// another where the consumer is; ours tells that it is the former.
func (s *Service) find(ctx context.Context, stage kernel.Scope, name, here, there string) (sub Subscription, ours bool, err error) {
	refused := s.Authorizer.Authorize(ctx, here, stage)
	if refused != nil && (there == "" || !kernel.Is(refused, kernel.Denied)) {
		return sub, false, refused
	}
	if err := s.known(stage); err != nil {
		return sub, false, err
	}
	sub, err = s.Store.Get(ctx, stage, name)
	switch {
	case refused == nil && kernel.Is(err, kernel.NotFound):
		return sub, true, kernel.Errorf(kernel.NotFound, "there is no subscription %s in %s", name, stage).WithFix("see those that there are with: terrace gateway subscription list --project %s --stage %s", stage.Project, stage.Stage)
	case refused == nil:
		return sub, true, err
	case err != nil || !s.isConsumer(ctx, sub, there):
		return Subscription{}, false, refused // that it is there is not told
	}
	return sub, false, nil
}

// isConsumer tells whether the actor stands for the consumer of a subscription.
func (s *Service) isConsumer(ctx context.Context, sub Subscription, action string) bool {
	if sub.Consumer.Project == "" {
		return false
	}
	return s.Authorizer.Authorize(ctx, action, sub.Scope.InProject(sub.Consumer.Project)) == nil
}
