package runner_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// rounds are the turns of each way, whose medians are compared.
const rounds = 5

// BenchmarkRunner compares a deploy through the Runner with init, plan and apply
// of the same root module by hand, in turns, each on a fresh stack. The metric
// ratio is the Runner's median time over the bare one; cold is the same for a Runner
// that has to run init itself. The second root module needs Terrace's provider,
// which every command then starts.
func BenchmarkRunner(b *testing.B) {
	b.Run("built-in", func(b *testing.B) { compare(b, "", nil) })
	b.Run("provider", func(b *testing.B) {
		w := b.TempDir()
		lock := install(b, w, "")
		compare(b, w, lock)
	})
}

func compare(b *testing.B, mirror string, lock []byte) {
	b.Helper()
	w := newBench(b)
	job := w.job(b, "run_1", freshStack(), tokens.PhaseApply, benchRoot(lock != nil))
	if lock != nil {
		job.Files[".terraform.lock.hcl"] = lock
		install(b, w.DataDir, "")
	}
	w.through(b, job)
	var bares, warms, colds []time.Duration
	for b.Loop() {
		for range rounds {
			bares = append(bares, timed(func() { w.bare(b, job, mirror) }))
			warms = append(warms, timed(func() { w.through(b, job) }))
			if err := os.RemoveAll(filepath.Join(w.DataDir, "init")); err != nil {
				b.Fatal(err)
			}
			colds = append(colds, timed(func() { w.through(b, job) }))
		}
	}
	bare, warm, cold := median(bares), median(warms), median(colds)
	b.ReportMetric(warm.Seconds()/bare.Seconds(), "ratio")
	b.ReportMetric(cold.Seconds()/bare.Seconds(), "cold-ratio")
	b.ReportMetric(float64(bare.Milliseconds()), "bare-ms")
	b.ReportMetric(float64(warm.Milliseconds()), "runner-ms")
}

// through deploys the job on a fresh stack.
func (w bench) through(b *testing.B, job runner.Job) {
	b.Helper()
	job.Stack = freshStack()
	job.Token = w.room.Token(b, job.RunID, job.Stack, 1, tokens.PhaseApply)
	plan, err := w.Plan(b.Context(), job, nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := w.Apply(b.Context(), job, w.kept(plan), nil); err != nil {
		b.Fatal(err)
	}
}

// median is what a busy machine disturbs least.
func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return of[len(of)/2]
}

func timed(do func()) time.Duration {
	start := time.Now()
	do()
	return time.Since(start)
}

func freshStack() string { return "acme/shop/" + kernel.NewID("w") + "/dev" }

// benchRoot has 30 resources in 10 chains.
func benchRoot(provider bool) string {
	var resources []string
	for i := range 10 {
		for j := range 3 {
			input := `"x"`
			if j > 0 {
				input = fmt.Sprintf(`"${terraform_data.r%d_%d.output}"`, i, j-1)
			}
			resources = append(resources, fmt.Sprintf(`"r%d_%d":{"input":%s}`, i, j, input))
		}
	}
	root := data("{" + strings.Join(resources, ",") + "}")
	if provider {
		root = strings.Replace(root, `"terraform":{`, `"terraform":{"required_providers":{"terrace":{"source":"terrace.localhost/terrace/terrace","version":"0.1.0"}},`, 1)
	}
	return root
}

// bare runs the commands by hand, with the provider from the mirror of a data folder.
func (w bench) bare(b *testing.B, job runner.Job, dataDir string) {
	b.Helper()
	stack, dir := freshStack(), b.TempDir()
	files := map[string]string{
		"backend_override.tf.json": `{"terraform":{"backend":{"http":{}}}}`,
		"rc":                       fmt.Sprintf("provider_installation {\n filesystem_mirror {\n path = %q\n }\n}\n", filepath.Join(dataDir, "mirror")),
	}
	for name, content := range job.Files {
		files[name] = string(content)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	address := w.room.Address(stack)
	env := append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(dir, "rc"), "CHECKPOINT_DISABLE=1",
		"TF_HTTP_ADDRESS="+address, "TF_HTTP_LOCK_ADDRESS="+address, "TF_HTTP_UNLOCK_ADDRESS="+address,
		"TF_HTTP_USERNAME=run_1", "TF_HTTP_PASSWORD="+w.room.Token(b, "run_1", stack, 1, tokens.PhaseApply))
	for _, args := range [][]string{{"init", "-input=false"}, {"plan", "-input=false", "-out=plan"}, {"apply", "-input=false", "plan"}} {
		cmd := exec.CommandContext(b.Context(), w.Tool.Path, args...)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
}
