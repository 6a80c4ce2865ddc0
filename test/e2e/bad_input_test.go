package e2e_test

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// TestBadInput has people do what goes wrong on one daemon. Each ends in one
// clear message, and the same workload, mended, is deployed afterwards.
func TestBadInput(t *testing.T) {
	t.Parallel()
	d := harness.Start(t)
	cases := map[string]func(*testing.T, patient){
		"malformed score":             malformed,
		"unknown resource type":       unknownType,
		"a module that fails to plan": brokenModule,
		"never healthy":               neverHealthy,
		"exits at once":               exitsAtOnce,
		"a port that is taken":        portTaken,
		"no go":                       noGo,
		"an image for containers":     containerImage,
		"missing tags":                missingTags,
		"a wrong token":               wrongToken,
		"unknown names":               unknownNames,
	}
	for name, misdeed := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := patient{Person: d.Project(t.Context(), t, strings.ReplaceAll(name, " ", "-")), t: t, folder: t.TempDir()}
			misdeed(t, p)
			if !t.Failed() {
				p.recovers()
			}
		})
	}
}

// patient is a workload that a person does something wrong with.
type patient struct {
	harness.Person
	t      *testing.T
	folder string
}

// deploy deploys w as it is now.
func (p patient) deploy(w workload) harness.Result {
	p.t.Helper()
	w.Name = "patient"
	return p.Terrace(p.t.Context(), "deploy", w.file(p.t, p.folder), "--stage", "dev", "-q")
}

// recovers deploys the workload without its fault, and visits it.
func (p patient) recovers() {
	p.t.Helper()
	ctx := p.t.Context()
	r := p.Succeed(ctx, "deploy", workload{Name: "patient", Version: "2.0.0"}.file(p.t, p.folder), "--stage", "dev")
	a, err := p.Visit(ctx, "patient.dev."+p.Project+".localhost", "/")
	if err != nil || a.Status != 200 || a.Version != "2.0.0" || a.Release != r.Release.ID {
		p.t.Errorf("after it the service answers %d %s, %v", a.Status, a.Body, err)
	}
}

func malformed(t *testing.T, p patient) {
	file := write(t, filepath.Join(p.folder, "bad.yaml"), "apiVersion: score.dev/v1b1\nmetadata:\n  name: patient\ncontainers:\n  main:\n    imag: nginx\n")
	r := p.Terrace(t.Context(), "deploy", file, "--stage", "dev")
	refused(t, r, 1, "bad.yaml:6:5: ", "imag", "fix: ")
	none(t, p, "patient")
}

func unknownType(t *testing.T, p patient) {
	r := p.deploy(workload{Resources: map[string]any{"horn": map[string]any{"type": "unicorn"}}})
	refused(t, r, 1, "score.yaml:", "unicorn", "horn", "fix: ")
	none(t, p, "patient")
}

// none checks that nothing was begun.
func none(t *testing.T, p patient, workload string) {
	t.Helper()
	if runs := p.Runs(t.Context(), workload); len(runs) != 0 {
		t.Errorf("there are runs: %+v", runs)
	}
}

// brokenModule parses and is published, but cannot be planned.
func brokenModule(t *testing.T, p patient) {
	module := filepath.Join(p.folder, "module")
	write(t, filepath.Join(module, "main.tf"), `variable "name" {
  type = string
}

output "number" {
  value = tonumber(var.name)
}
`)
	p.publish("number", module)
	needs := workload{
		Resources: map[string]any{"answer": map[string]any{"type": "number"}},
		Variables: map[string]string{"NOTE": "${resources.answer.number}"},
	}
	refused(t, p.deploy(needs), 1, "in phase plan", `cannot convert "patient-answer" to number`, "main.tf:6")
	ended(t, p, "failed")
	write(t, filepath.Join(module, "main.tf"), "variable \"name\" {\n  type = string\n}\n\noutput \"number\" {\n  value = 42\n}\n")
	p.Must(t.Context(), "module", "publish", module, "--name", "number", "--version", "1.0.1")
	if r := p.deploy(needs); r.Code != 0 {
		t.Errorf("the mended module: %s", r)
	}
}

// publish publishes a module that serves the type name in the person's project.
func (p patient) publish(name, module string) {
	p.t.Helper()
	definition := write(p.t, filepath.Join(p.folder, name+".yaml"), `apiVersion: terrace.dev/v1
kind: Definition
metadata:
  name: `+name+`
spec:
  type: `+name+`
  criteria:
    - target: local
      project: `+p.Project+`
  module:
    source: terrace/`+name+`/local
    version: ~> 1.0
`)
	p.Must(p.t.Context(), "module", "publish", module, "--name", name, "--version", "1.0.0")
	p.Must(p.t.Context(), "definition", "apply", definition)
}

