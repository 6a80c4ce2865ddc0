// Package clitest has a small stand-in for a Terrace server, for tests of the
// client alone: it keeps a few runs in memory and moves them on by itself.
//
// It owns no behaviour of the platform. The scripts in test/scripts run the
// same commands against a real server.
package clitest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Token is the only token that the server knows.
const Token = "terr_test"

// DossierDigest is the digest of every dossier.
const DossierDigest = kernel.Digest("sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")

// Server answers like a control plane with the project shop.
type Server struct {
	mu        sync.Mutex
	runs      map[string]*apiclient.Run
	scores    []string
	artifacts map[string]int
	uploads   int
	// verifications by id; each ends when it is looked at.
	verifications map[string]*apiclient.RunVerification
	ignored       *apiclient.DriftIgnore
}

// Start returns the address of a new server; stop ends it.
func Start() (address string, stop func()) {
	s := &Server{runs: map[string]*apiclient.Run{}, artifacts: map[string]int{}, verifications: map[string]*apiclient.RunVerification{}}
	web := httptest.NewServer(s.routes())
	return web.URL, web.Close
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	const p = "/api/v1/projects/shop"
	mux.HandleFunc("GET /api/v1/me", s.me)
	mux.HandleFunc("GET /api/v1/projects", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, kernel.Page[apiclient.Project]{Items: []apiclient.Project{shop()}})
	})
	mux.HandleFunc("PUT /api/v1/me/password", s.password)
	mux.HandleFunc("GET /api/v1/stages", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, kernel.Page[apiclient.Stage]{Items: []apiclient.Stage{
			{Name: "lab", Order: 1, Opening: apiclient.Opening{Open: true}},
			{Name: "prod", Order: 2, Opening: apiclient.Opening{Open: true}},
			{Name: "frozen", Order: 3, Opening: apiclient.Opening{Window: "freeze"}},
		}})
	})
	mux.HandleFunc("GET "+p, func(w http.ResponseWriter, _ *http.Request) { reply(w, shop()) })
	mux.HandleFunc("PUT "+p+"/tags", s.tags)
	mux.HandleFunc("HEAD "+p+"/artifacts/{digest}", s.hasArtifact)
	mux.HandleFunc("POST "+p+"/artifacts", s.putArtifact)
	mux.HandleFunc("POST "+p+"/deployments", s.deploy)
	mux.HandleFunc("POST "+p+"/deployments/check", checkDeployment)
	mux.HandleFunc("GET "+p+"/runs", s.list)
	mux.HandleFunc("GET "+p+"/runs/{id}", s.get)
	mux.HandleFunc("GET "+p+"/runs/{id}/dossier", s.dossier)
	mux.HandleFunc("GET "+p+"/runs/{id}/events", s.events)
	mux.HandleFunc("POST "+p+"/runs/{id}/approvals", s.approve)
	mux.HandleFunc("GET "+p+"/workloads/{name}", s.workload)
	mux.HandleFunc("POST "+p+"/workloads/{name}/verifications", s.verify)
	mux.HandleFunc("GET "+p+"/verifications", s.listVerifications)
	mux.HandleFunc("GET "+p+"/verifications/{id}", s.verification)
	mux.HandleFunc("GET "+p+"/drift", s.drift)
	mux.HandleFunc("GET "+p+"/drift/counts", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, apiclient.DriftCounts{Items: []apiclient.DriftCount{{Workload: "orders", Stage: "dev", Severity: "critical", Status: "open", Count: 1}}})
	})
	mux.HandleFunc("GET "+p+"/drift/drift_1", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.finding()) })
	mux.HandleFunc("POST "+p+"/drift/checks", s.driftCheck)
	mux.HandleFunc("GET "+p+"/drift/checks/{id}", s.getDriftCheck)
	mux.HandleFunc("POST "+p+"/drift/accept", s.decideDrift)
	mux.HandleFunc("POST "+p+"/drift/revert", s.decideDrift)
	mux.HandleFunc("POST "+p+"/drift/drift_1/ignore", s.ignoreDrift)
	mux.HandleFunc("GET /test/state", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		reply(w, map[string]any{"uploads": s.uploads, "artifacts": s.artifacts, "scores": s.scores})
	})
	return s.authenticated(mux)
}

func (s *Server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") && r.Header.Get("Authorization") != "Bearer "+Token {
			refuse(w, http.StatusUnauthorized, kernel.Unauthenticated, "nobody is signed in", "run `terrace login`")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client may have left
}

func refuse(w http.ResponseWriter, status int, kind kernel.Kind, detail, fix string, problems ...kernel.Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client may have left
		"title": http.StatusText(status), "status": status, "kind": kind, "detail": detail, "fix": fix, "problems": problems, "requestId": "req_1",
	})
}

