package policy

import "time"

// The types of the facts that this room records.
const (
	factRequested  = "exemption.requested"
	factApproved   = "exemption.approved"
	factRevoked    = "exemption.revoked"
	factExpiring   = "exemption.expiring"
	factExpired    = "exemption.expired"
	factAssigned   = "policy.assigned"
	factUnassigned = "policy.unassigned"
)

// exemptionFact is what a fact about an exemption tells.
type exemptionFact struct {
	Policy      string          `json:"policy,omitempty"`
	Set         string          `json:"set,omitempty"`
	Workload    string          `json:"workload,omitempty"`
	Address     string          `json:"address,omitempty"`
	Level       Level           `json:"level"`
	Status      ExemptionStatus `json:"status"`
	RequestedBy string          `json:"requestedBy"`
	ApprovedBy  string          `json:"approvedBy,omitempty"`
	ExpiresAt   time.Time       `json:"expiresAt"`
}

func factOf(e Exemption) exemptionFact {
	f := exemptionFact{
		Policy: e.Policy, Set: e.Set, Workload: e.Workload, Address: e.Address, Level: e.Level, Status: e.Status,
		RequestedBy: e.RequestedBy.Name, ExpiresAt: e.ExpiresAt,
	}
	f.ApprovedBy = e.approvers()
	return f
}

// assignmentFact is what a fact about an assignment tells.
type assignmentFact struct {
	Policies string `json:"policies"`
	Set      string `json:"set,omitempty"`
	Target   string `json:"target,omitempty"`
	Level    Level  `json:"level"`
	Version  int    `json:"version"`
}
