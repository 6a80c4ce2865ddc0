package run

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// ReleaseApproval is a person's word that a release may go to a stage without
// being verified and soaked in the one before.
type ReleaseApproval struct {
	Scope    kernel.Scope `json:"scope"`
	Workload string       `json:"workload"`
	Release  ReleaseRef   `json:"release"`
	By       kernel.Actor `json:"by"`
	// Reason is why the way through the stages is left.
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	// Withdrawn says that it holds no longer.
	Withdrawn *Withdrawal `json:"withdrawn,omitempty"`
}

// Withdrawal takes an approval of a release back.
type Withdrawal struct {
	By     kernel.Actor `json:"by"`
	Reason string       `json:"reason,omitempty"`
	At     time.Time    `json:"at"`
}

func (a ReleaseApproval) inForce() bool { return a.Withdrawn == nil }

// ReleaseDecision names a release, a stage and a reason.
type ReleaseDecision struct {
	Release string
	Stage   string
	Reason  string
}

// ApproveRelease lets a release go to a stage past the first as if it were
// verified and soaked in the one before. The plan still needs what it needs.
func (s *Service) ApproveRelease(ctx context.Context, scope kernel.Scope, d ReleaseDecision) (ReleaseApproval, error) {
	a, err := s.releaseApproval(ctx, scope, d)
	if err != nil {
		return a, err
	}
	if a.Reason == "" {
		return a, kernel.Errorf(kernel.Invalid, "an approval that leaves the way through the stages needs a reason").WithFix("give one with --reason")
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		known, err := s.approvalInForce(ctx, a)
		if err != nil {
			return err
		}
		if known != nil {
			if stands, err := s.releaseWordStands(ctx, *known); err != nil {
				return err
			} else if !stands {
				known = nil // the new word takes its place
			}
		}
		if known != nil {
			return kernel.Errorf(kernel.Conflict, "%s approved %s for %s already: %s", known.By.Name, a.Release, a.Scope.Stage, known.Reason)
		}
		if err := s.Store.PutReleaseApproval(ctx, a); err != nil {
			return err
		}
		if err := s.promoteLater(ctx, a.Scope, a.Workload, a.At); err != nil {
			return err
		}
		return s.recordReleaseApproval(ctx, "release.approved", a, a.Reason)
	})
	return a, err
}

// WithdrawRelease takes such a word back: runs that were not applied yet are
// refused, too, unless the release has become available by itself.
func (s *Service) WithdrawRelease(ctx context.Context, scope kernel.Scope, d ReleaseDecision) (ReleaseApproval, error) {
	asked, err := s.releaseApproval(ctx, scope, d)
	if err != nil {
		return asked, err
	}
	a := asked
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		known, err := s.approvalInForce(ctx, asked)
		if err != nil {
			return err
		}
		if known == nil {
			return kernel.Errorf(kernel.NotFound, "%s is not approved for %s: there is nothing to withdraw", asked.Release, asked.Scope.Stage).
				WithFix("see terrace release show %s", asked.Release.ID)
		}
		a = *known
		a.Withdrawn = &Withdrawal{By: asked.By, Reason: asked.Reason, At: asked.At}
		if err := s.Store.PutReleaseApproval(ctx, a); err != nil {
			return err
		}
		return s.recordReleaseApproval(ctx, "release.approval_withdrawn", a, asked.Reason)
	})
	return a, err
}

// releaseApproval checks who asks for what.
func (s *Service) releaseApproval(ctx context.Context, scope kernel.Scope, d ReleaseDecision) (ReleaseApproval, error) {
	actor, err := requester(ctx)
	if err != nil {
		return ReleaseApproval{}, err
	}
	st, where, err := s.allowed(ctx, scope, d.Stage, actionApproveRelease)
	if err != nil {
		return ReleaseApproval{}, err
	}
	if err := s.mayApproveRelease(ctx, where, st, actor); err != nil {
		return ReleaseApproval{}, err
	}
	rel, err := s.Releases.Find(ctx, projectOf(where), "", d.Release)
	if err != nil {
		return ReleaseApproval{}, err
	}
	return ReleaseApproval{
		Scope: where, Workload: rel.Workload, Release: refOf(rel), By: actor, Reason: strings.TrimSpace(d.Reason), At: s.Clock.Now(),
	}, nil
}

func (s *Service) mayApproveRelease(ctx context.Context, where kernel.Scope, st stage.Stage, actor kernel.Actor) error {
	if actor.Kind != kernel.ActorUser {
		return kernel.Errorf(kernel.Denied, "an approval is a person's word; %s is none", actor.Name)
	}
	if _, past := s.Stages.Before(st.Name); !past {
		return kernel.Errorf(kernel.Refused, "%s is the first stage: every release may go there", st.Name).WithFix("terrace deploy score.yaml --stage %s", st.Name)
	}
	return s.hasReleaseRole(ctx, where, st)
}

// approvalInForce returns the one that is in force already, nil where there is none.
func (s *Service) approvalInForce(ctx context.Context, a ReleaseApproval) (*ReleaseApproval, error) {
	all, err := s.Store.ReleaseApprovals(ctx, a.Scope, a.Workload)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(r ReleaseApproval) bool { return r.Release.ID == a.Release.ID && r.inForce() })
	if i < 0 {
		return nil, nil //nolint:nilnil // there is none
	}
	return &all[i], nil
}

func (s *Service) recordReleaseApproval(ctx context.Context, fact string, a ReleaseApproval, reason string) error {
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: a.Scope, Subject: a.Release.ID, Reason: reason, Data: a})
}