func (s *Server) me(w http.ResponseWriter, _ *http.Request) {
	reply(w, apiclient.Me{ID: "usr_1", Name: "ada", Tenant: "main"})
}

func (s *Server) hasArtifact(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.artifacts[r.PathValue("digest")]; !ok {
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *Server) putArtifact(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body) // a cut body has another digest
	sum := sha256.Sum256(b)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uploads++
	s.artifacts[digest] = len(b)
	reply(w, apiclient.ReleaseArtifact{Digest: kernel.Digest(digest), Size: int64(len(b))})
}

func (s *Server) deploy(w http.ResponseWriter, r *http.Request) {
	var d apiclient.DeployRequest
	if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
		refuse(w, http.StatusUnprocessableEntity, kernel.Invalid, err.Error(), "")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scores = append(s.scores, d.Score)
	if strings.Contains(d.Score, "type: unicorn") {
		line := strings.Count(d.Score[:strings.Index(d.Score, "type: unicorn")], "\n") + 1
		refuse(w, http.StatusUnprocessableEntity, kernel.Invalid, "the workload cannot be resolved", "",
			kernel.Problem{File: "score.yaml", Line: line, Column: 11, Message: "no definition serves the type unicorn", Fix: "use another type"})
		return
	}
	run := s.start(d)
	reply(w, map[string]any{"run": run, "release": map[string]any{"id": run.Release.ID, "number": 1}})
}

func (s *Server) start(d apiclient.DeployRequest) *apiclient.Run {
	now := time.Now()
	run := &apiclient.Run{
		ID: fmt.Sprintf("run_%d", len(s.runs)+1), Operation: "deploy", Workload: "orders", Status: "planning", CreatedAt: now,
		Scope: kernel.Scope{Tenant: "main", Project: "shop", Stage: d.Stage}, RequestedBy: kernel.Actor{Name: "ada"},
		Release: apiclient.RunReleaseRef{ID: "rel_1", Number: 1, Version: d.Version}, Dossier: DossierDigest,
		Phases: []apiclient.RunPhase{{Name: "plan", Started: now}},
	}
	if d.Stage == "prod" {
		run.RequiredApprovals = apiclient.StageApprovals{Count: 1, Role: "approver", OtherThanRequester: true}
	}
	run.Gates = gates(d.Stage)
	s.runs[run.ID] = run
	return run
}

// gates are those that have to say something of a stage: in int a budget warns, in qs
// two hold what goes there.
func gates(stage string) []apiclient.RunGateResult {
	budget := apiclient.RunGateResult{
		Gate: "budget", Level: apiclient.RunLevelAdvisory, Outcome: apiclient.RunOutcomeFailed, Message: "1 finding of 1 budget",
		Findings: []apiclient.RunFinding{{Rule: "budget-exceeded", Outcome: "warning", Level: "advisory", Message: "the budget shop-int of shop in int has 5.00 USD a month"}},
	}
	switch stage {
	case "int":
		return []apiclient.RunGateResult{budget}
	case "qs":
		budget.Level = apiclient.RunLevelSoftMandatory
		warns := apiclient.RunGateResult{Gate: "drift", Level: apiclient.RunLevelAdvisory, Outcome: apiclient.RunOutcomeFailed, Message: "5 findings"}
		for i := range 5 {
			warns.Findings = append(warns.Findings, apiclient.RunFinding{Address: fmt.Sprintf("a.b%d", i), Message: "is put back"})
		}
		return []apiclient.RunGateResult{warns, {Gate: "policy", Level: apiclient.RunLevelSoftMandatory, Outcome: apiclient.RunOutcomeFailed}, budget}
	}
	return nil
}

// advance makes one step each time somebody looks.
func (s *Server) advance(r *apiclient.Run) {
	now := time.Now()
	end := func(next string) {
		r.Phases[len(r.Phases)-1].Ended = &now
		if next != "" {
			r.Phases = append(r.Phases, apiclient.RunPhase{Name: next, Started: now})
		}
	}
	switch {
	case r.Status == "planning" && (r.RequiredApprovals.Count > 0 || r.Scope.Stage == "qs"):
		r.Status, r.Plan = apiclient.RunStatusAwaitingApproval, &apiclient.RunPlan{Create: 4}
		end("approval")
	case r.Status == "planning" || r.Status == "approved":
		r.Status, r.Plan = "applying", &apiclient.RunPlan{Create: 4}
		end("apply")
	case r.Status == "applying" && r.Scope.Stage == "test":
		r.Status, r.EndedAt = apiclient.RunStatusFailed, &now
		r.Failure = &apiclient.RunFailure{Phase: "apply", Message: "the service orders did not become ready", Fix: "read its log"}
		end("")
	case r.Status == "applying":
		r.Status, r.EndedAt = apiclient.RunStatusSucceeded, &now
		end("")
	}
}
