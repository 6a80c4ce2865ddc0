package vcs

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// supersede ends the checks that nobody waits for any longer: plans of another
// commit, and those under way of what is merged or closed. What has ended already
// is not told again.
func (st *step) supersede(ctx context.Context) error {
	for i := range st.checks {
		c := &st.checks[i]
		void := c.Commit != st.p.Head || st.p.Work.Planned == "" || st.p.State != Open && c.State == Pending
		if !void || c.Kind == ApplyCheck || c.State == Superseded {
			continue
		}
		if c.State == Pending && c.Run != "" {
			_, err := st.Runs.Cancel(st.acting(ctx), c.Scope, c.Run, st.outdated(*c), false)
			if err != nil && !kernel.Is(err, kernel.Conflict) && !kernel.Is(err, kernel.NotFound) {
				return err
			}
		}
		ended := c.State != Pending
		if !ended {
			c.Message = st.outdated(*c)
		}
		if c.State = Superseded; ended {
			c.Told = told(st.status(*c))
		}
		if err := st.Store.PutCheck(ctx, *c); err != nil {
			return err
		}
	}
	return nil
}

// outdated says why nobody waits for a plan any longer.
func (st *step) outdated(c Check) string {
	switch {
	case c.Commit != st.p.Head:
		return "superseded by a newer commit of the pull request"
	case st.p.State != Open:
		return "superseded, as the pull request is " + string(st.p.State)
	default:
		return "superseded, as it is planned again"
	}
}
