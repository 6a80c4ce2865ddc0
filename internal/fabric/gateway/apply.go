package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What an actor needs for what.
const (
	// ActionRead is to see routes and policies.
	ActionRead = "gateway.read"
	// ActionWrite is to change those of a stage.
	ActionWrite = "gateway.write"
	// ActionGovern is to change the policies of a whole project or tenant.
	ActionGovern = "gateway.govern"
)

// Class tells routes, policies and products apart, each with names of its own.
type Class string

// The classes.
const (
	ClassRoute   Class = "route"
	ClassPolicy  Class = "policy"
	ClassProduct Class = "product"
)

// Outcome is what became, or would become, of a document.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Changed   Outcome = "changed"
	Unchanged Outcome = "unchanged"
	Deleted   Outcome = "deleted"
)

// Change is what applying a document did, or would do.
type Change struct {
	Class   Class   `json:"class"`
	Kind    string  `json:"kind"`
	Name    string  `json:"name"`
	Project string  `json:"project,omitempty"`
	Stage   string  `json:"stage,omitempty"`
	Outcome Outcome `json:"outcome"`
	// Note is what there is to know about it besides.
	Note string `json:"note,omitempty"`
	// Warning is what is probably not meant.
	Warning string `json:"warning,omitempty"`
}

// ApplyOptions say how documents are applied.
type ApplyOptions struct {
	// DryRun only tells what would change.
	DryRun bool
	// Owned changes also what a workload's Terraform or a source keeps as it is.
	Owned bool
}

// Apply makes routes and policies be as documents say, all of them or none. Scope is
// that of documents which do not name a project or a stage; the actor needs what each
// of them takes.
func (s *Service) Apply(ctx context.Context, scope kernel.Scope, files []gatewaydoc.File, o ApplyOptions) ([]Change, error) {
	docs, err := gatewaydoc.Read(files...)
	if err != nil {
		return nil, err
	}
	items := make([]item, 0, len(docs))
	for _, d := range docs {
		items = append(items, itemOf(scope, d))
	}
	return s.apply(ctx, items, o)
}

// item is a route, a policy or a product to be; the document of a product is in policy.
type item struct {
	class      Class
	kind, name string
	scope      kernel.Scope
	route      Route
	policy     Policy
	placed     func(err error) error
}

func itemOf(scope kernel.Scope, d gatewaydoc.Document) item {
	if d.Project != "" {
		scope.Project = d.Project
	}
	if d.Stage != "" {
		scope.Stage = d.Stage
	}
	it := item{class: ClassPolicy, kind: d.Kind, name: d.Name, scope: scope, placed: d.Placed}
	if d.IsRoute() {
		it.class, it.route = ClassRoute, *d.Route
		return it
	}
	if d.IsProduct() {
		it.class = ClassProduct
	}
	it.policy = Policy{Scope: scope, Name: d.Name, Kind: d.Kind, Route: d.Target, Spec: d.Spec}
	return it
}

// action is what an actor needs to change a thing of a scope.
func action(scope kernel.Scope) string {
	if scope.Stage == "" {
		return ActionGovern
	}
	return ActionWrite
}

// errDry undoes the transaction of a dry run.
var errDry = errors.New("a dry run")

func (s *Service) apply(ctx context.Context, items []item, o ApplyOptions) ([]Change, error) {
	for _, it := range items {
		if err := s.mayChange(ctx, it); err != nil {
			return nil, err
		}
	}
	return s.make(ctx, items, o, nil)
}

