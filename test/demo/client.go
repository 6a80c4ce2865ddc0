package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// client runs the client binary as a user would, with what it prints for
// people shown, and returns its standard output. token "" is the first admin's.
func (d *demo) client(ctx context.Context, token string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, d.terrace, args...)
	cmd.Env = append(d.environment(token), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout = &out
	shown, done := show()
	cmd.Stderr = shown
	err := cmd.Run()
	_ = shown.Close()
	done.Wait()
	if err != nil {
		return out.Bytes(), fmt.Errorf("terrace %s: %w", strings.Join(args[:min(2, len(args))], " "), err)
	}
	return out.Bytes(), nil
}

// show prints every line that is written, indented.
func show() (io.WriteCloser, *sync.WaitGroup) {
	r, w := io.Pipe()
	var done sync.WaitGroup
	done.Go(func() {
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			fmt.Printf("    %s\n", lines.Text())
		}
		_, _ = io.Copy(io.Discard, r) // a line that is too long must not block the client
	})
	return w, &done
}

// environment keeps the user's own sign-ins out of the demo, and the demo out of them.
func (d *demo) environment(token string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TERRACE_") })
	env = append(env, "XDG_STATE_HOME="+d.daemon.state(), "XDG_CONFIG_HOME="+filepath.Join(d.folder, "config"), "TERRACE_PROJECT="+d.project)
	if token != "" {
		env = append(env, "TERRACE_TOKEN="+token)
	}
	return env
}

// blame prints what is known about a failure: the run's explanation and the
// ends of both logs. It returns err; after Ctrl-C there is nothing to know.
func (d *demo) blame(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if d.daemon == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if d.last == "" && d.daemon.local.Address != "" {
		d.last = d.newest(ctx)
	}
	for _, args := range [][]string{{"explain", d.last}, {"run", "logs", d.last}} {
		if d.last == "" {
			break
		}
		if out, err := d.client(ctx, "", nil, args...); err == nil {
			fmt.Printf("--- terrace %s\n%s", strings.Join(args, " "), tail(out, 40))
		}
	}
	if log, err := os.ReadFile(d.daemon.log()); err == nil {
		fmt.Printf("--- the end of the platform's log\n%s", tail(log, 20))
	}
	return err
}

// newest is the run that was made last, "" when there is none.
func (d *demo) newest(ctx context.Context) string {
	out, err := d.client(ctx, "", nil, "run", "list", "--limit", "1", "-o", "json")
	var runs []runView
	if err != nil || json.Unmarshal(out, &runs) != nil || len(runs) == 0 {
		return ""
	}
	return runs[0].ID
}

func tail(b []byte, lines int) string {
	all := strings.SplitAfter(string(b), "\n")
	return strings.Join(all[max(0, len(all)-lines-1):], "")
}