// ended checks how the newest run of the workload ended.
func ended(t *testing.T, p patient, status string) {
	t.Helper()
	runs := p.Runs(t.Context(), "patient")
	if len(runs) == 0 || runs[0].Status != status {
		t.Errorf("the runs are %+v, want the newest %s", runs, status)
	}
}

func neverHealthy(t *testing.T, p patient) {
	first := p.deploy(workload{})
	if first.Code != 0 {
		t.Fatal(first)
	}
	r := p.deploy(workload{
		Version: "1.1.0", Variables: map[string]string{"TINY_SICK": "no appetite"},
		Annotations: map[string]string{"terrace.dev/start-timeout": "12s"},
	})
	refused(t, r, 1, "in phase apply", "patient did not become ready within 12s", "503", "tiny starts")
	ended(t, p, "failed")
	if a, err := p.Visit(t.Context(), "patient.dev."+p.Project+".localhost", "/"); err != nil || a.Version != "1.0.0" {
		t.Errorf("what ran before does not answer: %d %s, %v", a.Status, a.Body, err)
	}
}

func exitsAtOnce(t *testing.T, p patient) {
	r := p.deploy(workload{Variables: map[string]string{"TINY_EXIT": "I have no licence"}})
	refused(t, r, 1, "in phase apply", "patient did not become ready", "exit", "3", "I have no licence")
	ended(t, p, "failed")
}

func portTaken(t *testing.T, p patient) {
	l, err := net.Listen("tcp", harness.FreeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it is TCP
	r := p.deploy(workload{TargetPort: port, Annotations: map[string]string{"terrace.dev/fixed-ports": "web"}})
	refused(t, r, 1, "in phase apply", strconv.Itoa(port), "is taken by", "fix: end it")
	ended(t, p, "failed")
}

// noGo builds from source where there is no compiler.
func noGo(t *testing.T, p patient) {
	folder := filepath.Join(p.folder, "source")
	write(t, filepath.Join(folder, "go.mod"), "module patient\n\ngo 1.24\n")
	write(t, filepath.Join(folder, "main.go"), "package main\n\nfunc main() {}\n")
	score := write(t, filepath.Join(folder, "score.yaml"), workload{Name: "patient"}.score(t))
	r := p.TerraceWith(t.Context(), []string{"PATH=" + folder}, "deploy", score, "--stage", "dev", "-q")
	refused(t, r, 6, "Go is needed", "fix: install Go")
	none(t, p, "patient")
}

func containerImage(t *testing.T, p patient) {
	text := strings.Replace(workload{Name: "patient"}.score(t), `"image": "."`, `"image": "nginx:1.29"`, 1)
	r := p.Terrace(t.Context(), "deploy", write(t, filepath.Join(p.folder, "score.yaml"), text), "--stage", "dev", "-q")
	refused(t, r, 1, "main", "nginx:1.29", "fix: ")
}

// missingTags has a module that does not say who pays for what it makes.
func missingTags(t *testing.T, p patient) {
	folder := filepath.Join(p.folder, "module")
	module := `terraform {
  required_providers {
    terrace = {
      source = "terrace.localhost/terrace/terrace"
    }
  }
}

variable "name" {
  type = string
}

resource "terrace_secret" "this" {
  name = var.name
}
`
	write(t, filepath.Join(folder, "main.tf"), module)
	p.publish("untagged", folder)
	r := p.deploy(workload{Resources: map[string]any{"bare": map[string]any{"type": "untagged"}}})
	refused(t, r, 1, "terrace_secret.this", "costcenter", "env", "owner", "fix: ")
	ended(t, p, "failed")
}

func wrongToken(t *testing.T, p patient) {
	r := p.With("terr_"+strings.Repeat("x", 32)).Terrace(t.Context(), "status")
	refused(t, r, 4, "token", "fix: ")
}

func unknownNames(t *testing.T, p patient) {
	ctx := t.Context()
	stranger := p
	stranger.Project = "nowhere"
	refused(t, stranger.Terrace(ctx, "status"), 3, "nowhere")
	score := workload{Name: "patient"}.file(t, p.folder)
	refused(t, p.Terrace(ctx, "deploy", score, "--stage", "moon", "-q"), 3, "moon", "dev")
	refused(t, p.Terrace(ctx, "promote", "nobody", "--to", "test", "-q"), 1, "nothing of nobody is deployed in dev", "terrace deploy")
	refused(t, p.Terrace(ctx, "status", "nobody"), 3, "nobody")
	refused(t, p.Terrace(ctx, "run", "show", "run_nothing"), 3, "run_nothing")
	refused(t, p.Terrace(ctx, "deploy", filepath.Join(p.folder, "gone.yaml"), "--stage", "dev"), 3, "gone.yaml")
	if _, err := os.Stat(score); err != nil {
		t.Fatal(err)
	}
}
