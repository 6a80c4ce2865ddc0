package source

import (
	"context"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Action is what is to be done with an object.
type Action string

// The actions.
const (
	Nothing Action = "none"
	Create  Action = "create"
	Update  Action = "update"
	// Heal puts back what was changed by hand.
	Heal   Action = "heal"
	Delete Action = "delete"
)

// Change is what is to be done with one object, and why.
type Change struct {
	Key

	Action Action `json:"action"`
	// State is how the object is, as long as nothing is done.
	State    State            `json:"state"`
	File     string           `json:"file,omitempty"`
	Message  string           `json:"message,omitempty"`
	Problems []kernel.Problem `json:"problems,omitempty"`
	// Documents are those of a folder of documents that change.
	Documents []Document `json:"documents,omitempty"`

	wanted *wanted
	object *Object
	// doing is what is under way where the state is Progressing.
	doing work
	// run is the workload's newest one on the first stage.
	run *run.Run
}

// work is what is under way for an object.
type work int

const (
	// running: a run brings it about, or removes it.
	running work = iota
	// building: a folder of it is built.
	building
	// waiting: it waits for another one's build.
	waiting
)

// planner compares what is wanted with what is there.
type planner struct {
	*Service
	source  Source
	tree    *tree
	objects []Object
	stages  []stage.Stage
	diff    Diff
	// building are the workloads of which a folder is being built.
	building map[Key]bool
}

func (s *Service) plan(ctx context.Context, n Source, t *tree) (*planner, error) {
	p := &planner{Service: s, source: n, tree: t, building: map[Key]bool{}, diff: Diff{Commit: t.commit, Changes: []Change{}, Problems: t.problems}}
	var err error
	if p.objects, err = s.Store.Objects(ctx, n); err != nil {
		return nil, err
	}
	if n.Again != "" {
		p.forgive()
	}
	current, err := s.Stages.Current(ctx)
	if err != nil {
		return nil, err
	}
	p.stages = current.Stages
	for i := range t.wanted {
		c, err := p.compare(ctx, &t.wanted[i])
		if err != nil {
			return nil, err
		}
		p.diff.Changes = append(p.diff.Changes, c)
	}
	return p, p.gone(ctx)
}

// forgive forgets how workloads failed, so that they are tried again.
func (p *planner) forgive() {
	for i := range p.objects {
		if o := &p.objects[i]; o.Kind == WorkloadKind && o.State == Broken {
			o.Digest, o.Destroys = "", nil
		}
	}
}

func (p *planner) object(k Key) *Object {
	i := slices.IndexFunc(p.objects, func(o Object) bool { return o.Key == k })
	if i < 0 {
		return nil
	}
	return &p.objects[i]
}

// gone adds what has no file any longer.
func (p *planner) gone(ctx context.Context) error {
	var gone []*Object
	removing, held := 0, ""
	for i, o := range p.objects {
		if p.tree.find(o.Key) != nil {
			continue
		}
		gone = append(gone, &p.objects[i])
		if o.Removing || o.unmade() {
			removing++
		}
	}
	if p.source.Prune {
		if held = p.held(len(gone) - removing); held != "" {
			p.diff.Held = held
		}
	}
	slices.SortStableFunc(gone, func(a, b *Object) int { return compareKeys(b.Key, a.Key) }) // workloads first
	for _, o := range gone {
		c := Change{Key: o.Key, Action: Delete, State: o.State, File: o.File, object: o}
		switch {
		case !p.source.Prune:
			c.Action, c.State, c.Message = Nothing, Orphaned, "its file is gone; it stays, for the source does not prune"
		case held != "" && !o.Removing && !o.unmade():
			c.Action, c.State, c.Message = Nothing, Stopped, "its file is gone; it stays until somebody allows the removal"
		}
		if c.Kind.ofDocuments() && !o.Removing && !o.unmade() {
			if err := p.goneDocuments(ctx, &c); err != nil {
				return err
			}
		}
		p.diff.Changes = append(p.diff.Changes, c)
	}
	return nil
}

// held says why a prune of so many objects is stopped, empty where it is not.
func (p *planner) held(gone int) string {
	owned := 0
	for i := range p.objects {
		if !p.objects[i].unmade() {
			owned++
		}
	}
	if gone > 0 && p.tree.missing != "" && !p.allowed() {
		return p.tree.missing
	}
	return p.tooMany(gone, owned, "objects")
}

// allowed reports whether somebody has let what this commit removes through.
func (p *planner) allowed() bool {
	return p.source.Allowed != nil && p.source.Allowed.Commit == p.tree.commit
}

// tooMany says why the guard stops that so many of what is owned are removed.
func (p *planner) tooMany(gone, owned int, what string) string {
	g := p.source.Guard
	switch {
	case gone <= 1 || p.allowed():
		return ""
	case gone > g.Count:
		return fmt.Sprintf("%d %s would be removed, more than %d", gone, what, g.Count)
	case gone*100 > g.Percent*owned:
		return fmt.Sprintf("%d of %d %s would be removed, more than %d %%", gone, owned, what, g.Percent)
	default:
		return ""
	}
}
