package azure_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// applyTwice applies, and while that apply holds the lock, tries another one:
// it is told who holds it.
func (l landing) applyTwice(t *testing.T) {
	t.Helper()
	first := l.begin(t, "apply", l.variables(), "-no-color", parallelism)
	first.waitFor(t, "Enter a value:")
	out, err := l.run(t, l.dir, l.env, l.terraform, "apply", l.variables(), "-no-color", "-auto-approve")
	if err == nil || !strings.Contains(out, "Error acquiring the state lock") || !strings.Contains(out, "OperationTypeApply") {
		t.Errorf("two applies at once: the second one was not told of the lock: %v\n%s", err, out)
	}
	first.answer(t, "yes\n")
}

// dialogue is a program that asks.
type dialogue struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	said *transcript
}

// begin starts terraform with somebody to ask.
func (l landing) begin(t *testing.T, args ...string) dialogue {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	t.Cleanup(cancel)
	said := &transcript{grown: make(chan struct{}, 1)}
	cmd := exec.CommandContext(ctx, l.terraform, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = l.dir, said, said
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home(t), "TF_CLI_CONFIG_FILE=" + l.cli, "CHECKPOINT_DISABLE=1"}, l.env...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		said.end()
	}()
	return dialogue{cmd: cmd, in: in, said: said}
}

// waitFor returns when the program has said the words.
func (d dialogue) waitFor(t *testing.T, words string) {
	t.Helper()
	for !strings.Contains(d.said.String(), words) {
		if _, open := <-d.said.grown; !open {
			t.Fatalf("it never said %q: %s", words, d.said)
		}
	}
}

// answer says the words and waits for the end, which must be a success.
func (d dialogue) answer(t *testing.T, words string) {
	t.Helper()
	if _, err := io.WriteString(d.in, words); err != nil {
		t.Fatal(err)
	}
	_ = d.in.Close()
	for open := true; open; {
		_, open = <-d.said.grown
	}
	if !d.cmd.ProcessState.Success() {
		t.Fatalf("%s: %s", d.cmd.ProcessState, d.said)
	}
}

// transcript is what a program says while others read it.
type transcript struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{}
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.text.Write(p)
	select {
	case s.grown <- struct{}{}:
	default:
	}
	return n, err
}

func (s *transcript) end() { close(s.grown) }

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
