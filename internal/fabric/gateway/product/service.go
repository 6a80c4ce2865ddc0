package product

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// The actions. Reading products is reading documents of the gateway.
const (
	actionProducts = gateway.ActionRead
	actionRead     = "gateway-subscription.read"
	// actionCreate is asked of who subscribes, the others of whose product it is.
	actionCreate  = "gateway-subscription.create"
	actionApprove = "gateway-subscription.approve"
	actionManage  = "gateway-subscription.manage"
)

// KeyPrefix begins every key of a subscription.
const KeyPrefix = authn.ProductPrefix

// Config is what a Service needs.
type Config struct {
	Store     Store
	Usage     UsageStore
	Documents Documents
	Consumers Consumers
	// Stages may be nil: any is taken then.
	Stages Stages
	// Planes may be nil: this gateway takes the keys of every stage.
	Planes Planes
	// Limits counts the rate limits of plans; nil has plans with such refused.
	Limits Limits
	// APIs are those that a policy holds a whole route against; nil knows none.
	APIs func(p gateway.Policy) []API
	// Shared counts with other replicas; nil counts in this process, and follows the others by
	// what they have written.
	Shared     Shared
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
	Log        *slog.Logger
}

// Service keeps subscriptions, knows their keys, and counts what they use.
type Service struct {
	Config

	loading sync.Mutex
	table   atomic.Pointer[table]
	meters  meters
}

// New returns a Service that knows no key before Load.
func New(c Config) *Service {
	s := &Service{Config: c}
	s.table.Store(&table{})
	return s
}

// Check implements gateway.Products.
func (s *Service) Check(ctx context.Context, p gateway.Policy) (gateway.Policy, error) {
	product, err := read(p)
	if err != nil {
		return p, err
	}
	for i, plan := range product.Spec.Plans {
		if _, err := s.limit(ctx, product, plan, "?"); err != nil {
			return p, kernel.Errorf(kernel.Invalid, "product %s is not valid", p.Name).
				WithProblems(kernel.Problem{Path: "plans[" + strconv.Itoa(i) + "].rateLimits", Message: err.Error()})
		}
	}
	if p.Spec, err = json.Marshal(product.Spec); err != nil {
		return p, kernel.Errorf(kernel.Internal, "product %s cannot be written: %w", p.Name, err)
	}
	return p, s.leaves(ctx, p, product)
}

// leaves refuses a product that does without a plan that somebody is subscribed to.
func (s *Service) leaves(ctx context.Context, p gateway.Policy, product Product) error {
	before, err := s.own(ctx, p.Scope, p.Name)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, plan := range before.Spec.Plans {
		if _, ok := product.Plan(plan.Name); ok {
			continue
		}
		if n, err := s.Store.Count(ctx, p.Scope, p.Name, plan.Name, nil); err != nil {
			return err
		} else if n > 0 {
			return kernel.Errorf(kernel.Conflict, "product %s cannot do without its plan %s", p.Name, plan.Name).WithProblems(kernel.Problem{
				Path: "plans", Message: subscriptions(n) + " to the plan " + plan.Name + ", which is missing", Fix: "keep the plan, or cancel them: terrace gateway subscription list --product " + p.Name,
			})
		}
	}
	return nil
}

func subscriptions(n int) string {
	if n == 1 {
		return "there is 1 subscription"
	}
	return "there are " + strconv.Itoa(n) + " subscriptions"
}

// Removable implements gateway.Products.
func (s *Service) Removable(ctx context.Context, scope kernel.Scope, name string) error {
	n, err := s.Store.Count(ctx, scope, name, "", nil)
	if err != nil || n == 0 {
		return err
	}
	return kernel.Errorf(kernel.Conflict, "product %s cannot be deleted: %s to it", name, subscriptions(n)).
		WithFix("cancel them, see terrace gateway subscription list --product %s; or make its state draft, so that nobody subscribes any more", name)
}

// Changed implements gateway.Products.
func (s *Service) Changed(ctx context.Context) { db.AfterCommit(ctx, func() { s.renew(ctx) }) }

// Spec implements gateway.Products.
func (s *Service) Spec() any { return Spec{} }

// own returns the product of a scope itself.
func (s *Service) own(ctx context.Context, scope kernel.Scope, name string) (Product, error) {
	all, err := s.Documents.Products(ctx, scope)
	if err != nil {
		return Product{}, err
	}
	i := slices.IndexFunc(all, func(p gateway.Policy) bool { return p.Name == name })
	if i < 0 {
		return Product{}, kernel.Errorf(kernel.NotFound, "there is no product %s in %s", name, scope).WithFix("see those that there are with: terrace gateway product list --project %s%s", scope.Project, ofStage(scope.Stage))
	}
	return read(all[i])
}

