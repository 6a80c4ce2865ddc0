package apispec

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strconv"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/change"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The actions on APIs.
const (
	ActionRead    = "api.read"
	ActionWrite   = "api.write"
	ActionPublish = "api.publish"
	ActionApprove = "api.approve"
	ActionGuide   = "api.guide"
)

// Config is what a Service needs.
type Config struct {
	Store     Store
	Decisions Decisions
	Traffic   CallStore
	Carries   Carries
	// Compared may be nil: then documents are compared for each who asks.
	Compared   Compared
	Stages     Stages
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
	// Changed is called after what is published has changed; it may be nil.
	Changed func(ctx context.Context)
}

// Service keeps APIs.
type Service struct{ Config }

// New returns a Service.
func New(c Config) *Service { return &Service{Config: c} }

var name = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$`)

// Check refuses a key whose names cannot be.
func (k Key) Check() error {
	var problems []kernel.Problem
	for path, value := range map[string]string{"api": k.API, "version": k.Version} {
		if !name.MatchString(value) {
			problems = append(problems, kernel.Problem{Path: path, Message: strconv.Quote(value) + " is no name", Fix: "use lower-case letters, digits, dots and hyphens, such as orders and v1"})
		}
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the API cannot be named so").WithProblems(problems...)
	}
	return nil
}

func (k Key) scope() kernel.Scope { return kernel.Scope{Tenant: k.Tenant, Project: k.Project} }

func (k Key) String() string { return k.API + " " + k.Version }

// Upload keeps a document as the newest revision of a version. The same text
// again is the revision that it was. What the style guide says is told, and
// keeps nothing from being a draft.
func (s *Service) Upload(ctx context.Context, k Key, source, origin string) (Revision, Report, error) {
	if err := s.Authorizer.Authorize(ctx, ActionWrite, k.scope()); err != nil {
		return Revision{}, Report{}, err
	}
	if err := k.Check(); err != nil {
		return Revision{}, Report{}, err
	}
	doc, report, err := s.judge(ctx, k.Tenant, source)
	if err != nil {
		return Revision{}, Report{}, err
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	r := Revision{
		Key: k, Digest: string(kernel.DigestOf([]byte(source))), Title: doc.Spec.Info.Title, OpenAPI: doc.Spec.OpenAPI, Operations: len(doc.Operations()),
		Origin: origin, By: actor.Name, At: s.Clock.Now(), Source: source,
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		last, err := s.Store.Revision(ctx, k, 0)
		switch {
		case err == nil && last.Digest == r.Digest:
			r = last
			return nil
		case err != nil && !kernel.Is(err, kernel.NotFound):
			return err
		}
		r.Number = last.Number + 1
		if err := s.Store.PutRevision(ctx, r); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "api.uploaded", Scope: k.scope(), Subject: k.API, Data: told(k, "", r.Number, map[string]any{"digest": r.Digest})})
	})
	return r, report, err
}

// told is what events say of a version.
func told(k Key, stage string, revision int64, more map[string]any) map[string]any {
	all := map[string]any{"version": k.Version, "revision": revision}
	if stage != "" {
		all["stage"] = stage
	}
	for key, value := range more {
		all[key] = value
	}
	return all
}

// List returns the versions of a project's APIs by name.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[API], error) {
	none := kernel.Page[API]{}
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return none, err
	}
	newest, err := s.Store.Versions(ctx, scope, page.Cursor, page.Size()+1)
	if err != nil {
		return none, err
	}
	stand, err := s.Store.Standings(ctx, Key{Tenant: scope.Tenant, Project: scope.Project})
	if err != nil {
		return none, err
	}
	within, err := s.sight(ctx, scope)
	if err != nil {
		return none, err
	}
	all := make([]API, 0, len(newest))
	for _, r := range newest {
		a := API{Key: r.Key, Title: r.Title, Newest: r.Number, At: r.At, Stages: []Standing{}}
		for _, st := range stand {
			if st.Key == r.Key && within.Has(st.Project, st.Stage) {
				a.Stages = append(a.Stages, st)
			}
		}
		all = append(all, a)
	}
	return kernel.PageOf(all, page, func(a API) string { return a.API + "/" + a.Version }), nil
}

// Get returns a version with where it stands.
func (s *Service) Get(ctx context.Context, k Key) (API, error) {
	r, err := s.Revision(ctx, k, 0)
	if err != nil {
		return API{}, err
	}
	a := API{Key: r.Key, Title: r.Title, Newest: r.Number, At: r.At}
	within, err := s.sight(ctx, k.scope())
	if err != nil {
		return API{}, err
	}
	all, err := s.Store.Standings(ctx, k)
	a.Stages = slices.DeleteFunc(all, func(st Standing) bool { return !within.Has(st.Project, st.Stage) })
	return a, err
}

// sight is on which stages the actor reads: documents are of the project, and where
// they stand, what breaks there and who calls them, of a stage.
func (s *Service) sight(ctx context.Context, scope kernel.Scope) (kernel.Reach, error) {
	return s.Authorizer.Allowed(ctx, ActionRead, kernel.Scope{Tenant: scope.Tenant})
}

// Revision returns a revision with its source; number 0 is the newest.
func (s *Service) Revision(ctx context.Context, k Key, number int64) (Revision, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, k.scope()); err != nil {
		return Revision{}, err
	}
	return s.Store.Revision(ctx, k, number)
}

// Revisions returns those of a version, the newest first.
func (s *Service) Revisions(ctx context.Context, k Key, page kernel.PageRequest) (kernel.Page[Revision], error) {
	none := kernel.Page[Revision]{}
	if err := s.Authorizer.Authorize(ctx, ActionRead, k.scope()); err != nil {
		return none, err
	}
	before := int64(math.MaxInt64)
	if page.Cursor != "" {
		n, err := strconv.ParseInt(page.Cursor, 10, 64)
		if err != nil || n <= 0 {
			return none, kernel.Errorf(kernel.Invalid, "%q is no place in the list of revisions", page.Cursor).WithFix("ask without a cursor, then with the next of each page")
		}
		before = n
	}
	all, err := s.Store.Revisions(ctx, k, before, page.Size()+1)
	if err == nil && len(all) == 0 && page.Cursor == "" {
		return none, kernel.Errorf(kernel.NotFound, "there is no API %s", k)
	}
	return kernel.PageOf(all, page, func(r Revision) string { return strconv.FormatInt(r.Number, 10) }), err
}

// Changes compares a revision with one of the same API, perhaps of another version. Number 0
// is the newest, and as the older one of the same version the revision before the other.
func (s *Service) Changes(ctx context.Context, from Key, fromNumber int64, to Key, toNumber int64) ([]change.Change, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, to.scope()); err != nil {
		return nil, err
	}
	next, err := s.Store.Revision(ctx, to, toNumber)
	if err != nil {
		return nil, err
	}
	if from == to && fromNumber == 0 {
		fromNumber = max(1, next.Number-1)
	}
	old, err := s.Store.Revision(ctx, from, fromNumber)
	if err != nil {
		return nil, err
	}
	if s.Compared == nil {
		return between(old, next)
	}
	return s.Compared.Load(ctx, to.Tenant, old.Digest+"\n"+next.Digest, func(context.Context) ([]change.Change, error) { return between(old, next) })
}

func between(old, next Revision) ([]change.Change, error) {
	a, err := openapi.Read("", []byte(old.Source))
	if err != nil {
		return nil, err
	}
	b, err := openapi.Read("", []byte(next.Source))
	if err != nil {
		return nil, err
	}
	return change.Between(a, b)
}
