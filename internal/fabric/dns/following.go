package dns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

const (
	// FollowEvery is how often it is looked for workloads whose private endpoints are to be
	// followed.
	FollowEvery = 2 * time.Second
	// followPause is before what has no place, or could not be done, is tried again.
	followPause = time.Minute
	// MaxFollowed is how many private endpoints of one workload on a stage have records.
	MaxFollowed = 500
)

// applied says when the endpoints of a workload on a stage are to be compared, and that somebody
// is to.
type applied struct {
	Stage    string    `json:"stage"`
	Workload string    `json:"workload"`
	Due      time.Time `json:"due"`
}

// Applied has the private endpoints of a workload on a stage follow what it has deployed, once
// the transaction of the context is over: what is noted in it outlives the process.
func (s *Service) Applied(ctx context.Context, scope kernel.Scope, workload string) error {
	return s.noteApplied(ctx, scope, applied{scope.Stage, workload, s.Clock.Now().UTC()})
}

func (s *Service) noteApplied(ctx context.Context, scope kernel.Scope, a applied) error {
	name := strings.Join([]string{scope.Project, a.Workload, a.Stage}, "/")
	body, err := db.Encode(a, "what is applied of "+name)
	if err != nil {
		return err
	}
	return s.Book.Put(ctx, Object{Kind: KindApplied, Scope: kernel.Scope{Tenant: scope.Tenant, Project: scope.Project}, Name: name, Body: body})
}

// Follow has the private endpoints of stages be those that are deployed. Any number of processes
// may do so: each compares with the state in force, and takes its note away with what it changes.
func (s *Service) Follow(ctx context.Context) error {
	notes, err := s.Book.OfKind(ctx, KindApplied)
	if err != nil {
		return err
	}
	for _, o := range notes {
		a, err := valueOf[applied](o)
		if err != nil {
			return err
		}
		if s.Clock.Now().Before(a.Due) {
			continue
		}
		ctx := kernel.WithActor(ctx, kernel.System("dns-endpoints", o.Scope.Tenant))
		if err := s.follow(ctx, o, a); err != nil && !kernel.Is(err, kernel.Stale) {
			s.Log.WarnContext(ctx, "the private endpoints of a stage could not be followed: it is tried again", "stack", o.Name, "error", err)
			if err := s.later(ctx, o, a); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// later has a note be in nobody's way for a while.
func (s *Service) later(ctx context.Context, o Object, a applied) error {
	a.Due = s.Clock.Now().UTC().Add(followPause)
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Book.Remove(ctx, KindApplied, o.Scope.Tenant, o.Name); err != nil {
			return err
		}
		return s.noteApplied(ctx, o.Scope, a)
	})
	if kernel.Is(err, kernel.NotFound) {
		return nil // another process has done it
	}
	return err
}

// follow compares one workload on a stage. It is Stale where its state is another one by now,
// or another process was faster.
func (s *Service) follow(ctx context.Context, o Object, a applied) error {
	scope := o.Scope
	scope.Stage = a.Stage
	version, err := s.Deployed.Version(ctx, scope, a.Workload)
	if err != nil {
		return err
	}
	var wanted []Endpoint
	if version != "" {
		found, err := s.Deployed.Endpoints(ctx, scope, a.Workload, version)
		if err != nil {
			return err
		}
		wanted = wantedOf(scope, a.Workload, found)
	}
	known, err := s.Book.OfKind(ctx, KindEndpoint)
	if err != nil {
		return err
	}
	f := following{Service: s, note: o, applied: a, scope: scope, version: version}
	held, err := f.held(known)
	if err != nil {
		return err
	}
	if len(held)+len(wanted) == 0 {
		return s.Tx.InTx(ctx, f.begin)
	}
	wanted = f.bounded(wanted, held)
	return s.write(ctx, func(ctx context.Context) error { return f.change(ctx, wanted) })
}

// following is what changes of one workload on a stage.
type following struct {
	*Service

	note    Object
	applied applied
	scope   kernel.Scope
	// version is the one of the state that it was compared with.
	version string
}

// begin takes the note away, from when on nobody else does the same, and makes sure of the state.
func (f following) begin(ctx context.Context) error {
	err := f.Book.Remove(ctx, KindApplied, f.note.Scope.Tenant, f.note.Name)
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Stale, "another process has followed %s", f.note.Name)
	}
	if err != nil {
		return err
	}
	version, err := f.Deployed.Version(ctx, f.scope, f.applied.Workload)
	if err == nil && version != f.version {
		err = kernel.Errorf(kernel.Stale, "%s was applied anew", f.note.Name)
	}
	return err
}

// held are the endpoints that the workload has on the stage.
func (f following) held(objects []Object) (map[string]Endpoint, error) {
	held := map[string]Endpoint{}
	for _, o := range objects {
		if o.Kind != KindEndpoint || o.Scope != f.note.Scope {
			continue
		}
		e, err := valueOf[Endpoint](o)
		if err != nil {
			return nil, err
		}
		if e.Stage == f.applied.Stage && e.Workload == f.applied.Workload {
			held[e.Name] = e
		}
	}
	return held, nil
}

// bounded leaves out what is more than may be followed, but for one that says so. Those that have
// records keep them.
func (f following) bounded(wanted []Endpoint, held map[string]Endpoint) []Endpoint {
	if len(wanted) <= MaxFollowed {
		return wanted
	}
	without := func(e Endpoint) int {
		before, there := held[e.Name]
		return count(!there || before.Problem != "")
	}
	slices.SortFunc(wanted, func(a, b Endpoint) int { return cmp.Or(without(a)-without(b), cmp.Compare(a.Name, b.Name)) })
	first := &wanted[MaxFollowed]
	first.Problem = fmt.Sprintf("%s has %d private endpoints on %s, of which %d are followed", f.applied.Workload, len(wanted), f.applied.Stage, MaxFollowed)
	first.Fix = "deploy them with several workloads"
	return wanted[:MaxFollowed+1]
}

