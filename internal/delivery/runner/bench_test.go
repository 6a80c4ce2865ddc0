package runner_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// BenchmarkRunner compares a deploy through the Runner with init, plan and apply
// of the same root module by hand, in turns, each on a fresh stack. The metric
// ratio is the Runner's time over the bare one; cold is the same for a Runner
// whose data directory is empty, so that it has to run init itself.
func BenchmarkRunner(b *testing.B) {
	w := newBench(b)
	root := benchRoot()
	w.deploy(b, "run_0", "acme/shop/warm/dev", root)
	var bare, warm, cold time.Duration
	for b.Loop() {
		bare += timed(func() { w.bare(b, root) })
		warm += timed(func() { w.deploy(b, "run_1", freshStack(), root) })
		empty := bench{room: w.room, Runner: runner.New(runner.Config{Tool: w.Tool, DataDir: b.TempDir(), Address: w.Address})}
		cold += timed(func() { empty.deploy(b, "run_1", freshStack(), root) })
	}
	b.ReportMetric(warm.Seconds()/bare.Seconds(), "ratio")
	b.ReportMetric(cold.Seconds()/bare.Seconds(), "cold-ratio")
	b.ReportMetric(float64(bare.Milliseconds())/float64(b.N), "bare-ms/op")
	b.ReportMetric(float64(warm.Milliseconds())/float64(b.N), "runner-ms/op")
}

func timed(do func()) time.Duration {
	start := time.Now()
	do()
	return time.Since(start)
}

func freshStack() string { return "acme/shop/" + kernel.NewID("w") + "/dev" }

// benchRoot has 30 resources in 10 chains.
func benchRoot() string {
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
	return data("{" + strings.Join(resources, ",") + "}")
}

func (w bench) bare(b *testing.B, root string) {
	b.Helper()
	stack, dir := freshStack(), b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf.json"), []byte(root), 0o600); err != nil {
		b.Fatal(err)
	}
	address := w.room.Address(stack)
	env := append(os.Environ(), "TF_CLI_CONFIG_FILE="+os.DevNull, "CHECKPOINT_DISABLE=1",
		"TF_HTTP_ADDRESS="+address, "TF_HTTP_LOCK_ADDRESS="+address, "TF_HTTP_UNLOCK_ADDRESS="+address,
		"TF_HTTP_USERNAME=run_1", "TF_HTTP_PASSWORD="+w.room.Token(b, "run_1", stack, 1, tokens.PhaseApply))
	override := []byte(`{"terraform":{"backend":{"http":{}}}}`)
	if err := os.WriteFile(filepath.Join(dir, "backend_override.tf.json"), override, 0o600); err != nil {
		b.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-input=false"}, {"plan", "-input=false", "-out=plan"}, {"apply", "-input=false", "plan"}} {
		cmd := exec.CommandContext(b.Context(), w.Tool.Path, args...)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
}
