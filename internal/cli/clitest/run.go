package clitest

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func (s *Server) run(w http.ResponseWriter, r *http.Request) (*apiclient.Run, bool) {
	run, ok := s.runs[r.PathValue("id")]
	if !ok {
		refuse(w, http.StatusNotFound, kernel.NotFound, "there is no run "+r.PathValue("id"), "see `terrace run list`")
	}
	return run, ok
}

// checkDeployment refuses the stage that is closed.
func checkDeployment(w http.ResponseWriter, r *http.Request) {
	var in apiclient.CheckDeploymentRequest
	_ = json.NewDecoder(r.Body).Decode(&in) // an empty stage is open
	if in.Stage == "frozen" {
		refuse(w, http.StatusConflict, kernel.Refused, "frozen is closed, by the window freeze", "try again then")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := kernel.Page[apiclient.Run]{Items: []apiclient.Run{}}
	for _, r := range s.runs {
		page.Items = append(page.Items, *r)
	}
	reply(w, page)
}

func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if run, ok := s.run(w, r); ok {
		s.advance(run)
		reply(w, run)
	}
}

func (s *Server) dossier(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if run, ok := s.run(w, r); ok {
		reply(w, apiclient.GetDossierResponse{Digest: run.Dossier, Dossier: apiclient.RunDossier{
			Run: run.ID, Operation: run.Operation, Workload: run.Workload, Stage: run.Scope.Stage, RequestedBy: run.RequestedBy,
			Release: run.Release, Plan: apiclient.RunPlanView{Summary: *run.Plan},
		}})
	}
}

func (s *Server) approve(w http.ResponseWriter, r *http.Request) {
	var in struct{ Digest kernel.Digest }
	_ = json.NewDecoder(r.Body).Decode(&in) // an empty digest is refused below
	s.mu.Lock()
	defer s.mu.Unlock()
	run, ok := s.run(w, r)
	if !ok {
		return
	}
	if in.Digest != run.Dossier {
		refuse(w, http.StatusConflict, kernel.Stale, "the dossier has changed", "read it again")
		return
	}
	run.Status = "approved"
	reply(w, map[string]any{"run": run})
}

func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	_ = json.NewEncoder(w).Encode(apiclient.RunEvent{ // the client may have left
		Time: time.Now(), Run: r.PathValue("id"), Phase: "apply", Level: "info", Type: "apply_complete", Message: "module.host: Creation complete",
	})
}

func (s *Server) workload(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if name != "orders" {
		refuse(w, http.StatusNotFound, kernel.NotFound, "there is no workload "+name, "see `terrace status`")
		return
	}
	now := time.Now()
	reply(w, apiclient.Workload{Name: name, Stages: []apiclient.WorkloadStage{{
		Stage: "dev", Release: &apiclient.RunReleaseRef{ID: "rel_1", Number: 1, Version: "0.1.0"}, Status: "verified",
		URLs: map[string]string{"web": "https://orders.dev.shop.localhost:7443/"}, Run: "run_1", AppliedAt: &now,
	}, {
		Stage: "prod", Release: &apiclient.RunReleaseRef{ID: "rel_1", Number: 1, Version: "0.1.0"}, Status: "applying", Run: "run_2", AppliedAt: &now,
		Attempted: &apiclient.RunReleaseRef{ID: "rel_2", Number: 2, Version: "0.2.0"},
		Rollout:   &apiclient.RunRollout{To: "rel_2", Step: 1, Steps: 4, Weight: 5, StartedAt: now, StepAt: now},
	}}})
}
