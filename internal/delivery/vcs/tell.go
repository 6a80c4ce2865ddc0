package vcs

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxDescription is how long the description of a status may be: GitHub takes 140.
const maxDescription = 140

// Overall is the context of the status that sums up all others: the one to
// require before a merge.
const Overall = "terrace"

// tell brings the statuses of the commits and the comment up to date. What was
// told already is not told again.
func (st *step) tell(ctx context.Context) error {
	for i := range st.checks {
		c := &st.checks[i]
		status := st.status(*c)
		if told(status) != c.Told {
			if err := st.host.SetStatus(ctx, st.access, status); err != nil {
				return err
			}
			c.Told = told(status)
			if err := st.Store.PutCheck(ctx, *c); err != nil {
				return err
			}
		}
	}
	if err := st.overall(ctx); err != nil {
		return err
	}
	return st.comment(ctx)
}

// told is what a check remembers of the status that was set.
func told(s Status) string { return string(s.State) + "\n" + s.Description }

func (st *step) status(c Check) Status {
	state, description := c.State, c.Message
	switch {
	case c.State == Succeeded && c.Plan != nil:
		description = counts(*c.Plan)
		if c.Kind == ApplyCheck {
			description = "deployed: " + description
		}
	case c.State == Superseded:
		state = Failed
	case description == "":
		description = "queued"
	}
	return Status{Commit: c.Commit, Context: c.Context(), Number: c.Number, State: state, Description: short(description), URL: st.runURL(c)}
}

// short cuts a description at its first line and its bound.
func short(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	letters := []rune(text)
	if len(letters) <= maxDescription {
		return text
	}
	return string(letters[:maxDescription-1]) + "…"
}

// runURL is where a person reads about the run of a check, signed in.
func (st *step) runURL(c Check) string {
	if c.Run == "" {
		return ""
	}
	return fmt.Sprintf("%s/runs/%s/%s/%s", st.Address, st.repo.Scope.Tenant, st.repo.Scope.Project, c.Run)
}

// overall tells the commit how all of it stands, under a name that never changes.
func (st *step) overall(ctx context.Context) error {
	bindings, err := st.bindings(ctx)
	if err != nil || len(bindings) == 0 && len(st.of(ReviewCheck)) == 0 {
		return err
	}
	status := st.sum()
	summary := status.Commit + string(status.State) + status.Description
	if summary == st.p.Work.Overall {
		return nil
	}
	if err := st.host.SetStatus(ctx, st.access, status); err != nil {
		return err
	}
	st.p.Work.Overall = summary
	return nil
}

func (st *step) sum() Status {
	current := st.current()
	status := Status{Commit: st.commit(), Context: Overall, Number: st.p.Number, State: Succeeded, Description: "no workload of this repository changes"}
	waiting := func(c Check) bool { return c.State == Pending }
	failed := func(c Check) bool { return c.State == Failed }
	switch {
	case st.p.strange():
		status.State, status.Description = Pending, "from a fork: waits for a member, terrace pr approve"
	case st.p.Work.Problem != "" && st.p.Work.Attempts >= maxAttempts-1:
		status.State, status.Description = Failed, short(st.p.Work.Problem)
	case st.p.State == Open && st.p.Work.Planned != st.p.Head, st.toApply() != "", slices.ContainsFunc(current, waiting):
		status.State, status.Description = Pending, "at work"
	case slices.ContainsFunc(current, failed):
		status.State, status.Description = Failed, fmt.Sprintf("%d of %d failed", count(current, failed), len(current))
	case len(current) > 0:
		status.Description = fmt.Sprintf("%d of %d succeeded", len(current), len(current))
	}
	return status
}

// commit is the one that the pull request's newest checks are about.
func (st *step) commit() string {
	if st.p.State == Merged && st.p.MergeCommit != "" {
		return st.p.MergeCommit
	}
	return st.p.Head
}

// current returns the checks that count now.
func (st *step) current() []Check {
	return slices.DeleteFunc(slices.Clone(st.checks), func(c Check) bool {
		old := c.State == Superseded
		if st.p.State == Merged {
			return old || c.Kind != ApplyCheck || c.Commit != st.p.MergeCommit
		}
		return old || c.Commit != st.p.Head
	})
}

func count(checks []Check, is func(Check) bool) int {
	n := 0
	for _, c := range checks {
		if is(c) {
			n++
		}
	}
	return n
}

// marker begins the comment, so that it is found again where its id was lost.
// Nobody can write it before Terrace has.
func (st *step) marker() string {
	name := fmt.Sprintf("%s %d", st.repo.ID, st.p.Number)
	mac := hmac.New(sha256.New, []byte(st.access.Credentials.Hook))
	mac.Write([]byte(name))
	return fmt.Sprintf("<!-- terrace %s %x -->", name, mac.Sum(nil)[:8])
}

// comment writes the one comment, where there is something to say.
func (st *step) comment(ctx context.Context) error {
	text := st.text()
	if text == "" {
		return nil
	}
	mark := st.marker()
	text = mark + "\n" + text
	digest := kernel.DigestOf([]byte(text))
	if digest == st.p.Work.Told {
		return nil
	}
	id, err := st.host.PutComment(ctx, st.access, st.p.Number, st.p.Work.Comment, mark, text)
	if err != nil {
		return err
	}
	st.p.Work.Comment, st.p.Work.Told = id, digest
	return nil
}
