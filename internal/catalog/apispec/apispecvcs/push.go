package apispecvcs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// bringTime bounds the work on one push.
	bringTime = 2 * time.Minute
	// bringTimes is how often a branch is looked at that moves meanwhile.
	bringTimes = 5
)

// Pushed implements vcs.Listener. It is done at once rather than at the next look,
// so that what deploys because of the same push finds the document.
func (s *Service) Pushed(ctx context.Context, r vcs.Repository, p vcs.Push) error {
	if p.After == gitexec.Zero {
		return nil
	}
	return s.again(ctx, r, func(f Following) bool { return f.Branch == p.Branch() })
}

// Renewed implements vcs.Listener.
func (s *Service) Renewed(ctx context.Context, r vcs.Repository) error {
	return s.again(ctx, r, func(Following) bool { return true })
}

func (s *Service) again(ctx context.Context, r vcs.Repository, which func(Following) bool) error {
	f, err := s.Store.Following(ctx, r.Scope, r.Name)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil || !which(f) {
		return err
	}
	_, err = s.bring(s.acting(ctx, f), r, f)
	return err
}

// Deleting implements vcs.Listener: another repository of the name would be followed.
func (s *Service) Deleting(ctx context.Context, r vcs.Repository) error {
	switch _, err := s.Store.Following(ctx, r.Scope, r.Name); {
	case kernel.Is(err, kernel.NotFound):
		return nil
	case err != nil:
		return err
	}
	return kernel.Errorf(kernel.Conflict, "documents of APIs are followed in the repository %s", r.Name).WithFix("let go of it first with: terrace api unfollow %s", r.Name)
}

// acting is in the name of who pushed, or follows: the branch decides who may.
func (s *Service) acting(ctx context.Context, f Following) context.Context {
	actor := kernel.System("repository "+f.Repository, f.Tenant)
	if by, ok := kernel.ActorFrom(ctx); ok && by.ID != "" && by.Tenant == f.Tenant {
		actor.ID, actor.Name = by.ID, by.Name
	}
	return kernel.WithActor(ctx, actor)
}

// bring takes what the branch has now, and looks again where it has moved meanwhile:
// what is newest is taken last, whoever else takes it at the same time.
func (s *Service) bring(ctx context.Context, r vcs.Repository, f Following) (Following, error) {
	ctx, cancel := context.WithTimeout(ctx, bringTime)
	defer cancel()
	for range bringTimes {
		head, err := s.Repositories.Head(ctx, r, f.Branch)
		if refused(err) {
			f.Problems = []kernel.Problem{unread(f, err)}
			return f, s.keep(ctx, f)
		}
		if err != nil {
			return f, err
		}
		if f, err = s.commit(ctx, r, f, head); err != nil {
			return f, err
		}
		if now, err := s.Repositories.Head(ctx, r, f.Branch); err != nil || now == head {
			return f, err
		}
	}
	return f, kernel.Errorf(kernel.Unavailable, "the branch %s of %s moves faster than it is read", f.Branch, f.Repository)
}

// unread tells why a branch cannot be read.
func unread(f Following, err error) kernel.Problem {
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Problem{Message: "there is no branch " + f.Branch + " to read", Fix: "push it with: git push origin " + f.Branch}
	}
	return kernel.Problem{Message: err.Error()}
}

// keep notes what came of it, unless nobody follows it any more.
func (s *Service) keep(ctx context.Context, f Following) error {
	f.LookedAt = new(s.Clock.Now())
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if now, err := s.Store.Following(ctx, f.scope(), f.Repository); err != nil || now.Branch != f.Branch || now.File != f.File {
			if kernel.Is(err, kernel.NotFound) {
				return nil
			}
			return err
		}
		return s.Store.PutFollowing(ctx, f)
	})
}