// change removes what is not deployed any longer, and adds what is. What has no place is tried
// again later.
func (f following) change(ctx context.Context, wanted []Endpoint) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	objects, err := f.Book.Objects(ctx)
	if err != nil {
		return err
	}
	held, err := f.held(objects)
	if err != nil {
		return err
	}
	fresh, err := f.fresh(ctx, wanted, held, objects)
	if err != nil {
		return err
	}
	for _, name := range sortedNames(held) {
		if err := f.dropEndpoint(ctx, held[name]); err != nil {
			return err
		}
	}
	waiting := slices.ContainsFunc(wanted, func(e Endpoint) bool { return e.Problem != "" })
	for _, e := range fresh {
		placed, err := f.add(ctx, e)
		if err != nil {
			return err
		}
		waiting = waiting || !placed
	}
	if !waiting {
		return nil
	}
	f.applied.Due = f.Clock.Now().UTC().Add(followPause)
	return f.noteApplied(ctx, f.scope, f.applied)
}

// fresh places what is wanted, and returns what is not there as it is to be. What is there is
// taken from what is held, which leaves what goes.
func (f following) fresh(ctx context.Context, wanted []Endpoint, held map[string]Endpoint, objects []Object) (fresh []Endpoint, err error) {
	goes := maps.Clone(held)
	for _, e := range wanted {
		delete(goes, e.Name)
	}
	for i := range wanted {
		e := &wanted[i]
		problem, err := f.placeOf(ctx, e, objects)
		switch {
		case e.Problem != "": // that it is one too many
			problem = kernel.Problem{Message: e.Problem, Fix: e.Fix}
		case err == nil && problem.Message == "":
			_, problem, err = f.free(ctx, *e, goes)
		}
		if err != nil {
			return nil, err
		}
		e.Problem, e.Fix = problem.Message, problem.Fix
		if before, there := held[e.Name]; there && before.like(*e) {
			delete(held, e.Name)
			continue
		}
		fresh = append(fresh, *e)
	}
	return fresh, nil
}

// free makes the records of an endpoint, or says why the name is another's. What goes is in
// nobody's way.
func (f following) free(ctx context.Context, e Endpoint, goes map[string]Endpoint) (records []Held, problem kernel.Problem, err error) {
	all, err := f.Sets.Sets(ctx, e.Scope.Tenant, e.Zone, e.record())
	if err != nil {
		return nil, problem, err
	}
	all = slices.DeleteFunc(all, func(h Held) bool {
		_, leaves := goes[h.Endpoint]
		return leaves || h.Endpoint == e.Name
	})
	records, err = f.recordsIn(e.Network, e, Zone{Scope: e.Scope, Name: e.Zone}, all)
	if err == nil {
		err = clash(append(all, records...))
	}
	if k, ok := errors.AsType[*kernel.Error](err); ok {
		return nil, kernel.Problem{Message: k.Message, Fix: k.Fix}, nil
	}
	return records, problem, err
}

// like reports whether an endpoint is the same as another one but for when it was made.
func (e Endpoint) like(o Endpoint) bool {
	return e.Service == o.Service && e.Group == o.Group && e.Zone == o.Zone && e.Network == o.Network &&
		e.Resource == o.Resource && e.Problem == o.Problem && slices.Equal(e.Addresses, o.Addresses)
}

// add keeps an endpoint, with its record in what its network sees of the zone.
func (f following) add(ctx context.Context, e Endpoint) (placed bool, err error) {
	e.CreatedAt, e.CreatedBy = f.Clock.Now(), actorName(ctx)
	if e.Problem == "" {
		records, problem, err := f.free(ctx, e, nil) // another one of the same workload may have come first
		if err != nil {
			return false, err
		}
		if e.Problem, e.Fix = problem.Message, problem.Fix; e.Problem == "" {
			if err := f.answer(ctx, e, records); err != nil {
				return false, err
			}
		}
	}
	fact, what := endpointFact(e), "dns-endpoint.created"
	fact["stage"], fact["workload"] = e.Stage, e.Workload
	if e.Problem != "" {
		fact["problem"], what = e.Problem, "dns-endpoint.unplaced"
	}
	return e.Problem == "", f.put(ctx, KindEndpoint, e.Scope, e.Name, e, nil, what, fact)
}

// answer has the zone of an endpoint have its records.
func (f following) answer(ctx context.Context, e Endpoint, records []Held) error {
	z, err := f.zoneLinked(ctx, e)
	if err != nil {
		return err
	}
	return f.changeHeld(ctx, z, []string{e.record()}, func(context.Context, Zone, []Held) (put, drop []Held, err error) { return records, nil, nil })
}

// zoneLinked returns the zone of an endpoint as its network sees it, and has it be so.
func (f following) zoneLinked(ctx context.Context, e Endpoint) (Zone, error) {
	e.Scope = kernel.Scope{Tenant: e.Scope.Tenant} // zones of services are for all stages
	z, err := f.linkZone(ctx, e)
	if err != nil {
		return z, err
	}
	if _, ok := z.linked(e.Network); ok || z.Everywhere {
		return z, nil
	}
	z.Links = append(slices.Clone(z.Links), Link{Network: e.Network, Policy: LinkDefault})
	return z, f.bump(ctx, &z, "dns-zone.changed", zoneFact)
}

func sortedNames(all map[string]Endpoint) []string {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
