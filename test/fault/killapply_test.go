package fault_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// counted is a module whose resources write a line when they are made, and wait at the
// last while a file is not there.
const counted = `variable "folder" { type = string }
variable "value" { type = string }
resource "terraform_data" "made" {
  count            = 3
  triggers_replace = var.value
  provisioner "local-exec" { command = "echo made >> ${var.folder}/${var.value}-${count.index}" }
}
resource "terraform_data" "waits" {
  triggers_replace = terraform_data.made[*].id
  provisioner "local-exec" { command = "while [ ! -e ${var.folder}/go ]; do sleep 0.1; done" }
}
output "text" { value = var.value }
`

// TestWhatIsAppliedAgainAfterAKill: terraform saves the state of an apply 20 seconds
// after its first change at the earliest, so what a killed daemon had applied within
// them is in no state, and is applied again. The run tells of it, and nothing is
// applied a third time.
func TestWhatIsAppliedAgainAfterAKill(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "--isolation", "off") // its modules write beside their work directory
	folder := t.TempDir()
	w.counting(folder)
	score := func(value string) string {
		path := filepath.Join(w.Dir, "counts.yaml")
		text := strings.Replace(w.score, "name: orders", "name: counts", 1)
		text = strings.Replace(text, "    variables:\n", "    variables:\n      TEXT: \"${resources.counted.text}\"\n", 1)
		text += fmt.Sprintf("  counted:\n    type: counted\n    params: {value: %s, folder: %s}\n", value, folder)
		w.must(os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	of := w.deployFile(score("one"))
	w.await(of, "waits at the last resource", func(run) bool { return strings.Count(w.logOf(of), `"type":"provision_start"`) >= 4 })
	w.Kill()
	w.must(w.Launch())
	w.WaitReady()
	w.await(of, "is applied again", func(run) bool { return lines(folder, "one") == 6 })
	w.must(os.WriteFile(filepath.Join(folder, "go"), nil, 0o600))
	done := w.await(of, "succeeds", func(r run) bool { return r.Status == "succeeded" || r.Status == "failed" })
	if done.Status != "succeeded" || done.Attempt != 2 {
		t.Errorf("the run is %s, attempt %d: %s", done.Status, done.Attempt, done.StatusReason)
	}
	if again := lines(folder, "one"); again != 6 {
		t.Errorf("3 resources were made %d times in all, want each once more", again)
	}
	log := w.logOf(of)
	for _, told := range []*regexp.Regexp{
		// others of the plan may have been applied at their side by then
		regexp.MustCompile(`the rest of the plan, after an interruption; before it, applied were [3-9] of 10 changes: .*made\[0\].*made\[1\].*made\[2\]`),
		regexp.MustCompile(`begun, and no end of it is told: .*terraform_data\.waits`),
	} {
		if !told.MatchString(log) {
			t.Errorf("its log does not say %q:\n%s", told, log)
		}
	}
}

// counting publishes the module and its definition.
func (w *world) counting(folder string) {
	w.t.Helper()
	module, definition := filepath.Join(w.Dir, "counted"), filepath.Join(w.Dir, "counted.yaml")
	w.must(os.MkdirAll(module, 0o700))
	w.must(os.WriteFile(filepath.Join(module, "main.tf"), []byte(counted), 0o600))
	w.must(os.WriteFile(definition, []byte(`apiVersion: terrace.dev/v1
kind: Definition
metadata: {name: fault-counted}
spec:
  type: counted
  module: {source: fault/counted/local, version: ~> 1.0}
  inputs: {value: "${params.value}", folder: "${params.folder}"}
`), 0o600))
	w.client(w.t.Context(), "module", "publish", module, "--namespace", "fault", "--name", "counted", "--version", "1.0.0")
	w.client(w.t.Context(), "definition", "apply", definition)
}

// deployFile queues a deployment to dev and returns its run.
func (w *world) deployFile(path string) string {
	w.t.Helper()
	copied := filepath.Join(w.Dir, "orders", "counts.yaml")
	text, err := os.ReadFile(path)
	w.must(err)
	w.must(os.WriteFile(copied, text, 0o600))
	w.client(w.t.Context(), "deploy", copied, "--stage", "dev", "--no-wait", "-q")
	var list page[run]
	w.must(w.get("/projects/"+w.project+"/runs?workload=counts", &list))
	if len(list.Items) == 0 {
		w.t.Fatal("no run was queued")
	}
	return list.Items[0].ID
}

// lines counts what the resources of the value have written.
func lines(folder, value string) (n int) {
	files, _ := filepath.Glob(filepath.Join(folder, value+"-*")) // the pattern is good
	for _, path := range files {
		text, _ := os.ReadFile(path) // it may be written just now
		n += strings.Count(string(text), "\n")
	}
	return n
}
