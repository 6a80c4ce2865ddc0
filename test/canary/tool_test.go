package canary_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/test/harness"
)

// tool is terraform, which waits or panics before an apply while a file says so.
type tool struct{ folder string }

// The files that say so.
const (
	holds  = "hold"
	panics = "panic"
)

// wrapper has the words of a panic as terraform writes them, with a value in them.
const wrapper = `#!/bin/sh
if [ "$1" = apply ]; then
  while [ -e %[1]q/hold ]; do sleep 0.05; done
  if [ -e %[1]q/panic ]; then
    { echo '!!!!!!!! TERRAFORM CRASH !!!!!!!!'; echo; printf 'panic: not a string: cty.StringVal("'; rev %[1]q/panic | tr -d '\n'; echo '")'
      echo 'goroutine 7 [running]:'; echo 'main.apply({0xc000012345, 0x1f})'; } >&2
    exit 11
  fi
fi
exec %[2]q "$@"
`

// stages have terraform tell everything that it does, which whoever sets up a stage may.
const stages = `stages:
  - {name: dev, order: 1, target: local, runtime: process, environment: {TF_LOG: trace}, verify: [{name: up, command: {argv: [/bin/sh, -c, 'env | grep TERRACE_']}}]}
  - {name: test, order: 2, target: local, runtime: process, environment: {TF_LOG: trace}}
`

// policy tells in its words whatever a plan has.
const policy = `# METADATA
# title: A policy that repeats a plan
# custom: {id: canary-repeats}
package terrace.canary
import rego.v1

warn contains message if {
	some change in input.resource_changes
	message := sprintf("there is %v", [change.change.after])
}
`

func newTool(w *world) tool {
	w.t.Helper()
	t := tool{filepath.Join(w.t.TempDir(), "tool")}
	terraform, err := exec.LookPath("terraform")
	w.must(err)
	w.must(os.MkdirAll(filepath.Join(t.folder, "policies"), 0o755))
	w.must(os.WriteFile(filepath.Join(t.folder, "terraform"), fmt.Appendf(nil, wrapper, t.folder, terraform), 0o755))
	w.must(os.WriteFile(filepath.Join(t.folder, "stages.yaml"), []byte(stages), 0o600))
	w.must(os.WriteFile(filepath.Join(t.folder, "policies", "repeats.rego"), []byte(policy), 0o600))
	return t
}

func (t tool) arguments() []string {
	return []string{
		"--terraform", filepath.Join(t.folder, "terraform"), "--config", filepath.Join(t.folder, "stages.yaml"),
		"--policy-folders", filepath.Join(t.folder, "policies"),
	}
}

// whenever has applies do something while a function works.
func (w *world) whenever(does, with string, work func()) {
	w.t.Helper()
	path := filepath.Join(w.tool.folder, does)
	w.must(os.WriteFile(path, []byte(with), 0o644))
	work()
	w.must(os.Remove(path))
}

// module has a value that terraform knows to be sensitive. It is written backwards, since
// the text of a module is no secret.
const module = `terraform {
  required_version = ">= 1.8.0"
}

locals {
  password = sensitive(strrev(%[1]q))
}

resource "terraform_data" "this" {
  input            = { password = local.password, encoded = base64encode(local.password), words = jsonencode({ it = local.password }) }
  triggers_replace = [var.fails]

  provisioner "local-exec" {
    command     = "echo Creating with $PASSWORD; test $FAILS = no || { echo 'refused: ' \"$(echo '%[2]s' | rev)\" >&2; exit 3; }"
    environment = { FAILS = var.fails }
  }
}

output "password" {
  description = "The password."
  value       = terraform_data.this.output.password
  sensitive   = true
}
`

const moduleVariables = `variable "fails" {
  type        = string
  description = "Whether it fails, with the password in its words."
  default     = "no"
  nullable    = false
}
%s`

const definition = `apiVersion: terrace.dev/v1
kind: Definition
metadata: {name: locker}
spec:
  type: locker
  criteria: [{target: local}]
  module: {source: canary/locker/local, version: ~> 1.0}
  inputs: {fails: "${params.fails:-no}"}
`

// locker publishes a module with the value, and a definition of the type that it serves.
func (w *world) locker() {
	w.t.Helper()
	value := []rune(w.invent("a value of terraform"))
	slices.Reverse(value)
	backwards := string(value)
	folder := filepath.Join(w.Dir, "locker")
	w.must(os.MkdirAll(folder, 0o755))
	quoted := strings.ReplaceAll(backwards, `"`, `\"`)
	w.must(os.WriteFile(filepath.Join(folder, "main.tf"), fmt.Appendf(nil, module, backwards, quoted), 0o600))
	more := ""
	for _, name := range []string{"name", "project", "stage", "workload"} {
		more += fmt.Sprintf("\nvariable %q {\n  type        = string\n  description = \"As in every module.\"\n}\n", name)
	}
	more += "\nvariable \"tags\" {\n  type        = map(string)\n  description = \"As in every module.\"\n}\n"
	w.must(os.WriteFile(filepath.Join(folder, "variables.tf"), fmt.Appendf(nil, moduleVariables, more), 0o600))
	w.must(os.WriteFile(filepath.Join(w.Dir, "locker.yaml"), []byte(definition), 0o600))
	w.MustTerrace(w.t.Context(), w.Dir, "module", "publish", folder, "--namespace", "canary", "--version", "1.0.0", "--yes")
	w.MustTerrace(w.t.Context(), w.Dir, "definition", "apply", filepath.Join(w.Dir, "locker.yaml"), "--yes")
	w.must(os.WriteFile(filepath.Join(w.tool.folder, "backwards"), []byte(backwards), 0o644))
}

// backwards is the value of terraform as the panic of the tool has it.
func (w *world) backwards() string {
	raw, err := os.ReadFile(filepath.Join(w.tool.folder, "backwards"))
	w.must(err)
	return string(raw)
}

// held waits until the tool waits to apply, and keeps the token of its run.
func (w *world) held() {
	w.t.Helper()
	harness.Eventually(w.t, "an apply waits", func() (string, bool) {
		for pid, called := range w.Processes() {
			token := runToken.Find(environmentOf(pid))
			if strings.Contains(called, " apply ") && token != nil {
				w.canaries["the token of a run"] = string(token)
				return called, true
			}
		}
		return fmt.Sprint(w.Processes()), false
	})
}
