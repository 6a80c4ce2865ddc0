package run

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Trigger says why something is verified again.
type Trigger string

// The triggers.
const (
	OnDemand   Trigger = "demand"
	OnSchedule Trigger = "schedule"
)

// VerificationStatus is where a verification is on its way.
type VerificationStatus string

// The statuses of a verification. A void one says nothing about the release: it
// could not be made, or the deployment changed meanwhile.
const (
	VerificationQueued  VerificationStatus = "queued"
	VerificationRunning VerificationStatus = "running"
	VerificationPassed  VerificationStatus = "passed"
	VerificationFailed  VerificationStatus = "failed"
	VerificationVoid    VerificationStatus = "void"
)

// Ended reports whether nothing follows any more.
func (s VerificationStatus) Ended() bool {
	return s != VerificationQueued && s != VerificationRunning
}

// Verification is one time that what is deployed was verified again, after the
// run that deployed it.
type Verification struct {
	ID       string       `json:"id"`
	Scope    kernel.Scope `json:"scope"`
	Workload string       `json:"workload"`
	Release  ReleaseRef   `json:"release"`
	// Run is the one that deployed the release.
	Run         string             `json:"run"`
	Trigger     Trigger            `json:"trigger"`
	RequestedBy kernel.Actor       `json:"requestedBy"`
	Reason      string             `json:"reason,omitempty"`
	Status      VerificationStatus `json:"status"`
	// Changed says that the release became verified by it, or was so until then.
	Changed bool `json:"changed,omitempty"`
	// Outcome says in words what it found and what followed.
	Outcome string        `json:"outcome,omitempty"`
	Results []CheckResult `json:"results,omitempty"`
	// Stopped are the runs to the next stage that a revocation ended.
	Stopped []string `json:"stopped,omitempty"`
	// Rollback is what a stage that rolls back by itself did.
	Rollback *RollbackNote `json:"rollback,omitempty"`
	// Origin is what all its facts name.
	Origin    Origin     `json:"origin,omitzero"`
	Holder    *Holder    `json:"holder,omitempty"`
	CreatedAt time.Time  `json:"createdAt"`
	StartedAt *time.Time `json:"startedAt,omitempty"`
	EndedAt   *time.Time `json:"endedAt,omitempty"`
	// Revision grows with every save; a save from an older one is refused.
	Revision int64 `json:"-"`
}

// Holder is the process that makes a verification.
type Holder struct {
	Node    string    `json:"node"`
	Process string    `json:"process"`
	Expires time.Time `json:"expires"`
}

// VerificationFilter narrows a list of verifications; empty fields do not.
type VerificationFilter struct {
	Workload string
	Stage    string
	Run      string
	// Within are the stages that are meant; nil is all.
	Within *kernel.Reach
}

// DueVerification is a deployment whose stage verifies it again.
type DueVerification struct {
	Scope    kernel.Scope
	Workload string
	// Due is nil where no moment was set yet.
	Due *time.Time
}

// VerifyRequest asks to verify what is deployed.
type VerifyRequest struct {
	Workload string
	Stage    string
	Reason   string
}

// VerifyAgain queues a verification of what is deployed. Its success makes an
// unverified deployment a verified one; its failure revokes the word that the
// release is verified.
func (s *Service) VerifyAgain(ctx context.Context, scope kernel.Scope, q VerifyRequest) (Verification, error) {
	actor, err := requester(ctx)
	if err != nil {
		return Verification{}, err
	}
	_, where, err := s.allowed(ctx, scope, q.Stage, actionVerify)
	if err != nil {
		return Verification{}, err
	}
	d, err := s.current(ctx, where, q.Workload)
	if err != nil {
		return Verification{}, err
	}
	if err := s.verifiable(ctx, d); err != nil {
		return Verification{}, err
	}
	v := verificationOf(d, OnDemand, actor, s.Clock.Now())
	v.Reason = q.Reason
	if v.Origin = (Origin{kernel.CauseFrom(ctx), kernel.RequestIDFrom(ctx)}); v.Origin.Cause == "" {
		v.Origin.Cause = kernel.NewID("evt")
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.onlyOne(ctx, v); err != nil {
			return err
		}
		if err := s.Store.InsertVerification(ctx, v); err != nil {
			return err
		}
		return s.recordVerification(ctx, "verification.requested", v)
	})
	s.verifying.bell.Ring()
	return v, err
}

func verificationOf(d Deployment, t Trigger, by kernel.Actor, now time.Time) Verification {
	return Verification{
		ID: kernel.NewID("ver"), Scope: d.Scope, Workload: d.Workload, Release: d.Release, Run: d.Run,
		Trigger: t, RequestedBy: by, Status: VerificationQueued, CreatedAt: now, Origin: d.Origin,
	}
}

