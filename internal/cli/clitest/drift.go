package clitest

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// drift is what the server knows of the outside: in dev something of orders was
// changed until it is ignored, in test nothing.
func (s *Server) drift(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	items := []apiclient.Drift{s.finding()}
	if r.URL.Query().Get("stage") == "test" {
		items = items[:0]
	}
	reply(w, kernel.Page[apiclient.Drift]{Items: items})
}

func (s *Server) finding() apiclient.Drift {
	d := apiclient.Drift{
		ID: "drift_1", Workload: "orders", Stage: "dev", Address: "module.cache.azurerm_redis_cache.this", Type: "azurerm_redis_cache",
		Action: "changed", Severity: "critical", Rule: "public-access", Status: "open", Next: "revert", DetectedAt: time.Now(), SeenAt: time.Now(),
		Attributes: []apiclient.DriftAttribute{
			{Path: "public_network_access_enabled", Before: false, After: true, Severity: "critical", Rule: "public-access", Next: "revert", Ignore: s.ignored},
			{Path: "primary_access_key", Sensitive: true, Severity: "high", Rule: "keys", Next: "keep"},
		},
		Who:            []apiclient.DriftActivity{{Who: "mallory@example.com", At: time.Now(), Operation: "Microsoft.Cache/redis/write", From: "203.0.113.7"}},
		Contradictions: []string{"public_network_access_enabled is managed by code"},
	}
	if s.ignored != nil {
		d.Status = "ignored"
	}
	return d
}

func (s *Server) driftCheck(w http.ResponseWriter, r *http.Request) {
	var in apiclient.RequestDriftChecksRequest
	_ = json.NewDecoder(r.Body).Decode(&in) // an empty stage is not found below
	reply(w, apiclient.DriftChecks{Checks: []apiclient.DriftCheck{s.check("chk_"+in.Stage, "queued", "waits for its turn")}})
}

func (s *Server) getDriftCheck(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.check(r.PathValue("id"), "done", "nothing was changed outside")
	switch {
	case c.ID == "chk_int":
		c.Status, c.Message, c.Fix = "failed", "terraform plan failed", "see the problem"
	case c.ID == "chk_dev" && s.ignored == nil:
		c.Open, c.Message = 1, "changed outside: 1 resources, and 0 more are ignored"
	}
	reply(w, c)
}

func (s *Server) check(id string, status apiclient.DriftCheckStatus, message string) apiclient.DriftCheck {
	return apiclient.DriftCheck{
		ID: id, Workload: "orders", Status: status, Message: message,
		Scope: kernel.Scope{Tenant: "main", Project: "shop", Stage: id[len("chk_"):]},
	}
}

func (s *Server) ignoreDrift(w http.ResponseWriter, r *http.Request) {
	var in apiclient.IgnoreDriftRequest
	_ = json.NewDecoder(r.Body).Decode(&in) // what is missing is refused
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ignored = &apiclient.DriftIgnore{Until: in.Until, Reason: in.Reason, By: "ada"}
	reply(w, s.finding())
}

func (s *Server) decideDrift(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.start(apiclient.DeployRequest{Stage: "dev"})
	reply(w, apiclient.DriftOutcome{Drifts: []apiclient.Drift{s.finding()}, Run: run.ID, Notes: []string{"it is managed by code: change it in the definition redis-azure"}})
}
