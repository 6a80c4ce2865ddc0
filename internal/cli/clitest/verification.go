package clitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func (s *Server) verify(w http.ResponseWriter, r *http.Request) {
	var in apiclient.VerifyRequest
	_ = json.NewDecoder(r.Body).Decode(&in) // an empty stage passes
	s.mu.Lock()
	defer s.mu.Unlock()
	v := &apiclient.RunVerification{
		ID: fmt.Sprintf("ver_%d", len(s.verifications)+1), Workload: r.PathValue("name"), Scope: kernel.Scope{Tenant: "main", Project: "shop", Stage: in.Stage},
		Release: apiclient.RunReleaseRef{ID: "rel_2", Number: 2, Version: "0.2.0"}, Run: "run_2", Reason: in.Reason, CreatedAt: time.Now(),
		RequestedBy: kernel.Actor{Name: "ada"}, Trigger: apiclient.RunTriggerDemand, Status: apiclient.RunVerificationStatusQueued,
	}
	s.verifications[v.ID] = v
	reply(w, v)
}

func (s *Server) listVerifications(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := kernel.Page[apiclient.RunVerification]{Items: []apiclient.RunVerification{}}
	for _, v := range s.verifications {
		page.Items = append(page.Items, *v)
	}
	reply(w, page)
}

// verification ends in test as a failure that is rolled back, elsewhere well.
func (s *Server) verification(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.verifications[r.PathValue("id")]
	if !ok {
		refuse(w, http.StatusNotFound, kernel.NotFound, "there is no verification "+r.PathValue("id"), "see `terrace verification list`")
		return
	}
	now := time.Now()
	v.EndedAt, v.Status, v.Outcome = &now, apiclient.RunVerificationStatusPassed, "release 2 stays verified"
	v.Results = []apiclient.RunCheckResult{{Check: "smoke", Asked: "/opt/smoke --fast", Passed: true, Message: "exit code 0", Attempts: 1, Seconds: 0.2}}
	if v.Scope.Stage == "test" {
		v.Status, v.Outcome, v.Changed = apiclient.RunVerificationStatusFailed, "release 2 is no longer verified", true
		v.Results[0].Passed, v.Results[0].Message, v.Results[0].Output = false, "exit code 3, want 0", "one\ntwo"
		v.Rollback = &apiclient.RunRollbackNote{Run: "run_9", Message: "run_9 returns test to release 1"}
	}
	reply(w, v)
}