// commit takes the documents of one commit.
func (s *Service) commit(ctx context.Context, r vcs.Repository, f Following, commit string) (Following, error) {
	files, err := s.Repositories.Tree(ctx, r, commit)
	if err != nil {
		return f, err
	}
	all, problems, err := read(ctx, files, commit, f.File)
	if err != nil {
		return f, err
	}
	others, err := s.others(ctx, f)
	if err != nil {
		return f, err
	}
	f.Commit = commit
	f.Versions, f.Problems = []Brought{}, append([]kernel.Problem{}, problems...)
	for _, e := range all {
		if other := others[e.api+" "+e.version]; other != "" {
			e.problems = append(e.problems, e.problem(fmt.Sprintf("the documents of %s %s are those of the repository %s", e.api, e.version, other), "remove it from one of the two"))
		}
		b := Brought{API: e.api, Version: e.version, Document: e.document}
		if len(e.problems) == 0 {
			if e.problems, err = s.one(ctx, f, e, &b); err != nil {
				return f, err
			}
		}
		if b.Revision > 0 {
			f.Versions = append(f.Versions, b)
		}
		f.Problems = append(f.Problems, e.problems...)
	}
	return f, s.keep(ctx, f)
}

// others are the repositories of versions that are not this one's.
func (s *Service) others(ctx context.Context, f Following) (map[string]string, error) {
	all, err := s.Store.Followings(ctx, f.scope())
	out := map[string]string{}
	for _, o := range all {
		for _, b := range o.Versions {
			if o.Repository != f.Repository {
				out[b.API+" "+b.Version] = o.Repository
			}
		}
	}
	return out, err
}

// one takes the document of an entry, and publishes it where that is asked for.
func (s *Service) one(ctx context.Context, f Following, e entry, b *Brought) ([]kernel.Problem, error) {
	k := apispec.Key{Tenant: f.Tenant, Project: f.Project, API: e.api, Version: e.version}
	origin := fmt.Sprintf("%s %s at %s", f.Repository, e.document, f.Commit)
	if len(origin) > 300 {
		origin = f.Commit
	}
	r, _, err := s.APIs.Upload(ctx, k, e.source, origin)
	if err != nil {
		return e.toldOr(err)
	}
	b.Revision = r.Number
	if !e.publish {
		return nil, nil
	}
	for range bringTimes {
		// Two looks at one push meet here: the later one finds what the other has published.
		problems, err := s.publish(ctx, k, e, r.Number, origin, b)
		if !kernel.Is(err, kernel.Stale) {
			return problems, err
		}
	}
	return nil, kernel.Errorf(kernel.Unavailable, "%s changes faster on %s than it is published", k, s.First())
}

// publish publishes a revision on the first stage, unless it stands there or is retired. It
// fails as kernel.Stale where somebody else has published meanwhile.
func (s *Service) publish(ctx context.Context, k apispec.Key, e entry, revision int64, origin string, b *Brought) ([]kernel.Problem, error) {
	a, err := s.APIs.Get(ctx, k)
	if err != nil {
		return e.toldOr(err)
	}
	first, stands := s.First(), apispec.Standing{}
	if i := slices.IndexFunc(a.Stages, func(st apispec.Standing) bool { return st.Stage == first }); i >= 0 {
		stands = a.Stages[i]
		switch {
		case stands.State == apispec.Retired:
			return []kernel.Problem{e.problem(fmt.Sprintf("%s is retired on %s, and a push does not bring it back", k, first), "take publish away, or publish it with: terrace api publish "+k.String()+" --stage "+first)}, nil
		case stands.Revision == revision:
			b.Stage = first
			return nil, nil
		}
	}
	if _, err := s.APIs.Publish(ctx, k, apispec.Publishing{Stage: first, Revision: revision, Reason: strings.TrimSpace("push of " + origin), Onto: &stands}); err != nil {
		if kernel.Is(err, kernel.Stale) {
			return nil, err
		}
		return e.toldOr(err)
	}
	b.Stage = first
	return nil, nil
}

// toldOr is a refusal as problems, and any other error as it is.
func (e entry) toldOr(err error) ([]kernel.Problem, error) {
	if refused(err) {
		return e.refusal(err), nil
	}
	return nil, err
}
