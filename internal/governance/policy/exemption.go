package policy

import (
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ExemptionStatus is where an exemption is on its way.
type ExemptionStatus string

// The statuses of exemptions. Only an approved one counts; revoked and expired are
// ends that nothing leads back from.
const (
	Requested ExemptionStatus = "requested"
	Approved  ExemptionStatus = "approved"
	Revoked   ExemptionStatus = "revoked"
	Expired   ExemptionStatus = "expired"
)

// ExemptionStatuses returns the statuses.
func ExemptionStatuses() []ExemptionStatus {
	return []ExemptionStatus{Requested, Approved, Revoked, Expired}
}

// Word is what a person decided.
type Word struct {
	By     kernel.Actor `json:"by"`
	Reason string       `json:"reason,omitempty"`
	At     time.Time    `json:"at"`
}

// Exemption says that violations of a policy, or of all of a set, stop nothing
// somewhere until a moment. They are still told.
type Exemption struct {
	ID string `json:"id"`
	// Scope is where: what is empty in it, and Workload, is everywhere.
	Scope    kernel.Scope `json:"scope"`
	Workload string       `json:"workload,omitempty"`
	// Policy is the id of one policy, or Set the name of a source of policies.
	Policy string `json:"policy,omitempty"`
	Set    string `json:"set,omitempty"`
	// Address is a resource's or a module's, with all below; with * at its end it is
	// the beginning of some. Empty is every resource.
	Address     string          `json:"address,omitempty"`
	Reason      string          `json:"reason"`
	Status      ExemptionStatus `json:"status"`
	RequestedBy kernel.Actor    `json:"requestedBy"`
	RequestedAt time.Time       `json:"requestedAt"`
	ExpiresAt   time.Time       `json:"expiresAt"`
	// Level is the strictest that it is for: it counts for no stricter one.
	Level Level `json:"level"`
	// Outgrown is the stricter level that what it is from has somewhere in its scope now,
	// where it does not count; "" where it counts for all. It is not kept.
	Outgrown Level `json:"outgrown,omitempty" doc:"The stricter level that what it is from has somewhere in its scope now, where it does not count."`
	// Idle is why it is for nothing, "" where it is for something: its policy, its source
	// of policies or its stage is gone. It is not kept.
	Idle string `json:"idle,omitempty" doc:"Why it is for nothing any more, though it was approved."`
	// Approvals are the words of those who approved it; Approval is the one by which it
	// began to count.
	Approvals  []Word     `json:"approvals,omitempty"`
	Approval   *Word      `json:"approval,omitempty"`
	Revocation *Word      `json:"revocation,omitempty"`
	WarnedAt   *time.Time `json:"warnedAt,omitempty"`
	ExpiredAt  *time.Time `json:"expiredAt,omitempty"`
	// Revision grows with every save.
	Revision int64 `json:"-"`
}

// skew is by how much the clocks of two daemons may differ.
const skew = time.Minute

// counts reports whether it exempts at a moment. One that was approved later than
// that does not: the clock was set back.
func (e Exemption) counts(now time.Time) bool {
	return e.Status == Approved && e.Approval != nil && now.Before(e.ExpiresAt) && !now.Before(e.Approval.At.Add(-skew))
}

// ended reports whether nothing can come of it any more.
func (e Exemption) ended() bool { return e.Status == Revoked || e.Status == Expired }

// Next is when something is to be done about it, zero for never: warn of its end,
// or end it.
func (e Exemption) Next() time.Time {
	switch {
	case e.ended():
		return time.Time{}
	case e.Status == Approved && e.WarnedAt == nil:
		return e.warnAt()
	default:
		return e.ExpiresAt
	}
}

// warnAt is when its end is told of: a week before, or where it is short, when a
// quarter of its time is left.
func (e Exemption) warnAt() time.Time {
	return e.ExpiresAt.Add(-min(7*24*time.Hour, e.ExpiresAt.Sub(e.RequestedAt)/4))
}

// exempts reports whether it is for a result: of its policy, at its address and of
// no stricter level. An error is no violation, and nothing exempts from it.
func (e Exemption) exempts(r Result) bool {
	named := e.Policy != "" && e.Policy == r.Policy || e.Set != "" && e.Set == r.Source
	return r.Outcome == Violated && named && e.Level.AtLeast(r.Level) && below(e.Address, r.Address)
}

// Concerns reports whether it may be for a finding of a policy at an address: of a
// set, any.
func (e Exemption) Concerns(policy, address string) bool {
	return (e.Policy == "" || e.Policy == policy) && below(e.Address, address)
}

// below reports whether an address is the pattern's, or below it.
func below(pattern, address string) bool {
	if start, open := strings.CutSuffix(pattern, "*"); open {
		return strings.HasPrefix(address, start)
	}
	rest, ok := strings.CutPrefix(address, pattern)
	return ok && (pattern == "" || rest == "" || rest[0] == '.' || rest[0] == '[')
}

// What is what it exempts from, for people.
func (e Exemption) What() string {
	what := "the policies of " + e.Set
	if e.Policy != "" {
		what = e.Policy
	}
	if e.Address != "" {
		what += " at " + e.Address
	}
	return what
}

// approvers are the names of those who approved it.
func (e Exemption) approvers() string {
	if len(e.Approvals) == 0 && e.Approval != nil {
		return e.Approval.By.Name // it was approved before there could be several
	}
	names := make([]string, len(e.Approvals))
	for i, w := range e.Approvals {
		names[i] = w.By.Name
	}
	return strings.Join(names, ", ")
}

// waiver is what results tell of it.
func (e Exemption) waiver() *Waiver {
	return &Waiver{ID: e.ID, Reason: e.Reason, RequestedBy: e.RequestedBy.Name, ApprovedBy: e.approvers(), ExpiresAt: e.ExpiresAt}
}