// verifiable refuses what no verification could say anything about.
func (s *Service) verifiable(ctx context.Context, d Deployment) error {
	switch d.Status {
	case DeploymentVerified, DeploymentUnverified:
	case DeploymentBroken:
		return kernel.Errorf(kernel.Refused, "%s of %s is not whole in %s: the apply of %s did not end well", d.Release, d.Workload, d.Scope.Stage, d.Run).
			WithFix("see terrace explain %s, and deploy again", d.Run)
	default:
		return kernel.Errorf(kernel.Conflict, "%s brings %s of %s to %s at this moment, and verifies it then", d.Run, d.Release, d.Workload, d.Scope.Stage).
			WithFix("terrace run logs -f %s follows it", d.Run)
	}
	v, err := s.subject(ctx, d)
	if err != nil {
		return err
	}
	if asks, others := v.inputs(); len(asks)+len(others) > 0 {
		return nil
	}
	return kernel.Errorf(kernel.Refused, "there is nothing to verify of %s in %s: it has no route, and the stage has no command and no query", d.Workload, d.Scope.Stage).
		WithFix("add a check to verify of the stage in the configuration of terraced")
}

// onlyOne refuses a second verification on demand while one is under way.
func (s *Service) onlyOne(ctx context.Context, v Verification) error {
	page, err := s.Store.Verifications(ctx, v.Scope, VerificationFilter{Workload: v.Workload, Stage: v.Scope.Stage}, kernel.PageRequest{Limit: 10})
	if err != nil {
		return err
	}
	for _, other := range page.Items {
		if !other.Status.Ended() && other.Trigger == OnDemand {
			return kernel.Errorf(kernel.Conflict, "%s is verified already, as %s asked", v.Workload, other.RequestedBy.Name).
				WithFix("terrace verification show %s tells what comes of it", other.ID)
		}
	}
	return nil
}

// GetVerification returns one verification of the project.
func (s *Service) GetVerification(ctx context.Context, scope kernel.Scope, id string) (Verification, error) {
	v, err := s.Store.Verification(ctx, scope, id)
	if err := s.readable(ctx, scope, v.Scope, err, kernel.Errorf(kernel.NotFound, "verification %s does not exist", id)); err != nil {
		return Verification{}, err
	}
	return v, nil
}

// ListVerifications returns the project's verifications, the newest first. Of
// those on schedule that changed nothing only the newest of a deployment is kept.
func (s *Service) ListVerifications(ctx context.Context, scope kernel.Scope, f VerificationFilter, page kernel.PageRequest) (kernel.Page[Verification], error) {
	var err error
	if f.Within, err = s.within(ctx, scope, f.Stage); err != nil {
		return kernel.Page[Verification]{}, err
	}
	return s.Store.Verifications(ctx, scope, f, page)
}

func (s *Service) recordVerification(ctx context.Context, fact string, v Verification) error {
	id := ""
	if fact == "verification.requested" && kernel.CauseFrom(ctx) == "" {
		id = v.Origin.Cause
	} else {
		ctx = v.Origin.in(ctx)
	}
	return s.Journal.Record(ctx, kernel.Fact{ID: id, Type: fact, Scope: v.Scope, Subject: v.ID, Reason: v.Reason, Data: verificationFact{
		Workload: v.Workload, Release: v.Release.ID, Run: v.Run, Trigger: v.Trigger, Status: v.Status, Changed: v.Changed, Outcome: v.Outcome,
	}})
}

// verificationFact is what a fact about a verification tells.
type verificationFact struct {
	Workload string             `json:"workload"`
	Release  string             `json:"release"`
	Run      string             `json:"run"`
	Trigger  Trigger            `json:"trigger"`
	Status   VerificationStatus `json:"status"`
	Changed  bool               `json:"changed"`
	Outcome  string             `json:"outcome,omitempty"`
}

// releaseFact is what a fact about the verification of a release tells.
type releaseFact struct {
	Workload     string     `json:"workload"`
	Release      ReleaseRef `json:"release"`
	Run          string     `json:"run"`
	Verification string     `json:"verification,omitempty"`
	Message      string     `json:"message,omitempty"`
	// Stopped are the runs to the next stage that ended with it.
	Stopped []string `json:"stopped,omitempty"`
}

// recordRelease says that a release is verified, or no longer is.
func (s *Service) recordRelease(ctx context.Context, fact string, d Deployment, data releaseFact) error {
	data.Workload, data.Release, data.Run = d.Workload, d.Release, d.Run
	return s.Journal.Record(d.Origin.in(ctx), kernel.Fact{Type: fact, Scope: d.Scope, Subject: d.Release.ID, Data: data})
}