// offered returns the product that a stage offers: its own, else that of its project.
func (s *Service) offered(ctx context.Context, stage kernel.Scope, name string) (Product, error) {
	p, err := s.own(ctx, stage, name)
	if !kernel.Is(err, kernel.NotFound) {
		return p, err
	}
	p, other := s.own(ctx, stage.InProject(stage.Project), name)
	if kernel.Is(other, kernel.NotFound) {
		return p, err
	}
	return p, other
}

// Products returns the products that the actor sees, of a project and a stage where they
// are named: those of where it reads the gateway's documents, and those that are offered
// to the tenant.
func (s *Service) Products(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Product], error) {
	none := kernel.Page[Product]{}
	reach, err := s.Authorizer.Allowed(ctx, actionProducts, kernel.Scope{Tenant: scope.Tenant})
	if err != nil {
		return none, err
	}
	if err := s.asked(ctx, actionProducts, scope, reach); err != nil {
		return none, err
	}
	docs, err := s.Documents.AllProducts(ctx, scope.Tenant)
	if err != nil {
		return none, err
	}
	all := []Product{}
	for _, d := range docs {
		p, err := read(d)
		if err != nil {
			return none, err
		}
		within := (scope.Project == "" || p.Scope.Project == scope.Project) && (scope.Stage == "" || p.Scope.Stage == "" || p.Scope.Stage == scope.Stage)
		if key := placeOf(p); within && (page.Cursor == "" || key > page.Cursor) && sees(reach, p) {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Product) int { return strings.Compare(placeOf(a), placeOf(b)) })
	return kernel.PageOf(all[:min(len(all), page.Size()+1)], page, placeOf), nil
}

// asked refuses a question of who reaches nothing, or about what there is not. Who reaches
// something else sees of a project what is offered to the tenant.
func (s *Service) asked(ctx context.Context, action string, scope kernel.Scope, reach kernel.Reach) error {
	if scope.Project != "" || reach.None() {
		if err := s.Authorizer.Authorize(ctx, action, scope); err != nil && (reach.None() || !kernel.Is(err, kernel.Denied)) {
			return err
		}
	}
	return s.known(scope)
}

// known refuses a stage that there is not.
func (s *Service) known(scope kernel.Scope) error {
	if scope.Stage == "" || s.Stages == nil {
		return nil
	}
	return s.Stages.Check(scope.Stage)
}

func placeOf(p Product) string { return p.Scope.Project + "/" + p.Scope.Stage + "/" + p.Name }

// sees tells whether who reaches so far sees a product.
func sees(reach kernel.Reach, p Product) bool {
	if p.Spec.Visibility == ForTenant && p.Spec.State == Published {
		return true
	}
	if p.Scope.Stage == "" {
		return reach.All || slices.Contains(reach.In(), p.Scope.Project)
	}
	return reach.Has(p.Scope.Project, p.Scope.Stage)
}

// Product returns what a stage offers by a name, or a project by none of its stages.
func (s *Service) Product(ctx context.Context, scope kernel.Scope, name string) (Product, error) {
	refused := s.Authorizer.Authorize(ctx, actionProducts, scope)
	if refused != nil && !kernel.Is(refused, kernel.Denied) {
		return Product{}, refused
	}
	if err := s.known(scope); err != nil {
		return Product{}, err
	}
	find := s.offered
	if scope.Stage == "" {
		find = s.own
	}
	p, err := find(ctx, scope, name)
	switch {
	case refused != nil && (err != nil || p.Spec.Visibility != ForTenant || p.Spec.State != Published):
		return Product{}, refused
	case err != nil:
		return Product{}, err
	}
	return p, nil
}

// record records what happened to a subscription.
func (s *Service) record(ctx context.Context, sub Subscription, fact, reason string, more map[string]any) error {
	data := map[string]any{"name": sub.Name, "product": sub.Product, "plan": sub.Plan, "consumer": sub.Consumer.String(), "state": string(sub.State)}
	for key, value := range more {
		data[key] = value
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: sub.Scope, Subject: sub.ID, Reason: reason, Data: data})
}

func (s *Service) now() time.Time { return s.Clock.Now().UTC() }

// ofStage is the flag of the client that names a stage, nothing for every one.
func ofStage(stage string) string {
	if stage == "" {
		return ""
	}
	return " --stage " + stage
}
