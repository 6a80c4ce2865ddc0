package apispec

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Annotation is where a workload says which versions of APIs it serves:
// API/VERSION, several with commas, each with @REVISION for one that is not the newest.
const Annotation = "terrace.dev/apis"

// maxDeclared bounds how many a workload serves.
const maxDeclared = 20

// Carried is a revision that a run brings to a stage with its release.
type Carried struct {
	Key

	Run, Release, Stage string
	Revision            int64
	// Back tells that the run returns to an earlier release: what it takes from
	// clients is gone with the service, whatever a document says.
	Back bool
}

// Carries keeps what runs bring; apispecsql implements it.
type Carries interface {
	// PutCarried keeps what a run brings, in the place of what it was to bring.
	PutCarried(ctx context.Context, scope kernel.Scope, run string, all []Carried) error
	// Carried returns what a run brings.
	Carried(ctx context.Context, scope kernel.Scope, run string) ([]Carried, error)
	// Arrived keeps what a run has brought, for as long as nothing newer of the release has.
	Arrived(ctx context.Context, c Carried) error
	// DropCarried forgets what a run was to bring.
	DropCarried(ctx context.Context, scope kernel.Scope, run string) error
	// Released is the revision that a release has brought last, 0 for none.
	Released(ctx context.Context, k Key, release string) (int64, error)
}

// Declared is an API that a workload serves.
type Declared struct {
	API, Version string
	// Revision is 0 for the newest.
	Revision int64
}

// ReadDeclared reads the annotation of a workload.
func ReadDeclared(text string) ([]Declared, error) {
	var out []Declared
	for word := range strings.SplitSeq(text, ",") {
		named, number, numbered := strings.Cut(strings.TrimSpace(word), "@")
		api, version, _ := strings.Cut(named, "/")
		d := Declared{API: api, Version: version}
		var err error
		if numbered {
			if d.Revision, err = strconv.ParseInt(number, 10, 64); err == nil && d.Revision < 1 {
				err = strconv.ErrRange
			}
		}
		if err != nil || (Key{API: api, Version: version}).Check() != nil {
			return nil, kernel.Errorf(kernel.Invalid, "%q names no version of an API", strings.TrimSpace(word)).WithFix("write %s: orders/v1, or orders/v1@3 for one revision", Annotation)
		}
		out = append(out, d)
	}
	if len(out) > maxDeclared {
		return nil, kernel.Errorf(kernel.Invalid, "the workload serves %d versions of APIs, more than the %d allowed", len(out), maxDeclared).WithFix("divide the workload")
	}
	return out, nil
}

// Carry tells which revision a run brings to a stage, and refuses what may not be
// published there: what the style guide has errors about, and what breaks clients
// of what stands there without an approved override. A release brings to further
// stages what it has brought to the first one.
func (s *Service) Carry(ctx context.Context, c Carried, first bool) (Carried, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, c.scope()); err != nil {
		return c, err
	}
	if c.Revision == 0 && (!first || c.Back) {
		var err error
		if c.Revision, err = s.Carries.Released(ctx, c.Key, c.Release); err != nil || c.Revision == 0 && c.Back {
			return c, err // nobody knows what it was that the release brought
		}
	}
	next, err := s.Store.Revision(ctx, c.Key, c.Revision)
	if kernel.Is(err, kernel.NotFound) {
		return c, kernel.Errorf(kernel.Refused, "the workload serves %s, of which there is no such document", c.Key).WithFix("upload it with: terrace api upload %s FILE", c.Key)
	}
	if err != nil {
		return c, err
	}
	c.Revision = next.Number
	before, err := s.standing(ctx, c.Key, c.Stage)
	if err != nil || before.Revision == next.Number || before.State == Retired || c.Back {
		return c, err
	}
	_, report, err := s.judge(ctx, c.Tenant, next.Source)
	if err != nil {
		return c, err
	}
	if err := styled(next, report); err != nil {
		return c, err
	}
	if before.Revision == 0 {
		return c, nil
	}
	return c, s.unbroken(ctx, before, next)
}

// KeepCarried keeps what a run brings, in the transaction in which it goes on; what
// has no revision is nothing.
func (s *Service) KeepCarried(ctx context.Context, scope kernel.Scope, run string, all []Carried) error {
	return s.Carries.PutCarried(ctx, scope, run, slices.DeleteFunc(slices.Clone(all), func(c Carried) bool { return c.Revision == 0 }))
}

// Arrive publishes what a run has brought to its stage, in the transaction of its
// end, and returns the facts of it. What may not be published any more, as something
// else was meanwhile, is left and told: the service is there all the same.
func (s *Service) Arrive(ctx context.Context, scope kernel.Scope, run string) (facts []kernel.Fact, err error) {
	all, err := s.Carries.Carried(ctx, scope, run)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		fact, err := s.arrive(ctx, c)
		if err != nil {
			return nil, err
		}
		if fact != nil {
			facts = append(facts, *fact)
		}
	}
	return facts, nil
}

// Leave forgets what a run was to bring that has ended otherwise.
func (s *Service) Leave(ctx context.Context, scope kernel.Scope, run string) error {
	return s.Carries.DropCarried(ctx, scope, run)
}

func (s *Service) arrive(ctx context.Context, c Carried) (*kernel.Fact, error) {
	if err := s.Carries.Arrived(ctx, c); err != nil {
		return nil, err
	}
	before, err := s.standing(ctx, c.Key, c.Stage)
	if err != nil || before.Revision == c.Revision || before.State == Retired {
		return nil, err
	}
	next, err := s.Store.Revision(ctx, c.Key, c.Revision)
	if err != nil {
		return nil, err
	}
	why := "brought by " + c.Run
	if before.Revision != 0 && !c.Back {
		err := s.unbroken(ctx, before, next)
		if kernel.Is(err, kernel.Refused) {
			return &kernel.Fact{Type: "api.withheld", Scope: c.scope().InStage(c.Stage), Subject: c.API, Reason: err.Error(), Data: told(c.Key, c.Stage, c.Revision, map[string]any{"before": before.Revision, "run": c.Run})}, nil
		}
		if err != nil {
			return nil, err
		}
	}
	by := c.Run
	if actor, is := kernel.ActorFrom(ctx); is && actor.Kind != kernel.ActorSystem {
		by = actor.Name
	}
	st := published(before, next, c.Stage, by, s.Clock.Now())
	if err := s.Store.PutStanding(ctx, st); err != nil {
		return nil, err
	}
	fact := factOf(st, "api.published", why, map[string]any{"before": before.Revision})
	return &fact, nil
}