// make brings items about, those of an owner where there is one.
func (s *Service) make(ctx context.Context, items []item, o ApplyOptions, keep *Keeping) ([]Change, error) {
	a := &application{s: s, o: o, keep: keep}
	for _, it := range items {
		if err := s.possible(it); err != nil {
			a.failed = append(a.failed, it.placed(err))
		}
	}
	if len(a.failed) > 0 {
		return nil, together(a.failed)
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := a.all(ctx, items); err != nil || o.DryRun {
			return errors.Join(err, dry(o))
		}
		for _, f := range a.facts {
			if err := s.Journal.Record(ctx, f); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case len(a.failed) > 0:
		return nil, together(a.failed)
	case err != nil && !errors.Is(err, errDry):
		return nil, err
	case !o.DryRun && len(a.facts) > 0:
		s.renew(ctx)
		all := append(a.dropped, a.changes...)
		s.carry(ctx, append(a.gone, items...), all)
		return all, nil
	}
	return append(a.dropped, a.changes...), nil
}

func dry(o ApplyOptions) error {
	if o.DryRun {
		return errDry
	}
	return nil
}

// mayChange tells whether the actor may change a thing that can be.
func (s *Service) mayChange(ctx context.Context, it item) error {
	if err := it.inScope(); err != nil {
		return it.placed(err)
	}
	if err := s.Authorizer.Authorize(ctx, action(it.scope), it.scope); err != nil {
		return err
	}
	return s.possible(it)
}

// possible refuses a thing that cannot be where it says.
func (s *Service) possible(it item) error {
	if err := it.inScope(); err != nil || it.scope.Stage == "" || s.Stages == nil {
		return err
	}
	return s.Stages.Check(it.scope.Stage)
}

// inScope refuses a thing of a scope that has none of its class.
func (it item) inScope() error {
	if it.class == ClassRoute && (it.scope.Project == "" || it.scope.Stage == "") {
		return kernel.Errorf(kernel.Invalid, "route %s is of no stage", it.name).
			WithFix("name the project and the stage: with --project and --stage, or in the document's metadata")
	}
	if it.scope.Stage != "" && it.scope.Project == "" {
		return kernel.Errorf(kernel.Invalid, "policy %s is of a stage without a project", it.name).WithFix("name the project")
	}
	return nil
}

// together makes one error of several about documents.
func together(failed []error) error {
	var out *kernel.Error
	for _, err := range failed {
		told, ok := errors.AsType[*kernel.Error](err)
		if !ok {
			return err
		}
		if out == nil {
			out = kernel.Errorf(told.Kind, "nothing was changed")
		}
		if len(told.Problems) == 0 {
			out = out.WithProblems(kernel.Problem{Message: told.Message, Fix: told.Fix})
		}
		out = out.WithProblems(told.Problems...)
	}
	return out
}

// application is one apply under way.
type application struct {
	s *Service
	o ApplyOptions
	// keep is nil where documents are applied by hand.
	keep *Keeping
	// changes are those of the items, in their order; dropped is what had no item.
	changes, dropped []Change
	// gone are what was dropped.
	gone  []item
	facts []kernel.Fact
	// failed are documents that cannot be as they are.
	failed []error
}

// all writes the items, then looks whether they go together: while they are written a
// path may be at two routes, since one hands it to the other.
func (a *application) all(ctx context.Context, items []item) error {
	scopes, err := a.s.planed(ctx, items)
	if err != nil {
		return err
	}
	before, _, err := a.s.judged(ctx, scopes)
	if err != nil {
		return err
	}
	if err := a.prune(ctx, items); err != nil {
		return err
	}
	for _, it := range items {
		change, err := a.one(ctx, it)
		if err = a.noted(it, err); err != nil {
			return err
		}
		a.changes = append(a.changes, change)
	}
	for i, it := range items {
		if err := a.noted(it, a.fits(ctx, it, &a.changes[i])); err != nil {
			return err
		}
	}
	if err := a.judge(ctx, items, scopes, before); err != nil {
		return err
	}
	if len(a.failed) > 0 {
		return errDry // the transaction ends as that of a dry run
	}
	return nil
}

// noted keeps what is wrong with a document; anything else ends the application.
func (a *application) noted(it item, err error) error {
	if err == nil {
		return nil
	}
	switch kernel.KindOf(err) {
	case kernel.Invalid, kernel.Conflict, kernel.Refused, kernel.TooLarge:
		a.failed = append(a.failed, it.placed(err))
		return nil
	default: // it is not about the document
		return err
	}
}

func (a *application) one(ctx context.Context, it item) (Change, error) {
	change := Change{Class: it.class, Kind: it.kind, Name: it.name, Project: it.scope.Project, Stage: it.scope.Stage}
	var err error
	switch it.class {
	case ClassRoute:
		err = a.route(ctx, it, &change)
	case ClassProduct:
		err = a.product(ctx, it, &change)
	case ClassPolicy:
		err = a.policy(ctx, it, &change)
	}
	if err == nil && change.Outcome != Unchanged {
		a.facts = append(a.facts, a.fact(it, "changed"))
	}
	return change, err
}

func factOf(class Class, verb string) string {
	switch class {
	case ClassRoute:
		return "route." + verb
	case ClassProduct:
		if verb == "deleted" {
			return "gateway-product.deleted"
		}
		return "gateway-product.changed"
	case ClassPolicy:
	}
	return "gateway-policy." + verb
}

func (a *application) route(ctx context.Context, it item, change *Change) error {
	r, err := a.s.sound(it.scope, it.route)
	if err != nil {
		return err
	}
	before, had, err := a.s.routeIn(ctx, it.scope, it.name)
	if err != nil {
		return err
	}
	r.Owner = a.owner(before.Owner)
	change.Outcome = outcome(had, had && sameRoute(before, r) && r.Owner == before.Owner)
	if change.Outcome == Unchanged {
		return nil
	}
	if err := a.owned(it, before.Owner, change); err != nil {
		return err
	}
	return a.s.Store.Put(ctx, r)
}

// routeIn looks for a route as the transaction sees it.
func (s *Service) routeIn(ctx context.Context, scope kernel.Scope, name string) (Route, bool, error) {
	routes, err := s.Store.Routes(ctx, scope)
	for _, r := range routes {
		if r.Name == name {
			return r, true, err
		}
	}
	return Route{}, false, err
}

func outcome(had, same bool) Outcome {
	switch {
	case !had:
		return Created
	case same:
		return Unchanged
	}
	return Changed
}

func sameRoute(a, b Route) bool {
	left, err := json.Marshal(a)
	right, other := json.Marshal(b)
	return err == nil && other == nil && bytes.Equal(left, right)
}

func (a *application) policy(ctx context.Context, it item, change *Change) error {
	p := it.policy
	p.UpdatedAt = a.s.Clock.Now()
	if err := a.s.checkPolicy(ctx, p); err != nil {
		return err
	}
	all, err := a.s.PolicyStore.Policies(ctx, it.scope)
	if err != nil {
		return err
	}
	before, had := named(all, it.name)
	p.Owner = a.owner(before.Owner)
	change.Outcome = outcome(had, had && before.Kind == p.Kind && before.Route == p.Route && before.Owner == p.Owner && sameJSON(before.Spec, p.Spec))
	if change.Outcome == Unchanged {
		return nil
	}
	if err := a.owned(it, before.Owner, change); err != nil {
		return err
	}
	return a.s.PolicyStore.PutPolicy(ctx, p)
}

func named(all []Policy, name string) (Policy, bool) {
	for _, p := range all {
		if p.Name == name {
			return p, true
		}
	}
	return Policy{}, false
}

func sameJSON(a, b json.RawMessage) bool {
	var left, right any
	return json.Unmarshal(a, &left) == nil && json.Unmarshal(b, &right) == nil && reflect.DeepEqual(left, right)
}

// fits looks at an item among all that there is now.
func (a *application) fits(ctx context.Context, it item, change *Change) error {
	target := it.policy.Route
	if change.Outcome == "" || change.Outcome == Unchanged && it.class == ClassRoute || it.class != ClassRoute && target == "" {
		return nil
	}
	routes, err := a.s.Store.Routes(ctx, it.scope)
	if err != nil {
		return err
	}
	for _, r := range routes {
		switch {
		case it.class == ClassRoute && r.Name == it.name:
			return conflict(r, routes)
		case it.class == ClassPolicy && r.Name == target:
			return nil
		}
	}
	if it.class == ClassPolicy {
		change.Warning = "there is no route " + target + " yet: the policy waits for it"
	}
	return nil
}
