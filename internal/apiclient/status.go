package apiclient

// Ended reports whether the run has come to its end.
func (r Run) Ended() bool {
	switch r.Status {
	case RunStatusPlanned, RunStatusSucceeded, RunStatusFailed, RunStatusDiscarded, RunStatusCanceled, RunStatusSuperseded:
		return true
	case RunStatusQueued, RunStatusPlanning, RunStatusAwaitingApproval, RunStatusApproved, RunStatusApplying, RunStatusVerifying:
		return false
	default:
		return false
	}
}
