package source

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// applyStages makes all stages that changed the set at once, for an order or a
// neighbour may need several. Where that is refused, each is tried alone.
func (p *planner) applyStages(ctx context.Context) error {
	var changes []*Change
	for i := range p.diff.Changes {
		if c := &p.diff.Changes[i]; c.Kind == StageKind && c.wanted != nil {
			changes = append(changes, c)
		}
	}
	todo := slices.DeleteFunc(slices.Clone(changes), func(c *Change) bool { return c.Action == Nothing })
	together := p.replaceStages(ctx, todo...)
	for _, c := range changes {
		err := p.one(ctx, c, func(ctx context.Context, c *Change, o *Object) error {
			if together != nil {
				if err := p.replaceStages(ctx, c); err != nil {
					return stageError(c.Name, err)
				}
			}
			o.Digest, o.State = c.wanted.digest, Synced
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) replaceStages(ctx context.Context, changes ...*Change) error {
	if len(changes) == 0 {
		return nil
	}
	return p.setStages(because(ctx, changes...), p.nextStages(changes))
}

// nextStages are the stages with the changes in them.
func (p *planner) nextStages(changes []*Change) []stage.Stage {
	next := slices.Clone(p.stages)
	for _, c := range changes {
		if i := slices.IndexFunc(next, func(st stage.Stage) bool { return st.Name == c.Name }); i >= 0 {
			next[i] = c.wanted.stage
		} else {
			next = append(next, c.wanted.stage)
		}
	}
	return next
}

func (p *planner) setStages(ctx context.Context, next []stage.Stage) error {
	v, err := p.Stages.Replace(ctx, p.source.origin(), p.reason(""), next)
	if err == nil {
		p.stages = v.Stages
	}
	return err
}

// stageError leaves of the problems of a set those of one stage, where there are any.
func stageError(name string, err error) error {
	e, ok := err.(*kernel.Error) //nolint:errorlint // one that is wrapped is told whole
	if !ok {
		return err
	}
	own := slices.DeleteFunc(slices.Clone(e.Problems), func(p kernel.Problem) bool {
		return p.Path != "stages."+name && !strings.HasPrefix(p.Path, "stages."+name+".")
	})
	if len(own) == 0 {
		own = e.Problems
	}
	return kernel.Errorf(e.Kind, "%s", e.Message).WithProblems(inStage(name, own)...)
}
