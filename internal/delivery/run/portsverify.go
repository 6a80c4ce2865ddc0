package run

import (
	"context"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// CheckInput is one check: of one address where it is over HTTP, else of the
// deployment as a whole.
type CheckInput struct {
	// URL is the address under which a gateway serves the workload, "" for a
	// check of another kind.
	URL string
	// Own says that the gateway is Terrace's, not a cloud's or a cluster's.
	Own bool
	// Release is what the answer's header Terrace-Release must say.
	Release string
	Check   stage.Check
	// Scope is complete, and with Workload, Version and Endpoints it is what a
	// command and a query are told.
	Scope     kernel.Scope
	Workload  string
	Version   string
	Endpoints map[string]string
}

// Verifier checks a deployment, trying again as often as the check has it.
type Verifier interface {
	Verify(ctx context.Context, in CheckInput) CheckResult
}

// CheckResult is what a check found.
type CheckResult struct {
	Check string `json:"check"`
	URL   string `json:"url,omitempty"`
	// Asked is the command or the query, as it was asked.
	Asked   string `json:"asked,omitempty"`
	Passed  bool   `json:"passed"`
	Message string `json:"message"`
	// Output are the last lines of a command.
	Output   string  `json:"output,omitempty"`
	Attempts int     `json:"attempts"`
	Seconds  float64 `json:"seconds"`
}
